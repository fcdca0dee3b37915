import type { RecordStore } from '../shared/record-store';
import { removePartition } from '../shared/remove-records';
import { retryRaces } from '../shared/revisions';

/** Longer than labels wait for requests. */
const KEPT_MS = 30 * 24 * 3_600_000;
const partitionOf = (service: string): string => `labels-ambiguous#${service}`;

interface Counted {
  readonly labels: number;
}

/**
 * How many labels by clients' ids were found to mean several requests, by the day on which they were
 * received. Whoever counts a day anew learns how many have become so since, which nobody else is told.
 */
export const ambiguousLabels = (store: RecordStore, now: () => Date) => {
  const more = (service: string, date: string, labels: number): Promise<number> =>
    retryRaces(async (write) => {
      const key = { partition: partitionOf(service), sort: date };
      const found = await store.get(key);
      const { labels: before } = (found?.document as Counted | undefined) ?? { labels: 0 };
      // Fewer than before where an erasure took some.
      if (labels !== before) {
        const expiresAt = new Date(now().getTime() + KEPT_MS);
        const change = { ...key, seen: found?.revision ?? 0, put: { labels }, expiresAt };
        await write(store.transact([change]));
      }
      return Math.max(0, labels - before);
    });

  return {
    /**
     * Remembers what was counted, by day (`YYYY-MM-DD`).
     * @returns how many more these are than at the last count
     */
    async counted(service: string, ambiguous: ReadonlyMap<string, number>): Promise<number> {
      let all = 0;
      for (const [date, labels] of ambiguous) all += await more(service, date, labels);
      return all;
    },

    /** Forgets a service. */
    removeOf: (service: string): Promise<void> => removePartition(store, partitionOf(service)),
  };
};

export type AmbiguousLabels = ReturnType<typeof ambiguousLabels>;
