import type { RecordStore } from '../../../core/shared/record-store';
import { retryRaces } from '../../../core/shared/revisions';

/** Services that the platform changes by itself at a time: one that does not come up keeps its place. */
const MOST = 2;
const key = { partition: 'host-moves', sort: 'all' };

interface Moving {
  readonly services: readonly string[];
}

/**
 * Places for services that get another template, image or value because the platform has, and not
 * because somebody wants something else of them. The next begins when one is well: what cannot be
 * brought up with the new ones takes no more than a few services.
 */
export const platformMoves = (records: RecordStore) => {
  const change = (next: (services: readonly string[]) => readonly string[]): Promise<void> =>
    retryRaces(async (guarded) => {
      const found = await records.get(key);
      const { services } = (found?.document ?? { services: [] }) as Moving;
      const after = next(services);
      if (after === services) return;
      const put: Moving = { services: after };
      await guarded(records.transact([{ ...key, seen: found?.revision ?? 0, put }]));
    });

  return {
    /** Whether a service may be changed now. It keeps its place until its end. */
    async begin(service: string): Promise<boolean> {
      let isIn = false;
      await change((services) => {
        isIn = services.includes(service) || services.length < MOST;
        return !isIn || services.includes(service) ? services : [...services, service];
      });
      return isIn;
    },

    /** It is well, or gone; one that had no place changes nothing. */
    end: (service: string): Promise<void> =>
      change((services) =>
        services.includes(service) ? services.filter((one) => one !== service) : services,
      ),
  };
};

export type PlatformMoves = ReturnType<typeof platformMoves>;
