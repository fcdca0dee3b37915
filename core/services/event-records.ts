import type { Page, PageRequest } from '../shared/page';
import type { Change, RecordStore } from '../shared/record-store';
import { retryRaces, unlessRaced } from '../shared/revisions';
import type { ServiceEvent } from './service-event';

/** The same thing, seen once or more. */
export interface Sighting {
  readonly service: string;
  /** The same for the same thing. */
  readonly id: string;
  readonly event: ServiceEvent;
}

/** Which events of a service to list. */
export interface EventQuery extends PageRequest {
  readonly service: string;
  /** Milliseconds since the epoch: last seen at `from` or later, before `to`. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

interface Found {
  readonly sort: string;
  readonly revision: number;
  readonly event: ServiceEvent;
}

const partition = (service: string) => `events#${service}`;

const placeOf = ({ sort, event }: Found): string => `${event.last_seen}${sort}`;
const lastSeenFirst = (a: Found, b: Found): number => (placeOf(a) < placeOf(b) ? 1 : -1);

interface Needs {
  readonly store: RecordStore;
  /** The check that a service is there, or undefined. */
  readonly guard: (service: string) => Promise<Change | undefined>;
  /** Events kept per service; a few more while they are being written. */
  readonly max: number;
}

/** Events of services, as documents of a `RecordStore`. */
export const eventRecords = ({ store, guard, max }: Needs) => {
  const all = async (service: string): Promise<Found[]> => {
    const { records } = await store.list({ partition: partition(service), limit: max * 2 });
    const found = records.map(({ sort, revision, document }) => {
      return { sort, revision, event: document as ServiceEvent };
    });
    return found.sort(lastSeenFirst);
  };

  const remove = (service: string, found: readonly Found[]) => {
    const changes = found.slice(0, 100).map(({ sort, revision: seen }) => {
      return { partition: partition(service), sort, seen, remove: true } as const;
    });
    return unlessRaced(store.transact(changes));
  };

  return {
    /** Adds a sighting to what is known of the event. Of a service that is gone nothing is kept. */
    async see({ service, id, event }: Sighting): Promise<void> {
      const key = { partition: partition(service), sort: id };
      await retryRaces(async (write) => {
        const [check, known] = await Promise.all([guard(service), store.get(key)]);
        if (!check) return;
        const before = known?.document as ServiceEvent | undefined;
        const put: ServiceEvent = {
          ...event,
          first_seen: before?.first_seen ?? event.first_seen,
          count: (before?.count ?? 0) + event.count,
        };
        // The check keeps an event from outliving a service that is deleted at this moment.
        await write(store.transact([check, { ...key, seen: known?.revision ?? 0, put }]));
      });
    },

    /** Removes what was not seen for the longest, beyond `max`. */
    async trim(service: string): Promise<void> {
      const oldest = (await all(service)).slice(max);
      if (oldest.length > 0) await remove(service, oldest);
    },

    /** Last seen first. */
    async list({ service, limit, cursor, from, to }: EventQuery): Promise<Page<ServiceEvent>> {
      const found = (await all(service)).filter((one) => {
        const seen = Date.parse(one.event.last_seen);
        const inRange = seen >= (from ?? -Infinity) && seen < (to ?? Infinity);
        return inRange && (cursor === undefined || placeOf(one) < cursor);
      });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(({ event }) => event),
        next_cursor: last && found.length > limit ? placeOf(last) : null,
      };
    },

    async removeOf(service: string): Promise<void> {
      for (let found = await all(service); found.length > 0; found = await all(service)) {
        await remove(service, found);
      }
    },
  };
};
