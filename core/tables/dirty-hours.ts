import type { RecordStore } from '../shared/record-store';
import { retryRaces, unlessRaced } from '../shared/revisions';

/** What arrives for a service. */
export type ArrivalKind = 'labels' | 'requests';

/** An hour in which something has arrived for a service that may not be in its tables yet. */
export interface DirtyHour {
  readonly service: string;
  readonly kind: ArrivalKind;
  /** `YYYY-MM-DD`, UTC */
  readonly date: string;
  /** `00` to `23` */
  readonly hour: string;
}

/** A dirty hour as it was found. */
export interface FoundHour extends DirtyHour {
  /** Moves when more arrives. */
  readonly revision: number;
  /** Since when something of it may be in no table: RFC 3339. */
  readonly since: string;
}

const PARTITION = 'dirty-hours';
const PAGE = 100;

const sortOf = ({ service, kind, date, hour }: DirtyHour): string =>
  [service, kind, date, hour].join('#');

/** Hours that builds still have to look at, so that a service without traffic costs nothing. */
export const dirtyHours = (store: RecordStore) => ({
  /** Something has arrived. */
  async mark(hour: DirtyHour, now: Date): Promise<void> {
    const key = { partition: PARTITION, sort: sortOf(hour) };
    let seen: number | undefined;
    await retryRaces(async (write) => {
      const found = await store.get(key);
      // Somebody has written it since: the build that will find it so looks after the object has arrived.
      if (found && seen !== undefined && found.revision !== seen) return;
      seen = found?.revision ?? 0;
      const since = (found?.document as { since: string } | undefined)?.since ?? now.toISOString();
      await write(store.transact([{ ...key, seen, put: { since } }]));
    });
  },

  /** All of them, or those of a service, in order: by service, labels first, by time. */
  async list(service?: string): Promise<readonly FoundHour[]> {
    const found: FoundHour[] = [];
    for (let after: string | undefined; ; ) {
      const page = await store.list({
        ...{ partition: PARTITION, limit: PAGE },
        ...(service && { prefix: `${service}#` }),
        ...(after && { after }),
      });
      for (const { sort, revision, document } of page.records) {
        const [of = '', kind, date = '', hour = ''] = sort.split('#');
        const { since } = document as { since: string };
        found.push({ service: of, kind: kind as ArrivalKind, date, hour, revision, since });
      }
      if (page.next === undefined) return found;
      after = page.next;
    }
  },

  /**
   * These are in the tables, as they were found after `at` (RFC 3339); those for which more has arrived stay
   * dirty, since then.
   */
  async clear(hours: readonly Omit<FoundHour, 'since'>[], at: string): Promise<void> {
    for (const hour of hours) {
      const key = { partition: PARTITION, sort: sortOf(hour) };
      const clearing = retryRaces(async (write) => {
        const found = await store.get(key);
        if (!found) return;
        if (found.revision === hour.revision) {
          return write(store.transact([{ ...key, seen: hour.revision, remove: true }]));
        }
        const { since } = found.document as { since: string };
        // Another build may have moved it further.
        if (since >= at) return;
        await write(store.transact([{ ...key, seen: found.revision, put: { since: at } }]));
      });
      // Where so much arrives that none of this gets in between, the next build says it.
      await unlessRaced(clearing);
    }
  },
});

export type DirtyHours = ReturnType<typeof dirtyHours>;
