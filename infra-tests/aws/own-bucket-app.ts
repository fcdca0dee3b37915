// The stage `dev` with one change: it captures into a bucket that was there before. A test deploys it.
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { stageConfig, stages } from '../../lib/config';
import { ApiStack } from '../../lib/stacks/api-stack';
import { DataStack } from '../../lib/stacks/data-stack';
import { TablesStack } from '../../lib/stacks/tables-stack';
import { ownPlace } from './own-place';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
const of = { stage: 'dev', config: stageConfig({ ...stages.dev, capture: ownPlace }) };
const data = new DataStack(app, 'tidegate-dev-data', of);
const api = new ApiStack(app, 'tidegate-dev-api', of);
api.addStackDependency(data);
const tables = new TablesStack(app, 'tidegate-dev-tables', of);
tables.addStackDependency(api);
