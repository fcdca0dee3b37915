// The CDK app: `npx cdk deploy --all -c stage=dev`, with the services of tidegate.yaml where it is there.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { assertImage } from '../core/models/container';
import { serviceStackName } from '../core/services/service-template-names';
import { isDomainError } from '../core/shared/domain-error';
import { assertAllowed } from '../lambdas/support/allowed-compute';
import { prefixOf, stageOf } from '../lib/config';
import { imageRegistries } from '../lib/image-registries';
import { ApiStack } from '../lib/stacks/api-stack';
import { DataStack } from '../lib/stacks/data-stack';
import { PackagesStack } from '../lib/stacks/packages-stack';
import { ServiceStack } from '../lib/stacks/service-stack';
import { TablesStack } from '../lib/stacks/tables-stack';
import { manifestServices } from './platform/manifest-services';

const DEFAULT_MANIFEST = 'tidegate.yaml';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

const { stage, config } = stageOf(String(app.node.tryGetContext('stage') ?? 'dev'));
const env = {
  account: process.env.CDK_DEFAULT_ACCOUNT,
  region: process.env.CDK_DEFAULT_REGION,
};
const prefix = prefixOf(stage);
const data = new DataStack(app, `${prefix}-data`, { env, stage, config });
const api = new ApiStack(app, `${prefix}-api`, { env, stage, config });
api.addStackDependency(data, 'it reads what the data stack tells of its table and buckets');
const tables = new TablesStack(app, `${prefix}-tables`, { env, stage, config });
tables.addStackDependency(api, 'its alarms tell the topic of the API stack');
for (const stack of [data, api, tables]) Tags.of(stack).add('tidegate:stage', stage);

/** `-c manifest=none` deploys the platform alone. */
const given: unknown = app.node.tryGetContext('manifest');
const there = existsSync(DEFAULT_MANIFEST) ? DEFAULT_MANIFEST : 'none';
const manifest = String(given ?? there);

// Whose account it will be is not known without credentials.
const ecr =
  env.account !== undefined && env.region !== undefined
    ? imageRegistries(env.account, env.region, config)
    : null;

const { privateRegistries: registries } = config;

const addServices = async (scratch: string): Promise<void> => {
  const { files, templates } = await manifestServices({
    ...{ stage, scratch, hasGpuImage: api.hasGpuImage, registries },
    assertCompute: assertAllowed(config.allowedInstanceTypes),
    assertImage: assertImage({ ecr, others: registries.map(({ registry }) => registry) }),
  })(manifest);
  const packages = new PackagesStack(app, `${prefix}-packages`, { env, stage, files });
  packages.addStackDependency(
    api,
    'a function of the API stack brings the packages to their place',
  );
  Tags.of(packages).add('tidegate:stage', stage);
  for (const [service, template] of templates) {
    new ServiceStack(app, serviceStackName(stage, service), { env, template }).addStackDependency(
      packages,
      'its endpoints load their models when they are made',
    );
  }
};

if (manifest !== 'none') {
  const scratch = mkdtempSync(join(tmpdir(), 'tidegate-manifest-'));
  try {
    await addServices(scratch);
  } catch (error) {
    if (!isDomainError(error)) throw error;
    // What is wrong with the manifest, and no stack of calls.
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    // The CDK has taken copies.
    rmSync(scratch, { recursive: true, force: true });
  }
}
