// The stage `dev` with one change: models may have images of a registry outside ECR. A test deploys it.
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { stageConfig, stages } from '../../lib/config';
import { ApiStack } from '../../lib/stacks/api-stack';
import { DataStack } from '../../lib/stacks/data-stack';
import { TablesStack } from '../../lib/stacks/tables-stack';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
const config = stageConfig({
  ...stages.dev,
  privateRegistries: [
    {
      registry: 'registry.example.com:5000',
      credentialsFunction: 'arn:aws:lambda:us-east-1:000000000000:function:registry-login',
    },
  ],
  network: {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['us-east-1a', 'us-east-1b'],
    privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  },
});
const of = { stage: 'dev', config };
const data = new DataStack(app, 'tidegate-dev-data', of);
const api = new ApiStack(app, 'tidegate-dev-api', of);
api.addStackDependency(data);
const tables = new TablesStack(app, 'tidegate-dev-tables', of);
tables.addStackDependency(api);
