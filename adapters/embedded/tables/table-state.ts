import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { openDatabase, transaction } from '../sqlite-database';
import { LOG_START, type LogPosition } from './log-window';

/** A Parquet file of a table. Rows never move from one part to another. */
export interface Part {
  readonly table: string;
  /** `YYYY-MM-DD` */
  readonly date: string;
  readonly number: number;
  readonly rows: number;
  /** Before compression: what alike bodies come to in memory is far more than their file. */
  readonly bytes: number;
  /** Of its rows; what is in between may be in other parts, too. */
  readonly firstId: string;
  readonly lastId: string;
  /** Its columns and their types. Parts of one shape can be read together. */
  readonly shape: string;
}

/** A finished draft that shall take a file's place. */
export interface Replacement {
  readonly draft: string;
  readonly path: string;
  /** Null for a file that is no part of a table. */
  readonly part: Part | null;
  /** Whether the draft has data of the versions before it, too; false by default. */
  readonly hasFormer?: boolean;
}

/** A part that goes, with all its rows. */
export interface Removal {
  readonly path: string;
  readonly part: Part;
}

/** Labels of one service that are not in its parts yet. */
export interface Waiting {
  /** Of examples, whether or not these have rows. */
  readonly examples: number;
  /** Of clients' request ids, for requests that may still come. */
  readonly clients: number;
}

/** What a build has decided: once written down, it will happen. */
export interface Decision {
  readonly replacements: readonly Replacement[];
  /** Parts that go. */
  readonly removals?: readonly Removal[];
  /** Up to where the log is in the tables. */
  readonly position?: LogPosition;
  /** By service, what its labels' files hold from now on. */
  readonly waiting?: Readonly<Record<string, Waiting>>;
  /** Batches of labels that are in the tables. */
  readonly batches?: readonly string[];
  /** By batch, the service that its labels are of. */
  readonly batchesOf?: Readonly<Record<string, string>>;
  /** A service with nothing in the tables any more: its batches are taken in again. */
  readonly purged?: string;
}

const SCHEMA = {
  version: 2,
  sql: `
    CREATE TABLE IF NOT EXISTS part (
      name TEXT, date TEXT, number INTEGER, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
      first_id TEXT NOT NULL, last_id TEXT NOT NULL, shape TEXT NOT NULL,
      PRIMARY KEY (name, date, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS batch (id TEXT PRIMARY KEY, service TEXT) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS waiting (
      service TEXT PRIMARY KEY, examples INTEGER NOT NULL, clients INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS former (
      name TEXT, date TEXT, number INTEGER, PRIMARY KEY (name, date, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT`,
};

const toPart = (row: Readonly<Record<string, SQLOutputValue>>): Part => ({
  table: String(row.name),
  date: String(row.date),
  number: Number(row.number),
  rows: Number(row.rows),
  bytes: Number(row.bytes),
  firstId: String(row.first_id),
  lastId: String(row.last_id),
  shape: String(row.shape),
});

const placeOf = ({ table, date, number }: Part) => ({ table, date, number });

/** Batches of before have no service: whose they are nobody knows, and they stay. */
const addServices = (db: DatabaseSync): void =>
  transaction(db, () => {
    const columns = db.prepare(`SELECT name FROM pragma_table_info('batch')`).all();
    if (columns.some(({ name }) => name === 'service')) return;
    db.exec('ALTER TABLE batch ADD COLUMN service TEXT');
  });

/** What the builder knows of its tables, in a SQLite file of its own. */
export const openTableState = (file: string) => {
  const db = openDatabase(file, SCHEMA);
  // What a decision replaced is gone, so it must outlast a power cut.
  db.exec('PRAGMA synchronous = FULL');
  addServices(db);
  const ofDay = db.prepare(
    'SELECT * FROM part WHERE name = :table AND date = :date ORDER BY number',
  );
  const days = db.prepare('SELECT DISTINCT date FROM part WHERE name = :table ORDER BY date');
  const put = db.prepare(
    `REPLACE INTO part VALUES (:table, :date, :number, :rows, :bytes, :firstId, :lastId, :shape)`,
  );
  const all = db.prepare('SELECT * FROM part ORDER BY name, date, number');
  const drop = db.prepare(
    'DELETE FROM part WHERE name = :table AND date = :date AND number = :number',
  );
  const withFormer = db.prepare('SELECT part.* FROM former JOIN part USING (name, date, number)');
  const addFormer = db.prepare('INSERT OR IGNORE INTO former VALUES (:table, :date, :number)');
  const dropFormer = db.prepare(
    'DELETE FROM former WHERE name = :table AND date = :date AND number = :number',
  );
  const batch = db.prepare('SELECT 1 FROM batch WHERE id = :id');
  const addBatch = db.prepare('INSERT OR IGNORE INTO batch VALUES (:id, :service)');
  const dropBatches = db.prepare('DELETE FROM batch WHERE service = :service');
  const waiting = db.prepare('SELECT * FROM waiting');
  const setWaiting = db.prepare('REPLACE INTO waiting VALUES (:service, :examples, :clients)');
  const fact = db.prepare('SELECT json FROM fact WHERE name = :name');
  const setFact = db.prepare('REPLACE INTO fact VALUES (:name, :json)');
  const dropFact = db.prepare('DELETE FROM fact WHERE name = :name');

  const read = <T>(name: string): T | undefined => {
    const row = fact.get({ name });
    return row && (JSON.parse(String(row.json)) as T);
  };

  return {
    position: (): LogPosition => read<LogPosition>('position') ?? LOG_START,

    partsOf: (table: string, date: string): readonly Part[] =>
      ofDay.all({ table, date }).map(toPart),

    /** The days that a table has parts of, the first one first. */
    daysOf: (table: string): readonly string[] =>
      days.all({ table }).map(({ date }) => String(date)),

    /** Every part there is, by table, day and number. */
    allParts: (): readonly Part[] => all.all().map(toPart),

    /** Parts whose files have data of the versions before them, too. */
    partsWithFormer: (): readonly Part[] => withFormer.all().map(toPart),

    hasBatch: (id: string): boolean => batch.get({ id }) !== undefined,

    /** By service. */
    waiting: (): ReadonlyMap<string, Waiting> =>
      new Map(
        waiting
          .all()
          .map(({ service, examples, clients }) => [
            String(service),
            { examples: Number(examples), clients: Number(clients) },
          ]),
      ),

    /** When a table's files changed last, RFC 3339; null: never. */
    builtAt: (table: string): string | null => read<string>(`built#${table}`) ?? null,

    /** A decision that may not have been carried out. */
    decision: (): Decision | undefined => read<Decision>('decision'),

    /** @throws when what was decided before has yet to be carried out: it would be forgotten */
    decide(decision: Decision): void {
      if (read('decision')) throw new Error('what was decided before has not been carried out');
      transaction(db, () => setFact.run({ name: 'decision', json: JSON.stringify(decision) }));
    },

    /** The replacements are in place. */
    carriedOut({
      replacements,
      position,
      removals = [],
      waiting: held = {},
      batches = [],
      batchesOf = {},
      purged,
    }: Decision): void {
      transaction(db, () => {
        for (const { part, hasFormer = false } of replacements) {
          if (!part) continue;
          put.run({ ...part });
          (hasFormer ? addFormer : dropFormer).run(placeOf(part));
        }
        for (const { part } of removals) {
          drop.run(placeOf(part));
          dropFormer.run(placeOf(part));
        }
        for (const id of batches) addBatch.run({ id, service: batchesOf[id] ?? null });
        if (purged !== undefined) dropBatches.run({ service: purged });
        for (const [service, counts] of Object.entries(held))
          setWaiting.run({ service, ...counts });
        const changed = [...replacements, ...removals].flatMap(({ part }) => part?.table ?? []);
        const at = JSON.stringify(new Date());
        for (const table of new Set(changed)) setFact.run({ name: `built#${table}`, json: at });
        if (position) setFact.run({ name: 'position', json: JSON.stringify(position) });
        dropFact.run({ name: 'decision' });
      });
    },

    close: (): void => db.close(),
  };
};

export type TableState = ReturnType<typeof openTableState>;
