import type * as z from 'zod';
import type { VersionState } from '../../core/inference/model-host';
import { type ServiceVersion, weightOf } from '../../core/services/service';
import type { ServiceDocument } from '../../core/services/service-document';
import { isAnswering, serviceStatus, versionStatuses } from '../../core/services/service-status';
import type { Stored } from '../../core/shared/stored';
import type { serviceContracts } from './contracts';

/** A service in the API's own words. */
export type ServiceView = z.input<(typeof serviceContracts)['getService']['answer']>;
/** A version in the API's own words. */
export type VersionView = z.input<(typeof serviceContracts)['getVersion']['answer']>;

type States = readonly VersionState[];

/** A service as the API shows it; `baseUrl` is where predictions are answered. */
export const serviceView = (
  document: ServiceDocument,
  states: States,
  baseUrl: string,
): ServiceView => {
  const { wanted: _, cors_origins, ...service } = document.service;
  const versions = versionStatuses(document, states);
  const { status, reason } = serviceStatus(document, versions);
  const running = [...versions.values()].filter(({ status }) => isAnswering(status));
  return {
    ...service,
    cors_origins: [...cors_origins],
    status,
    status_reason: reason,
    versions_running: running.length,
    versions_total: versions.size,
    url: `${baseUrl}/services/${service.name}/predict`,
  };
};

/** What so many running instances of a version cost. */
export type CostOf = (compute: ServiceVersion['compute'], running: number) => VersionView['cost'];

/** One machine bills nobody. */
export const billsNobody: CostOf = () => ({
  ...{ billing_mode: 'none', per_hour: 0, currency: 'USD', priced_at: null },
});

/** A version as the API shows it. */
export const versionView = (
  document: ServiceDocument,
  { wanted: _, environment, ...version }: Stored<ServiceVersion>,
  states: States,
  costOf: CostOf,
): VersionView => {
  const state = states.find(({ name }) => name === version.name);
  const { status = 'stopped', reason = null } =
    versionStatuses(document, states).get(version.name) ?? {};
  const replicas = { wanted: state?.wanted ?? 0, running: state?.running ?? 0 };
  return {
    ...version,
    status,
    status_reason: reason,
    environment_names: Object.keys(environment),
    traffic: weightOf(document.service, version.name) ?? 0,
    replicas,
    cost: costOf(version.compute, replicas.running),
  };
};
