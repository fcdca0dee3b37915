import type { CreateModelCommandInput, ProductionVariant } from '@aws-sdk/client-sagemaker';
import { AwsError } from './aws-error';
import type { VariantOfModel } from './fleet';

const NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
const MOST_VARIANTS = 10;
const LONGEST_VALUE = 1024;
const MOST_ENVIRONMENT = 32 * 1024;
const MEMORY_MB = [1024, 2048, 3072, 4096, 5120, 6144];

/** What SageMaker refuses though the schemas allow it. Every function throws a ValidationException. */
export const checkName = (member: string, name: string): void => {
  if (NAME.test(name)) return;
  refuse(
    `1 validation error detected: Value '${name}' at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${NAME.source}`,
  );
};

export const checkModel = (input: CreateModelCommandInput): void => {
  if (!input.PrimaryContainer?.Image) refuse('The stub runs models with a PrimaryContainer.Image.');
  if (!input.ExecutionRoleArn) refuse('ExecutionRoleArn is required.');
  const environment = Object.entries(input.PrimaryContainer?.Environment ?? {});
  const long = environment.find((pair) => pair.some((text) => text.length > LONGEST_VALUE));
  if (long) refuse(`The environment variable ${long[0]} is longer than ${LONGEST_VALUE}.`);
  const size = environment.reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  if (size > MOST_ENVIRONMENT) refuse(`The environment is longer than ${MOST_ENVIRONMENT}.`);
  checkImage(input);
};

/** Private registries are reached through the model's own network alone. */
const checkImage = ({ PrimaryContainer, VpcConfig }: CreateModelCommandInput): void => {
  const { RepositoryAccessMode: mode = 'Platform', RepositoryAuthConfig: login } =
    PrimaryContainer?.ImageConfig ?? {};
  if (mode === 'Vpc' && !VpcConfig) refuse('RepositoryAccessMode Vpc needs a VpcConfig.');
  if (mode !== 'Vpc' && login) refuse('RepositoryAuthConfig needs RepositoryAccessMode Vpc.');
  if (VpcConfig && !VpcConfig.Subnets?.length) refuse('VpcConfig needs Subnets.');
};

export const checkVariants = (variants: readonly VariantOfModel[]): void => {
  if (variants.length === 0) refuse('An endpoint configuration needs a production variant.');
  if (variants.length > MOST_VARIANTS) {
    refuse(`An endpoint configuration has at most ${MOST_VARIANTS} production variants.`);
  }
  const names = new Set(variants.map(({ variant }) => variant.VariantName));
  if (names.size < variants.length) refuse('Production variants must have different names.');
  if (variants.length > 1 && variants.some(({ variant }) => variant.ServerlessConfig)) {
    refuse('A serverless endpoint configuration has exactly one production variant.');
  }
  for (const { variant, model } of variants) checkVariant(variant, model);
};

const checkVariant = (variant: ProductionVariant, model: CreateModelCommandInput): void => {
  const { VariantName = '', ServerlessConfig: serverless } = variant;
  checkName('variantName', VariantName);
  if ((variant.InitialVariantWeight ?? 1) < 0) refuse(`The weight of ${VariantName} is below 0.`);
  if (!serverless) {
    const isWhole = variant.InstanceType && (variant.InitialInstanceCount ?? 0) >= 1;
    if (!isWhole) refuse(`${VariantName} needs an InstanceType and an InitialInstanceCount.`);
    return;
  }
  if (variant.InstanceType || variant.InitialInstanceCount) {
    refuse(`${VariantName} is serverless: it has no InstanceType or InitialInstanceCount.`);
  }
  if (!MEMORY_MB.includes(serverless.MemorySizeInMB ?? 0)) {
    refuse(`MemorySizeInMB must be one of ${MEMORY_MB}.`);
  }
  const concurrency = serverless.MaxConcurrency ?? 0;
  if (concurrency < 1 || concurrency > 200) refuse('MaxConcurrency must be between 1 and 200.');
  if (model.EnableNetworkIsolation) refuse('Serverless endpoints have no network isolation.');
  if (model.VpcConfig) refuse('Serverless endpoints have no VpcConfig.');
};

const refuse = (message: string): never => {
  throw new AwsError(message);
};
