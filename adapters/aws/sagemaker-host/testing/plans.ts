import type { ServicePlan, VersionPlan } from '../../../../core/inference/model-host';
import type { ModelVersion } from '../../../../core/models/model-version';

/** A version that runs on one instance. */
export const versionPlan = (
  name: string,
  model: ModelVersion,
  about: Partial<VersionPlan> = {},
): VersionPlan => ({
  name,
  model,
  compute: { instances: { type: 'ml.m5.large', count: about.replicas || 1 } },
  started: true,
  replicas: 1,
  ...about,
});

/** A service with these versions. */
export const servicePlan = (
  service: string,
  versions: readonly VersionPlan[],
  about: Partial<ServicePlan> = {},
): ServicePlan => ({
  service,
  maxQueue: 100,
  throttle: { rate: 10, burst: 20, quota: { limit: 1_000, period: 'month' } },
  stopped: false,
  versions,
  ...about,
});

/** The same plan, held back. */
export const stoppedPlan = (plan: ServicePlan): ServicePlan => ({
  ...plan,
  stopped: true,
  versions: plan.versions.map((version) => ({ ...version, replicas: 0 })),
});
