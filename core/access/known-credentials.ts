import type { OpenCredential, Opened } from './open-credential';

interface Needs {
  readonly open: OpenCredential;
  /** How many credentials are remembered of either sort. */
  readonly capacity?: number;
}

/** What a credential opens; null when nothing. */
export type Known<T> = T | null;

interface Entry<T> {
  readonly known: Known<T>;
  readonly staleAt: number;
}

// Another process may have changed a key; in this one `forget` says so.
const FRESH_MS = 5_000;
const FRESH_UNKNOWN_MS = 1_000;

/**
 * What credentials open, remembered by digest for seconds, so that most requests read no record.
 * Those that open nothing are remembered apart, so that a flood of them drives out no real one.
 */
export const knownCredentials = <T>(
  { open, capacity = 10_000 }: Needs,
  toKnown: (opened: Opened) => T,
) => {
  const good = new Map<string, Entry<T>>();
  const bad = new Map<string, Entry<T>>();
  const loading = new Map<string, Promise<Known<T>>>();

  // Moves when all is forgotten: what was being read then may be old.
  let epoch = 0;

  const load = async (digest: string, at: number): Promise<Known<T>> => {
    const begun = epoch;
    const opened = await open(digest);
    const known = opened ? toKnown(opened) : null;
    if (begun === epoch) remember(digest, known, at);
    return known;
  };

  const remember = (digest: string, known: Known<T>, at: number): void => {
    const [entries, others, fresh] =
      known === null ? [bad, good, FRESH_UNKNOWN_MS] : [good, bad, FRESH_MS];
    others.delete(digest);
    // Taken out first: the map's order is then the order in which they were read.
    entries.delete(digest);
    const [oldest] = entries.size >= capacity ? entries.keys() : [];
    if (oldest !== undefined) entries.delete(oldest);
    entries.set(digest, { known, staleAt: at + fresh });
  };

  return {
    /** At once when it is known, by promise when it has to be read. `at`: milliseconds. */
    find(digest: string, at: number): Known<T> | Promise<Known<T>> {
      const entry = good.get(digest) ?? bad.get(digest);
      // A clock that was set back must not make an entry last.
      if (entry && entry.staleAt > at && entry.staleAt - at <= FRESH_MS) return entry.known;
      const running = loading.get(digest);
      if (running !== undefined) return running;
      const promise = load(digest, at).finally(() => {
        if (loading.get(digest) === promise) loading.delete(digest);
      });
      loading.set(digest, promise);
      return promise;
    },

    /** Nothing that is remembered holds any more. */
    forget(): void {
      epoch += 1;
      good.clear();
      bad.clear();
      loading.clear();
    },

    /** How many are remembered. */
    size: () => good.size + bad.size,
  };
};
