import type { StatesOf } from '../inference/model-host';
import { DomainError } from '../shared/domain-error';
import { assertRevision, retryRaces } from '../shared/revisions';
import { assertNotManaged } from './change-service';
import { foundService } from './find-service';
import type { LogStore } from './log-store';
import type { ServiceEvents } from './service-events';
import type { ServiceRecords } from './service-records';
import { serviceStatus, versionStatuses } from './service-status';

interface Needs {
  readonly services: ServiceRecords;
  readonly statesOf: StatesOf;
  readonly events: Pick<ServiceEvents, 'removeOf'>;
  readonly logs: Pick<LogStore, 'remove'>;
  readonly removeKeysOf: (service: string) => Promise<void>;
  /**
   * Removes what was captured of the service; whether it is gone already: otherwise it is on its way.
   * Whether somebody asks for it now, or it was cut off.
   */
  readonly purge: (service: string, isAsked: boolean) => Promise<boolean>;
  readonly changed: (service: string) => Promise<void>;
}

interface Input {
  readonly service: string;
  /** Whether what was captured goes too. */
  readonly purge: boolean;
  readonly revision?: number | undefined;
}

/** Removes what is left of a service whose deletion has begun; doing it again changes nothing. */
const finishDeletion =
  ({ services, events, logs, removeKeysOf, purge, changed }: Omit<Needs, 'statesOf'>) =>
  async (name: string, isAsked: boolean): Promise<void> => {
    const deletion = await services.findDeletion(name);
    if (!deletion) return;
    await changed(name);
    await removeKeysOf(name);
    await events.removeOf(name);
    await logs.remove(name);
    // Its tables are going: the next one of this name must not meet that.
    if (deletion.purge && !(await purge(name, isAsked))) return;
    await services.endDeletion(name);
  };

/**
 * Deletes a stopped service with all that belongs to it; what was captured of one that was deleted before
 * can still be purged. A deletion that was cut off goes on when it
 * is asked for again, or by `finishDeletions`.
 * @throws `service-not-found`, `not-stopped`, `managed-by-manifest`, `revision-conflict`
 */
export const deleteService = (needs: Needs) => {
  const { services, statesOf } = needs;
  const finish = finishDeletion(needs);

  return async ({ service: name, purge, revision }: Input): Promise<void> => {
    await retryRaces(async (write) => {
      const document = await services.read(name);
      if (!document && (await services.findDeletion(name))) return;
      if (!document && purge && (await write(services.beginPurge(name)))) return;
      const found = foundService(document, name);
      assertRevision(found.service, revision);
      assertNotManaged(found);
      const { status } = serviceStatus(found, versionStatuses(found, await statesOf(name)));
      if (status !== 'stopped' && status !== 'draft') {
        throw new DomainError('not-stopped', `${name} is ${status}: stop it first`);
      }
      await write(services.beginDeletion(found, { purge }));
    });
    await finish(name, true);
  };
};

/** Ends what a crash cut off. One that cannot be ended keeps no other; what it failed with is thrown then. */
export const finishDeletions = (needs: Omit<Needs, 'statesOf'>) => async (): Promise<void> => {
  const finish = finishDeletion(needs);
  const failures: unknown[] = [];
  for (const name of await needs.services.listDeletions()) {
    await finish(name, false).catch((error: unknown) => failures.push(error));
  }
  const [first, ...others] = failures;
  if (others.length > 0) throw new AggregateError(failures, 'deletions could not be ended');
  if (first !== undefined) throw first;
};
