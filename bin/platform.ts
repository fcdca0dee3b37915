// The CDK app: `npx cdk deploy --all -c stage=dev`.
import { App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { stageOf } from '../lib/config';
import { DataStack } from '../lib/stacks/data-stack';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

const { stage, config } = stageOf(String(app.node.tryGetContext('stage') ?? 'dev'));
const env = {
  account: process.env.CDK_DEFAULT_ACCOUNT,
  region: process.env.CDK_DEFAULT_REGION,
};
Tags.of(app).add('tidegate:stage', stage);
new DataStack(app, `tidegate-${stage}-data`, { env, config });
