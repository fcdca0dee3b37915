import type { VersionState } from '../inference/model-host';
import {
  type Service,
  type ServiceStatus,
  type ServiceVersion,
  type VersionStatus,
  weightOf,
} from './service';
import type { ServiceDocument } from './service-document';

/** A status and why. */
export interface Status<S> {
  readonly status: S;
  /** What a person can act on; null when there is nothing to say. */
  readonly reason: string | null;
}

/** Whether the version shall run: it and its service are wanted. */
export const isWanted = (
  service: Pick<Service, 'wanted'>,
  version: Pick<ServiceVersion, 'wanted'>,
): boolean => service.wanted === 'running' && version.wanted === 'running';

const ENDING = {
  ...{ starting: true, running: true, updating: true, stopping: true },
  ...{ stopped: false, failed: false },
};

/** What a version is doing, from what is wanted of it and what the host says. */
export const versionStatus = (
  wanted: boolean,
  state: VersionState | undefined,
): Status<VersionStatus> => {
  if (!wanted) {
    return { status: state && ENDING[state.status] ? 'stopping' : 'stopped', reason: null };
  }
  if (!state || state.status === 'stopped' || state.status === 'stopping') {
    return { status: 'starting', reason: null };
  }
  return { status: state.status, reason: state.reason };
};

/** The status of each version of a service, by its name. */
export const versionStatuses = (
  { service, versions }: ServiceDocument,
  states: readonly VersionState[],
): ReadonlyMap<string, Status<VersionStatus>> =>
  new Map(
    versions.map((version) => [
      version.name,
      versionStatus(
        isWanted(service, version),
        states.find(({ name }) => name === version.name),
      ),
    ]),
  );

/** Whether a version answers: `updating`, too. */
export const isAnswering = (status: VersionStatus | undefined): boolean =>
  status === 'running' || status === 'updating';

type Entry = readonly [name: string, status: Status<VersionStatus>];

const has = (entries: readonly Entry[], status: VersionStatus): boolean =>
  entries.some(([, entry]) => entry.status === status);

const failures = (entries: readonly Entry[]): string | null =>
  entries
    .filter(([, { status }]) => status === 'failed')
    .map(([name, { reason }]) => `${name} failed: ${reason ?? 'its log says more'}`)
    .join('; ') || null;

/**
 * What a service is doing. It runs when a version that gets traffic runs (any version, while none
 * that gets traffic is started), is `updating` while another of its versions starts or stops, or one
 * of them gets another model, and has `failed` when none runs or starts.
 */
export const serviceStatus = (
  { service }: Pick<ServiceDocument, 'service'>,
  statuses: ReadonlyMap<string, Status<VersionStatus>>,
): Status<ServiceStatus> => {
  const all = [...statuses];
  if (all.length === 0) return { status: 'draft', reason: null };
  const started = all.filter(([, { status }]) => status !== 'stopped' && status !== 'stopping');
  if (started.length === 0) {
    return { status: has(all, 'stopping') ? 'stopping' : 'stopped', reason: null };
  }
  const reason = failures(all);
  const serving = started.filter(([name]) => weightOf(service, name) !== undefined);
  const deciding = serving.length > 0 ? serving : started;
  const told = serving.length > 0 ? reason : (reason ?? 'no version that gets traffic is started');
  if (deciding.some(([, { status }]) => isAnswering(status))) {
    const changing = has(all, 'starting') || has(all, 'stopping') || has(all, 'updating');
    return { status: changing ? 'updating' : 'running', reason: told };
  }
  return { status: has(deciding, 'starting') ? 'starting' : 'failed', reason: told };
};
