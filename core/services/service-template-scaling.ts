import type { VersionPlan } from '../inference/model-host';
import type { Scaling } from './service';
import { generationPart } from './service-template-names';
import {
  type PlannedVersion,
  RUNNING,
  ref,
  type TemplateResources,
} from './service-template-shape';

/** What instances aim at unless a version says otherwise: invocations of each in a minute. */
const USUAL: Scaling = { by: 'invocations', target: 1_000 };
const METRICS = {
  invocations: 'SageMakerVariantInvocationsPerInstance',
  // Taken every 10 s, where invocations are every minute.
  concurrency: 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
} as const satisfies Record<Scaling['by'], string>;
const SCALE_IN_S = 300;
const SCALE_OUT_S = 60;

/** What keeps the instances of a version within their range; nothing of a version without one. */
export const scalingResources = (
  { compute }: Pick<VersionPlan, 'compute'>,
  { endpoint, name }: PlannedVersion,
): TemplateResources => {
  if ('serverless' in compute || 'count' in compute.instances) return {};
  const { min, max, scaling: { by, target } = USUAL } = compute.instances;
  const part = generationPart(name, endpoint);
  return {
    [`Target${part}`]: {
      Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
      Condition: RUNNING,
      DependsOn: [`Endpoint${part}`],
      Properties: {
        ServiceNamespace: 'sagemaker',
        ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
        ResourceId: `endpoint/${endpoint}/variant/${name}`,
        MinCapacity: min,
        MaxCapacity: max,
      },
    },
    [`Scaling${part}`]: {
      Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
      Condition: RUNNING,
      Properties: {
        PolicyName: endpoint,
        PolicyType: 'TargetTrackingScaling',
        ScalingTargetId: ref(`Target${part}`),
        TargetTrackingScalingPolicyConfiguration: {
          PredefinedMetricSpecification: { PredefinedMetricType: METRICS[by] },
          TargetValue: target,
          ScaleInCooldown: SCALE_IN_S,
          ScaleOutCooldown: SCALE_OUT_S,
        },
      },
    },
  };
};
