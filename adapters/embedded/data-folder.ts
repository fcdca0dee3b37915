import { chmod, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DomainError } from '../../core/shared/domain-error';
import { readIfThere, writePrivateFile } from './private-file';

/** Moves when an older Tidegate could no longer read what is in the folder. */
const VERSION = 1;
const SQLITE_BUSY = 5;

export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  /** Lets the next process in. */
  close(): Promise<void>;
}

/**
 * Opens the folder that holds everything a running Tidegate remembers, for this process alone.
 * @throws `in-use` when another process holds it; `bad-request` when it is not Tidegate's, cannot be
 * used, or was written by a newer version
 */
export const openDataFolder = async (folder: string): Promise<DataFolder> => {
  const path = resolve(folder);
  await makePrivate(path);
  const lock = await lockFor(path);
  const pid = join(path, 'pid');
  try {
    await checkVersion(path);
    await writePrivateFile(pid, `${process.pid}\n`);
  } catch (error) {
    lock.close();
    throw error;
  }
  return {
    path,
    close: async () => {
      await rm(pid, { force: true });
      lock.close();
    },
  };
};

const makePrivate = async (path: string): Promise<void> => {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    if (!(await stat(path)).isDirectory()) throw new Error('it is a file');
    await assertOurs(path);
    await chmod(path, 0o700);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    const why = (error as Error).message;
    throw new DomainError('bad-request', `the data folder ${path} cannot be used: ${why}`);
  }
};

// A disk's own folder, and what a start that was killed early has left.
const HARMLESS = new Set(['lost+found', 'lock', 'version.tmp']);

const assertOurs = async (path: string): Promise<void> => {
  const names = await readdir(path);
  if (names.includes('version') || names.every((name) => HARMLESS.has(name))) return;
  throw new DomainError(
    'bad-request',
    `${path} holds files that are not Tidegate's: give --data an empty or new folder`,
  );
};

const checkVersion = async (path: string): Promise<void> => {
  const file = join(path, 'version');
  const text = await readIfThere(file);
  if (text === undefined) return writePrivateFile(file, `${VERSION}\n`);
  if (!/^[1-9]\d{0,5}\s*$/.test(text)) {
    throw new DomainError('bad-request', `${file} is not as Tidegate wrote it`);
  }
  if (Number(text) > VERSION) {
    throw new DomainError(
      'bad-request',
      `the data in ${path} was written by a newer Tidegate (data version ${text.trim()}, this one reads ${VERSION}): update this one or give another --data`,
    );
  }
};

/**
 * The operating system holds the lock for as long as the process lives, so a killed one leaves none.
 * Nothing but SQLite may open this file: closing it would drop the lock on some systems.
 */
const lockFor = async (path: string): Promise<DatabaseSync> => {
  const lock = new DatabaseSync(join(path, 'lock'));
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    const pid = (await readIfThere(join(path, 'pid')))?.trim();
    throw new DomainError(
      'in-use',
      `the data folder ${path} is in use by ${pid ? `process ${pid}` : 'another process'}: stop that one or give another --data`,
    );
  }
};
