import type { VersionPlan } from '../inference/model-host';
import { instanceSettings, isIsolated } from './service-template-instances';
import { logicalPart } from './service-template-names';
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

const LOG_DAYS = 30;
/** Invocations per instance and minute that scaling aims at. */
const SCALING_TARGET = 1_000;
const SCALE_IN_S = 300;
const SCALE_OUT_S = 60;

/** The parameter that holds the instance count of a version with a fixed one. */
export const countParameter = (version: string): string => `Count${logicalPart(version)}`;

const modelId = (version: string): string => `Model${logicalPart(version)}`;

const hexOf = (digest: string): string => digest.replace(/^sha256:/, '');

const model = ({ model: it, compute, environment = {} }: VersionPlan): Json => {
  const isImage = 'image' in it.source;
  const own = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ExecutionRoleArn: ref('ExecutionRole'),
    ...(isIsolated(it, 'serverless' in compute) && { EnableNetworkIsolation: true }),
    PrimaryContainer: {
      Image: 'image' in it.source ? it.source.image : ref('ServerImage'),
      ...(!isImage && {
        ModelDataSource: {
          S3DataSource: {
            S3Uri: { 'Fn::Sub': `s3://\${ArtifactsBucket}/packages/${hexOf(it.digest)}/` },
            S3DataType: 'S3Prefix',
            CompressionType: 'None',
          },
        },
      }),
      Environment: {
        ...Object.fromEntries(own),
        TIDEGATE_MODEL: it.model,
        TIDEGATE_DIGEST: it.digest,
      },
    },
  };
};

const variant = ({ name, compute }: VersionPlan): Json => {
  // The gateway splits: it names the variant itself, so all of them weigh the same.
  const about = {
    VariantName: name,
    ModelName: { 'Fn::GetAtt': [modelId(name), 'ModelName'] },
    InitialVariantWeight: 1,
  };
  if ('serverless' in compute) {
    const { memory_mb, concurrency } = compute.serverless;
    const ServerlessConfig = { MemorySizeInMB: memory_mb, MaxConcurrency: concurrency };
    return { ...about, ServerlessConfig };
  }
  const { type } = compute.instances;
  const InitialInstanceCount =
    'count' in compute.instances ? ref(countParameter(name)) : compute.instances.min;
  return { ...about, InstanceType: type, InitialInstanceCount, ...instanceSettings(type) };
};

/** A configuration, its endpoint and the endpoint's log group, under ids with a prefix. */
const endpoint = (
  idOf: (kind: string) => string,
  EndpointName: string,
  versions: readonly VersionPlan[],
): TemplateResources => ({
  [idOf('Logs')]: {
    Type: 'AWS::Logs::LogGroup',
    Properties: {
      LogGroupName: `/aws/sagemaker/Endpoints/${EndpointName}`,
      RetentionInDays: LOG_DAYS,
    },
  },
  [idOf('Config')]: {
    Type: 'AWS::SageMaker::EndpointConfig',
    Condition: RUNNING,
    Properties: { ProductionVariants: versions.map(variant) },
  },
  [idOf('Endpoint')]: {
    Type: 'AWS::SageMaker::Endpoint',
    Condition: RUNNING,
    // So that SageMaker does not make the group itself, without an end to what it keeps.
    DependsOn: [idOf('Logs')],
    Properties: {
      EndpointName,
      EndpointConfigName: { 'Fn::GetAtt': [idOf('Config'), 'EndpointConfigName'] },
      RetainAllVariantProperties: true,
    },
  },
});

const scaling = (
  { name, compute }: VersionPlan,
  idOf: (kind: string) => string,
  endpointName: string,
): TemplateResources => {
  if ('serverless' in compute || 'count' in compute.instances) return {};
  const { min, max } = compute.instances;
  return {
    [idOf('Target')]: {
      Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
      Condition: RUNNING,
      DependsOn: [idOf('Endpoint')],
      Properties: {
        ServiceNamespace: 'sagemaker',
        ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
        ResourceId: `endpoint/${endpointName}/variant/${name}`,
        MinCapacity: min,
        MaxCapacity: max,
      },
    },
    [idOf('Scaling')]: {
      Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
      Condition: RUNNING,
      Properties: {
        PolicyName: endpointName,
        PolicyType: 'TargetTrackingScaling',
        ScalingTargetId: ref(idOf('Target')),
        TargetTrackingScalingPolicyConfiguration: {
          PredefinedMetricSpecification: {
            PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance',
          },
          TargetValue: SCALING_TARGET,
          ScaleInCooldown: SCALE_IN_S,
          ScaleOutCooldown: SCALE_OUT_S,
        },
      },
    },
  };
};

/** Models, configurations and endpoints of the versions that shall run. */
export const endpointResources = (placed: readonly PlacedVersion[]): TemplateResources => {
  const models = placed.map(
    ({ version }): TemplateResources => ({
      [modelId(version.name)]: {
        Type: 'AWS::SageMaker::Model',
        Properties: model(version) as { readonly [name: string]: Json },
      },
    }),
  );
  const sharing = placed.filter(({ planned }) => planned.shared);
  const [first] = sharing;
  const own = placed
    .filter(({ planned }) => !planned.shared)
    .map(({ version, planned }) => {
      const idOf = (kind: string): string => `Own${kind}${logicalPart(version.name)}`;
      const name = planned.endpoint;
      return { ...endpoint(idOf, name, [version]), ...scaling(version, idOf, name) };
    });
  const shared = first
    ? endpoint(
        (kind) => (kind === 'Logs' ? 'EndpointLogs' : kind),
        first.planned.endpoint,
        sharing.map(({ version }) => version),
      )
    : {};
  return Object.assign({}, ...models, shared, ...own);
};
