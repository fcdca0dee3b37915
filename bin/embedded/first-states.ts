import { setTimeout as sleep } from 'node:timers/promises';
import type { VersionState } from '../../core/inference/model-host';
import type { ServiceRecords } from '../../core/services/service-records';
import { isWanted, versionStatuses } from '../../core/services/service-status';

interface Needs {
  readonly services: Pick<ServiceRecords, 'listDocuments'>;
  readonly statesOf: (service: string) => readonly VersionState[];
  readonly clock: () => number;
  readonly patienceMs: number;
  /** Ends the wait. */
  readonly stopping: AbortSignal;
}

const LOOK_MS = 10;

/** Waits until no wanted version is starting any more, or patience is at its end. */
export const firstStates = async (needs: Needs) => {
  const { services, statesOf, clock, patienceMs, stopping } = needs;
  const until = clock() + patienceMs;
  const isStarting = async (): Promise<boolean> => {
    const { items } = await services.listDocuments({ limit: 1_000 });
    return items.some((document) => {
      const statuses = versionStatuses(document, statesOf(document.service.name));
      return document.versions.some(
        (version) =>
          isWanted(document.service, version) && statuses.get(version.name)?.status === 'starting',
      );
    });
  };
  while (!stopping.aborted && clock() < until && (await isStarting())) await sleep(LOOK_MS);
};
