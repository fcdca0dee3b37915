import type { RecordStore } from '../../../core/shared/record-store';
import { retryRaces } from '../../../core/shared/revisions';

/** Services that the platform changes by itself at a time: one that does not come up keeps its place. */
const MOST = 2;
/** As long as none is well with what it has. */
const FIRST = 1;
const key = { partition: 'host-moves', sort: 'all' };

interface Moving {
  readonly services: readonly string[];
  /** The platform's values with which a service was well; null while none was. */
  readonly proven: string | null;
}

const NONE: Moving = { services: [], proven: null };

/**
 * Places for services that get another template, image or value because the platform has, and not
 * because somebody wants something else of them. One goes first; the next begin when it is well: what
 * cannot be brought up with the new ones takes no more than a few services, and what then answers
 * otherwise than expected one.
 */
export const platformMoves = (records: RecordStore) => {
  const change = (next: (moving: Moving) => Moving): Promise<void> =>
    retryRaces(async (guarded) => {
      const found = await records.get(key);
      const before = { ...NONE, ...(found?.document as Partial<Moving> | undefined) };
      const put = next(before);
      if (put === before) return;
      await guarded(records.transact([{ ...key, seen: found?.revision ?? 0, put }]));
    });

  return {
    /** Whether a service may be changed to these values of the platform now. It keeps its place until its end. */
    async begin(service: string, platform: string): Promise<boolean> {
      let isIn = false;
      await change((moving) => {
        const { services, proven } = moving;
        const isKnown = services.includes(service);
        isIn = isKnown || services.length < (proven === platform ? MOST : FIRST);
        return isKnown || !isIn ? moving : { ...moving, services: [...services, service] };
      });
      return isIn;
    },

    /** It is well, and proves these values; or gone, or proves nothing: null. One that had no place changes nothing. */
    end: (service: string, platform: string | null): Promise<void> =>
      change((moving) => {
        const { services, proven } = moving;
        if (!services.includes(service)) return moving;
        return {
          services: services.filter((one) => one !== service),
          proven: platform ?? proven,
        };
      }),
  };
};

export type PlatformMoves = ReturnType<typeof platformMoves>;
