import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 50;
const SQLITE_BUSY = 5;

/**
 * Waits until no other process builds here. One that was orphaned by a crash may be at its last file,
 * and two that draft the same parts would lose rows. The lock ends with this process, however it ends.
 */
export const becomeSoleBuilder = async (file: string): Promise<{ release(): void }> => {
  const lock = new DatabaseSync(file, { timeout: 0 });
  for (;;) {
    try {
      lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      return { release: () => lock.close() };
    } catch (error) {
      if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    }
    await sleep(LOOK_MS);
  }
};
