import type { VersionState } from '../inference/model-host';
import type { RecordStore } from '../shared/record-store';
import { removalOf } from '../shared/remove-records';
import { unlessRaced } from '../shared/revisions';
import type { ServiceStatus, VersionStatus } from './service';
import type { ServiceDocument } from './service-document';
import type { Happening, ServiceEvents } from './service-events';
import { type Status, serviceStatus, versionStatuses } from './service-status';

type AnyStatus = ServiceStatus | VersionStatus;

/** What was told last, by `version/v1` and `service/wine`. */
type Statuses = Readonly<Record<string, string>>;

/** Makes an event of each change of a service's or version's status. */
export interface StatusEvents {
  observe(document: ServiceDocument, states: readonly VersionState[]): void | Promise<void>;
  forget(service: string): void | Promise<void>;
}

const told = ({
  status,
  reason,
}: Status<AnyStatus>): Pick<Happening, 'level' | 'type' | 'message'> => {
  if (status === 'failed') {
    const message = reason ?? 'It does not run; its log says more.';
    return { level: 'error', type: status, message };
  }
  if (status === 'running' && reason !== null) {
    return { level: 'warning', type: status, message: `It is running, but ${reason}` };
  }
  const message = `It is ${status === 'draft' ? 'a draft' : status}.`;
  return { level: 'info', type: status, message };
};

const changesSince = (
  before: Statuses,
  document: ServiceDocument,
  states: readonly VersionState[],
): { readonly now: Statuses; readonly happenings: readonly Happening[] } => {
  const { name: service } = document.service;
  const versions = versionStatuses(document, states);
  const now: Record<string, string> = {};
  const happenings: Happening[] = [];
  const compare = (kind: 'service' | 'version', name: string, status: Status<AnyStatus>) => {
    const key = `${kind}/${name}`;
    // What runs and is not all that it shall be says so, too.
    const isHeldUp = status.status === 'running' && status.reason !== null;
    const one = isHeldUp ? `running, but ${status.reason}` : status.status;
    now[key] = one;
    if (Object.hasOwn(before, key) && before[key] === one) return;
    happenings.push({ service, resource_kind: kind, resource_name: name, ...told(status) });
  };
  for (const [name, status] of versions) compare('version', name, status);
  const whole = serviceStatus(document, versions);
  // What keeps a version of a service that runs, the version says.
  compare('service', service, whole.status === 'running' ? { ...whole, reason: null } : whole);
  return { now, happenings };
};

/** For a home that is one process: what was told is remembered in it. */
export const statusEvents = ({ happened }: Pick<ServiceEvents, 'happened'>) => {
  const known = new Map<string, Statuses>();
  return {
    observe(document: ServiceDocument, states: readonly VersionState[]): void {
      const { name } = document.service;
      const { now, happenings } = changesSince(known.get(name) ?? {}, document, states);
      known.set(name, now);
      for (const happening of happenings) happened(happening);
    },

    forget(service: string): void {
      known.delete(service);
    },
  } satisfies StatusEvents;
};

/**
 * For a home of many processes that come and go: what was told is remembered in the records, and of
 * those that see the same change one tells it.
 */
export const sharedStatusEvents = (
  store: RecordStore,
  { happened }: Pick<ServiceEvents, 'happened'>,
): StatusEvents => {
  const keyOf = (service: string) => ({ partition: 'statuses', sort: service });
  return {
    async observe(document, states) {
      const key = keyOf(document.service.name);
      const record = await store.get(key);
      const before = (record?.document ?? {}) as Statuses;
      const { now, happenings } = changesSince(before, document, states);
      if (JSON.stringify(now) === JSON.stringify(before)) return;
      const seen = record?.revision ?? 0;
      const written = store.transact([{ ...key, seen, put: now }]).then(() => true);
      if (await unlessRaced(written)) for (const happening of happenings) happened(happening);
    },

    async forget(service) {
      const removal = await removalOf(store, [keyOf(service)]);
      if (removal.length > 0) await unlessRaced(store.transact(removal));
    },
  };
};
