import { DomainError } from '../shared/domain-error';
import { foundService } from './find-service';
import { retried, unlessRaced } from './retried';
import type { ServiceDocument, ServiceDraft } from './service-document';
import type { ServiceRecords } from './service-records';

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
 * @throws `service-not-found`, what `change` throws, `revision-conflict` when raced 20 times
 */
export const changeService =
  ({ services, now, changed }: ChangeNeeds) =>
  (name: string, change: Change): Promise<ServiceDocument> =>
    retried(async () => {
      const before = foundService(await services.read(name), name);
      const draft = await change(before);
      const after = await unlessRaced(services.replace(before, draft, now().toISOString()));
      if (after && after !== before) await changed(name);
      return after;
    });

/** From `If-Match`: only the revision that the caller looked at may change. @throws `revision-conflict` */
export const assertRevision = (
  { name, revision }: { readonly name: string; readonly revision: number },
  expected: number | undefined,
): void => {
  if (expected === undefined || expected === revision) return;
  throw new DomainError('revision-conflict', `${name} is at revision ${revision}: look again`);
};

/** @throws `managed-by-manifest` */
export const assertNotManaged = ({ service }: ServiceDocument): void => {
  if (service.managed_by !== 'manifest') return;
  const message = `the manifest describes ${service.name}: change it there and start again`;
  throw new DomainError('managed-by-manifest', message);
};
