// Tidegate as a part of somebody else's CDK app: `npx cdk deploy --all --app "tsx examples/cdk-app/app.ts"`.
import { App, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { stageConfig } from '../../lib/config';
import { ApiStack } from '../../lib/stacks/api-stack';
import { DataStack } from '../../lib/stacks/data-stack';
import { TablesStack } from '../../lib/stacks/tables-stack';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

// What is not said here is as in `lib/config.ts`.
const config = stageConfig({
  removal: RemovalPolicy.RETAIN,
  logRetention: RetentionDays.ONE_YEAR,
  alarmEmail: 'ml-on-call@example.com',
  allowedInstanceTypes: ['ml.m5.large', 'ml.g5.xlarge'],
  modelBuckets: ['example-training-results'],
  // What is captured goes where the research data is: a bucket that this app does not make.
  capture: { bucket: 'example-research-data', prefix: 'tidegate/research/' },
  // AWS's own images for serving, of this Region.
  imageRegistries: ['763104351884.dkr.ecr.eu-west-1.amazonaws.com'],
  // One of one's own, in the network below; the function answers SageMaker with user and password.
  privateRegistries: [
    {
      registry: 'registry.example.com',
      credentialsFunction: 'arn:aws:lambda:eu-west-1:111122223333:function:registry-login',
    },
  ],
  gpu: true,
  concurrency: { predict: { reserved: 50 } },
  // The account's other APIs have set it already.
  apiGatewayAccount: false,
  baseUrl: 'https://ml.example.com',
  network: {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  },
});
const env = { account: '111122223333', region: 'eu-west-1' };
const stage = 'research';

const data = new DataStack(app, 'research-models-data', { env, stage, config });
const api = new ApiStack(app, 'research-models-api', { env, stage, config });
api.addStackDependency(data);
const tables = new TablesStack(app, 'research-models-tables', { env, stage, config });
tables.addStackDependency(api);
