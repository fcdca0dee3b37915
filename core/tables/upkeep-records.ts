import type { RecordStore, StoredRecord } from '../shared/record-store';
import { retryRaces, unlessRaced } from '../shared/revisions';

/** Days (`YYYY-MM-DD`) of tables to which something was written: when it was asked, or received. */
export interface WrittenDays {
  readonly requests: readonly string[];
  readonly rows: readonly string[];
  readonly labels: readonly string[];
}

/** What is known of the upkeep of a service's tables. */
export interface UpkeepRecord {
  /** The day on which it was done last; null before. */
  readonly done: string | null;
  /** Written to since. */
  readonly days: WrittenDays;
  /** Days on which labels were received that may still wait for their rows. */
  readonly awaited: readonly string[];
}

const MADE = 'tables-made';
const UPKEEP = 'tables-upkeep';
const ERASING = 'tables-erasing';
/** No service has this name. */
const SHARED = '#shared';
const PAGE = 100;
/** Of one table; more are forgotten, the oldest first: they are packed when they are written to again. */
const MOST_DAYS = 366;
/** Longer than an execution takes. */
const ERASING_MS = 7 * 24 * 3_600_000;

export const NO_DAYS: WrittenDays = { requests: [], rows: [], labels: [] };
/** Of a service for which nothing was done yet. */
export const NEVER: UpkeepRecord = { done: null, days: NO_DAYS, awaited: [] };

const byText = (one: string, other: string): number => (one < other ? -1 : 1);

const together = (some: readonly string[], more: readonly string[]): readonly string[] =>
  [...new Set([...some, ...more])].toSorted(byText).slice(-MOST_DAYS);

const without = (some: readonly string[], gone: readonly string[]): readonly string[] =>
  some.filter((day) => !gone.includes(day));

/** What is known of the tables of all services. */
interface SharedUpkeep {
  /** The day on which their upkeep was done last; null before. */
  readonly done: string | null;
  /** Whether a service's tables have changed since. */
  readonly isDue: boolean;
}

const everyTable = (of: (table: keyof WrittenDays) => readonly string[]): WrittenDays => ({
  requests: of('requests'),
  rows: of('rows'),
  labels: of('labels'),
});

/** What work on tables has to remember from one execution to the next. */
export const upkeepRecords = (store: RecordStore) => {
  const all = async (partition: string): Promise<readonly StoredRecord[]> => {
    const found: StoredRecord[] = [];
    for (let after: string | undefined; ; ) {
      const page = await store.list({ partition, limit: PAGE, ...(after && { after }) });
      found.push(...page.records);
      if (page.next === undefined) return found;
      after = page.next;
    }
  };

  const change = <T>(of: string, next: (record: T | undefined) => T) =>
    retryRaces(async (write) => {
      const key = { partition: UPKEEP, sort: of };
      const found = await store.get(key);
      const put = next(found?.document as T | undefined);
      await write(store.transact([{ ...key, seen: found?.revision ?? 0, put }]));
    });

  return {
    /** By service, the revision of the description by which its tables were made last. */
    async made(): Promise<ReadonlyMap<string, number>> {
      const found = await all(MADE);
      return new Map(
        found.map(({ sort, document }) => [sort, (document as { revision: number }).revision]),
      );
    },

    /** A service's tables are as its description of this revision says. */
    async setMade(service: string, revision: number): Promise<void> {
      const key = { partition: MADE, sort: service };
      const found = await store.get(key);
      const change = { ...key, seen: found?.revision ?? 0, put: { revision } };
      // Who was faster has made them as well: at worst they are made once more.
      await unlessRaced(store.transact([change]));
    },

    /** By service, and of the tables of all of them. */
    async list(): Promise<{
      readonly services: ReadonlyMap<string, UpkeepRecord>;
      readonly shared: SharedUpkeep;
    }> {
      const found = new Map((await all(UPKEEP)).map(({ sort, document }) => [sort, document]));
      const shared = (found.get(SHARED) ?? { done: null, isDue: false }) as SharedUpkeep;
      found.delete(SHARED);
      return { services: found as ReadonlyMap<string, UpkeepRecord>, shared };
    },

    /** Something was written to these days. */
    async wrote(service: string, days: WrittenDays): Promise<void> {
      if (Object.values(days).every((some) => some.length === 0)) return;
      await change<UpkeepRecord>(service, (record = NEVER) => ({
        ...record,
        days: everyTable((table) => together(record.days[table], days[table])),
        awaited: together(record.awaited, days.labels),
      }));
    },

    /**
     * A service's upkeep is done for a day, of these days that were written to; labels that were received
     * on days of `late` are no longer waited for.
     */
    async done(
      service: string,
      today: string,
      days: WrittenDays,
      late: readonly string[] = [],
    ): Promise<void> {
      await change<UpkeepRecord>(service, (record = NEVER) => ({
        done: today,
        days: everyTable((table) => without(record.days[table], days[table])),
        awaited: without(record.awaited, late),
      }));
    },

    /** That of the tables of all services is due until it is done. */
    sharedDue: (): Promise<void> =>
      change<SharedUpkeep>(SHARED, (record) => ({ done: record?.done ?? null, isDue: true })),

    sharedDone: (today: string): Promise<void> =>
      change<SharedUpkeep>(SHARED, () => ({ done: today, isDue: false })),

    /** Forgets a service. */
    async remove(service: string): Promise<void> {
      for (const partition of [MADE, UPKEEP]) {
        const key = { partition, sort: service };
        const found = await store.get(key);
        if (found) {
          await unlessRaced(store.transact([{ ...key, seen: found.revision, remove: true }]));
        }
      }
    },

    /**
     * An execution takes things out from now on, and brings nothing in any more: `purged` is the service
     * whose tables go.
     */
    async startErasing(execution: string, now: Date, purged: string | null = null): Promise<void> {
      const key = { partition: ERASING, sort: execution };
      const found = await store.get(key);
      if (found) return;
      const expiresAt = new Date(now.getTime() + ERASING_MS);
      await unlessRaced(store.transact([{ ...key, seen: 0, put: { purged }, expiresAt }]));
    },

    /** The executions of which this was said, and which service each purges; null for none. */
    async erasing(): Promise<ReadonlyMap<string, string | null>> {
      const found = await all(ERASING);
      return new Map(
        found.map(({ sort, document }) => [sort, (document as { purged: string | null }).purged]),
      );
    },
  };
};

export type UpkeepRecords = ReturnType<typeof upkeepRecords>;
