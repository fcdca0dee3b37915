import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for an end that is no failure, at most `waitMs`. */
export const endedWithin = async (ended: Promise<void>, waitMs: number): Promise<void> => {
  const waited = new AbortController();
  const late = sleep(waitMs, undefined, { signal: waited.signal }).catch(() => undefined);
  await Promise.race([ended, late]);
  waited.abort();
};
