import { setTimeout as sleep } from 'node:timers/promises';
import type { StatesOf } from '../../core/inference/model-host';
import type { ServiceVersion } from '../../core/services/service';
import type { ServiceRecords } from '../../core/services/service-records';
import { isWanted, versionStatuses } from '../../core/services/service-status';

interface Needs {
  readonly services: Pick<ServiceRecords, 'listDocuments'>;
  readonly statesOf: StatesOf;
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
    for (const document of items) {
      const statuses = versionStatuses(document, await statesOf(document.service.name));
      const waits = ({ wanted, name }: ServiceVersion): boolean =>
        isWanted(document.service, { wanted }) && statuses.get(name)?.status === 'starting';
      if (document.versions.some(waits)) return true;
    }
    return false;
  };
  while (!stopping.aborted && clock() < until && (await isStarting())) await sleep(LOOK_MS);
};
