import type { KeyUses } from '../../core/access/key-uses';

/** For each key, in one function. */
const EVERY_MS = 60_000;

/**
 * Lets uses of keys through that are worth a write: the first that this function sees of a key, and
 * about one a minute of those after it. A function may be gone, or sleep, before a minute is over.
 */
export const pacedUses = (uses: KeyUses): KeyUses => {
  const noted = new Map<string, number>();
  let latest = 0;
  let quietUntil = 0;
  return {
    touch(service, id, at) {
      latest = at;
      if (at - (noted.get(id) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return;
      noted.set(id, at);
      uses.touch(service, id, at);
    },
    async flush() {
      // A table in trouble is not asked by every request.
      if (latest < quietUntil) return;
      try {
        await uses.flush();
      } catch (error) {
        quietUntil = latest + EVERY_MS;
        throw error;
      }
    },
  };
};
