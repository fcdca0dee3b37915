import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const AGAIN_MS = 200;

/**
 * Runs work while no one else, in this process or another, runs any under the same file. The lock is
 * the kernel's, through SQLite: a process that dies lets go of it.
 * @throws when another one holds it for longer than `patienceMs`
 */
export const alone = async <T>(
  file: string,
  patienceMs: number,
  work: () => T | Promise<T>,
): Promise<T> => {
  mkdirSync(dirname(file), { recursive: true });
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    for (const end = Date.now() + patienceMs; !isTaken(lock); await sleep(AGAIN_MS)) {
      if (Date.now() > end) throw new Error(`${file} is held by another process`);
    }
    return await work();
  } finally {
    lock.close();
  }
};

const isTaken = (lock: DatabaseSync): boolean => {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    // Not `instanceof`: what Node throws is no Error of jest's.
    if (String(error).includes('locked')) return false;
    throw error;
  }
};
