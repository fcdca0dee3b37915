import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { DomainError } from '../../core/shared/domain-error';
import { orFullDisk } from './full-disk';

/** SQLite's codes for a file that another process has to itself, and for one that is something else. */
const BUSY = 5;
const NOT_A_DATABASE = 26;
/** How long is waited for others that use the database. */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 20;

interface Schema {
  /** What `sql` makes. A database of a later version was written by a newer Tidegate. */
  readonly version: number;
  readonly sql: string;
}

/**
 * Opens a database that only its owner can read, and makes its tables where there are none.
 * @throws `bad-request` when a newer Tidegate wrote it, or nobody did; `unavailable` when the disk is
 * full
 */
export const openDatabase = (file: string, { version, sql }: Schema): DatabaseSync => {
  // SQLite gives its log and index files the mode of the database.
  if (file !== ':memory:') {
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
  }
  const db = new DatabaseSync(file, { timeout: PATIENCE_MS });
  try {
    const found = Number(db.prepare('PRAGMA user_version').get()?.user_version);
    if (found > version) {
      throw new DomainError(
        'bad-request',
        `${file} was written by a newer Tidegate: update this one`,
      );
    }
    logAhead(db);
    db.exec('PRAGMA synchronous = NORMAL');
    transaction(db, () => db.exec(`${sql}; PRAGMA user_version = ${version}`));
    return db;
  } catch (error) {
    db.close();
    throw openingFault(file, error);
  }
};

/** Unlike all else this does not wait by itself for those who open the database at the same time. */
const logAhead = (db: DatabaseSync): void => {
  for (const deadline = Date.now() + PATIENCE_MS; ; ) {
    try {
      db.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      const { errcode } = error as { readonly errcode?: number };
      if (errcode !== BUSY || Date.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
};

const openingFault = (file: string, error: unknown): unknown => {
  const { errcode, message } = error as Error & { readonly errcode?: number };
  if (errcode === undefined) return error;
  const why =
    errcode === NOT_A_DATABASE
      ? 'is not as Tidegate wrote it: mend or remove it'
      : `cannot be used: ${message}`;
  const fault = orFullDisk(error);
  return fault === error ? new DomainError('bad-request', `${file} ${why}`) : fault;
};

/** Runs `work` as one transaction. @throws `unavailable` when the disk is full */
export const transaction = (db: DatabaseSync, work: () => void): void => {
  db.exec('BEGIN IMMEDIATE');
  try {
    work();
    db.exec('COMMIT');
  } catch (error) {
    // A full disk has rolled back already, and a second rollback would hide why.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw orFullDisk(error);
  }
};
