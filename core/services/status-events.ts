import type { VersionState } from '../inference/model-host';
import type { ServiceStatus, VersionStatus } from './service';
import type { ServiceDocument } from './service-document';
import type { Happening, ServiceEvents } from './service-events';
import { type Status, serviceStatus, versionStatuses } from './service-status';

type AnyStatus = ServiceStatus | VersionStatus;

const told = ({
  status,
  reason,
}: Status<AnyStatus>): Pick<Happening, 'level' | 'type' | 'message'> =>
  status === 'failed'
    ? { level: 'error', type: 'failed', message: reason ?? 'It does not run; its log says more.' }
    : { level: 'info', type: status, message: `It is ${status === 'draft' ? 'a draft' : status}.` };

/** Makes an event of each change of a service's or version's status. */
export const statusEvents = ({ happened }: Pick<ServiceEvents, 'happened'>) => {
  const known = new Map<string, ReadonlyMap<string, AnyStatus>>();

  return {
    observe(document: ServiceDocument, states: readonly VersionState[]): void {
      const { name: service } = document.service;
      const versions = versionStatuses(document, states);
      const before = known.get(service);
      const now = new Map<string, AnyStatus>();
      const compare = (kind: 'service' | 'version', name: string, status: Status<AnyStatus>) => {
        const key = `${kind}/${name}`;
        now.set(key, status.status);
        if (before?.get(key) === status.status) return;
        happened({ service, resource_kind: kind, resource_name: name, ...told(status) });
      };
      for (const [name, status] of versions) compare('version', name, status);
      compare('service', service, serviceStatus(document, versions));
      known.set(service, now);
    },

    forget(service: string): void {
      known.delete(service);
    },
  };
};
