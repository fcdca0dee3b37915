import { App, Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';

// An app that cdk-nag must refuse: a test runs it to see that the check is on.
const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
new Bucket(new Stack(app, 'Careless'), 'Bucket');
