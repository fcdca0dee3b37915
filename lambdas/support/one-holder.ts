import type { RecordStore } from '../../core/shared/record-store';
import { unlessRaced } from '../../core/shared/revisions';

interface Needs {
  readonly store: RecordStore;
  readonly now: () => Date;
  /** Before another try. */
  readonly pause: () => Promise<unknown>;
}

/** Longer than the work takes: who died in the midst of it keeps nobody from it for longer. */
const HELD_MS = 60_000;
const MOST_TRIES = 20;

/**
 * Does a piece of work while no other function does any under the same name.
 * @returns what it gives, or undefined when others were at it all the while
 */
export const oneHolder =
  ({ store, now, pause }: Needs) =>
  async <T>(name: string, work: () => Promise<T>): Promise<T | undefined> => {
    const key = { partition: 'holders', sort: name };
    const take = async (): Promise<boolean> => {
      const expiresAt = new Date(now().getTime() + HELD_MS);
      const put = store.transact([{ ...key, seen: 0, put: null, expiresAt }]).then(() => true);
      return (await unlessRaced(put)) ?? false;
    };
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      if (await take()) {
        // Its own hold: after a minute another may have one, and keeps it.
        const seen = (await store.get(key))?.revision;
        try {
          return await work();
        } finally {
          if (seen !== undefined) {
            await unlessRaced(store.transact([{ ...key, seen, remove: true }]));
          }
        }
      }
      await pause();
    }
    return undefined;
  };
