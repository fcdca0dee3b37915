import { DomainError } from '../shared/domain-error';
import { retryRaces } from '../shared/revisions';
import { foundService } from './find-service';
import type { ServiceDocument, ServiceDraft } from './service-document';
import type { ServiceRecords } from './service-records';

/** What every change of a service needs. */
export interface ChangeNeeds {
  readonly services: Pick<ServiceRecords, 'read' | 'replace'>;
  readonly now: () => Date;
  /** Told after each write: the host and whoever remembers the service follow. */
  readonly changed: (service: string) => Promise<void>;
}

type Change = (document: ServiceDocument) => ServiceDraft | Promise<ServiceDraft>;

/**
 * Reads a service, changes it and writes it; all of it again when somebody else wrote in between, so
 * every rule is checked against what will be written over.
 * @throws `service-not-found`, `not-found` a model of it that is gone, what `change` throws,
 * `revision-conflict` when raced 20 times
 */
export const changeService =
  ({ services, now, changed }: ChangeNeeds) =>
  (name: string, change: Change): Promise<ServiceDocument> =>
    retryRaces(async (write) => {
      const before = foundService(await services.read(name), name);
      const draft = await change(before);
      const after = await write(services.replace(before, draft, now().toISOString()));
      if (after !== before) await changed(name);
      return after;
    });

/** @throws `managed-by-manifest` */
export const assertNotManaged = ({ service }: ServiceDocument): void => {
  if (service.managed_by !== 'manifest') return;
  const message = `the manifest describes ${service.name}: change it there and start again`;
  throw new DomainError('managed-by-manifest', message);
};
