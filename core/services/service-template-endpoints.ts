import type { VersionPlan } from '../inference/model-host';
import { CONTAINER_DATA, type PrivateRegistry } from '../models/container';
import type { ModelVersion } from '../models/model-version';
import { environmentOf } from './service-template-environment';
import { imageOf, networkOf } from './service-template-image';
import { instanceSettings, isIsolated } from './service-template-instances';
import { generationPart } from './service-template-names';
import { scalingResources } from './service-template-scaling';
import {
  type Json,
  type PlannedVersion,
  RUNNING,
  ref,
  type TemplateResources,
} from './service-template-shape';

/** A version with where the template puts it. */
export interface PlacedVersion {
  readonly version: VersionPlan;
  readonly planned: PlannedVersion;
}

/** What the id of an endpoint's log group begins with. */
export const LOGS = 'Logs';
const LOG_DAYS = 30;

/** The id of something that belongs to one generation of a version. */
const idOf = (kind: string, { name, endpoint }: PlannedVersion): string =>
  `${kind}${generationPart(name, endpoint)}`;

/** The parameter that holds the instance count of a version with a fixed one. */
export const countParameter = (planned: PlannedVersion): string => idOf('Count', planned);

const hexOf = (digest: string): string => digest.replace(/^sha256:/, '');

/** What its container finds under `/opt/ml/model`; undefined when that is what the image has there. */
const dataOf = ({ digest, container }: ModelVersion): string | undefined => {
  const files = `packages/${hexOf(digest)}/`;
  if (!container) return files;
  return container.data ? `${files}${CONTAINER_DATA}/` : undefined;
};

const model = (version: VersionPlan, registries: readonly PrivateRegistry[]): Json => {
  const { model: it, compute } = version;
  const data = dataOf(it);
  return {
    ExecutionRoleArn: ref('ExecutionRole'),
    ...networkOf(version),
    ...(isIsolated(it, 'serverless' in compute) && { EnableNetworkIsolation: true }),
    PrimaryContainer: {
      ...imageOf(version, registries),
      ...(data !== undefined && {
        ModelDataSource: {
          S3DataSource: {
            S3Uri: { 'Fn::Sub': `s3://\${ArtifactsBucket}/${data}` },
            S3DataType: 'S3Prefix',
            CompressionType: 'None',
          },
        },
      }),
      Environment: environmentOf(version),
    },
  };
};

const variant = ({ version: { name, compute, model: it }, planned }: PlacedVersion): Json => {
  const about = {
    VariantName: name,
    ModelName: { 'Fn::GetAtt': [idOf('Model', planned), 'ModelName'] },
    InitialVariantWeight: 1,
  };
  if ('serverless' in compute) {
    const { memory_mb, concurrency } = compute.serverless;
    const ServerlessConfig = { MemorySizeInMB: memory_mb, MaxConcurrency: concurrency };
    return { ...about, ServerlessConfig };
  }
  const { type } = compute.instances;
  const settings = instanceSettings(type, it.container !== undefined);
  const InitialInstanceCount =
    'count' in compute.instances ? ref(countParameter(planned)) : compute.instances.min;
  return { ...about, InstanceType: type, InitialInstanceCount, ...settings };
};

/** A version's model, its endpoint and the endpoint's log group. */
const endpoint = (
  placed: PlacedVersion,
  registries: readonly PrivateRegistry[],
): TemplateResources => {
  const { version, planned } = placed;
  const { endpoint: EndpointName } = planned;
  return {
    [idOf('Model', planned)]: {
      Type: 'AWS::SageMaker::Model',
      Properties: model(version, registries) as { readonly [name: string]: Json },
    },
    [idOf(LOGS, planned)]: {
      Type: 'AWS::Logs::LogGroup',
      Properties: {
        LogGroupName: `/aws/sagemaker/Endpoints/${EndpointName}`,
        RetentionInDays: LOG_DAYS,
      },
    },
    [idOf('Config', planned)]: {
      Type: 'AWS::SageMaker::EndpointConfig',
      Condition: RUNNING,
      Properties: { ProductionVariants: [variant(placed)] },
    },
    [idOf('Endpoint', planned)]: {
      Type: 'AWS::SageMaker::Endpoint',
      Condition: RUNNING,
      // So that SageMaker does not make the group itself, without an end to what it keeps.
      DependsOn: [idOf(LOGS, planned)],
      Properties: {
        EndpointName,
        EndpointConfigName: { 'Fn::GetAtt': [idOf('Config', planned), 'EndpointConfigName'] },
        RetainAllVariantProperties: true,
      },
    },
  };
};

/** Models and endpoints of the versions that shall run. */
export const endpointResources = (
  placed: readonly PlacedVersion[],
  registries: readonly PrivateRegistry[],
): TemplateResources =>
  Object.assign(
    {},
    ...placed.map((one) => ({
      ...endpoint(one, registries),
      ...scalingResources(one.version, one.planned),
    })),
  );
