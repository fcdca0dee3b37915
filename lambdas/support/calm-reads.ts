import type { RecordStore } from '../../core/shared/record-store';

interface Needs {
  readonly store: RecordStore;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** What readers are told of an error; asked once for each read that failed. */
  readonly failureOf: (error: unknown) => unknown;
}

/** After a read that failed. */
const PAUSE_MS = 1_000;

/**
 * A store that is not asked again for a second once a read has failed, so that a table in trouble is
 * not asked by every request. Who reads meanwhile is told of that failure, at once.
 */
export const calmReads = ({ store, clock, failureOf }: Needs): RecordStore => {
  let failed: { readonly error: unknown; readonly at: number } | null = null;

  const calmly = async <T>(read: () => Promise<T>): Promise<T> => {
    const since = clock();
    if (failed && since - failed.at < PAUSE_MS) throw failed.error;
    try {
      return await read();
    } catch (thrown) {
      const error = failureOf(thrown);
      // Of several that were under way the first counts: the others may end after a long sleep.
      if (!failed || failed.at < since) failed = { error, at: clock() };
      throw error;
    }
  };

  return {
    get: (key) => calmly(() => store.get(key)),
    list: (query) => calmly(() => store.list(query)),
    transact: (changes) => store.transact(changes),
  };
};
