import type { SQLOutputValue } from 'node:sqlite';
import { DomainError } from '../../core/shared/domain-error';
import {
  assertTransaction,
  type Change,
  REVISION_MEMORY_MS,
  type RecordStore,
  type StoredRecord,
} from '../../core/shared/record-store';
import { openDatabase, transaction } from './sqlite-database';

// A row without a document is a tombstone; `ends_at` says when a record expires or was removed.
const SCHEMA = {
  version: 1,
  sql: `
    CREATE TABLE IF NOT EXISTS record (
      pk TEXT, sk TEXT, revision INTEGER NOT NULL, json TEXT, ends_at INTEGER,
      PRIMARY KEY (pk, sk)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS record_end ON record (ends_at) WHERE ends_at IS NOT NULL`,
};

const LIVE = 'json IS NOT NULL AND (ends_at IS NULL OR ends_at > :now)';
const SWEEP_EVERY_MS = 3600 * 1000;

type Row = Readonly<Record<string, SQLOutputValue>>;

const toRecord = ({ pk, sk, revision, json }: Row): StoredRecord => ({
  partition: String(pk),
  sort: String(sk),
  document: JSON.parse(String(json)),
  revision: Number(revision),
});

/** Records in one SQLite file, or in none with `:memory:`. `close` ends it. */
export const sqliteRecordStore = (
  file: string,
  { now }: { readonly now: () => Date },
): RecordStore & { close(): void } => {
  const db = openDatabase(file, SCHEMA);
  const one = db.prepare(`SELECT *, ${LIVE} AS live FROM record WHERE pk = :pk AND sk = :sk`);
  const some = db.prepare(`SELECT * FROM record WHERE pk = :pk AND sk > :after AND sk >= :prefix
    AND (:end IS NULL OR sk < :end) AND ${LIVE} ORDER BY sk LIMIT :limit`);
  const put = db.prepare('REPLACE INTO record VALUES (:pk, :sk, :revision, :json, :ends_at)');
  const forget = db.prepare('DELETE FROM record WHERE ends_at <= :end');
  const empty = db.prepare(
    'UPDATE record SET json = NULL WHERE ends_at <= :end AND json IS NOT NULL',
  );

  let sweptAt = Number.NEGATIVE_INFINITY;
  const sweep = (at: number): void => {
    if (Math.abs(at - sweptAt) < SWEEP_EVERY_MS) return;
    sweptAt = at;
    empty.run({ end: at });
    forget.run({ end: at - REVISION_MEMORY_MS });
  };

  const apply = (change: Change, at: number): void => {
    const { partition: pk, sort: sk, seen } = change;
    const row = one.get({ pk, sk, now: at });
    const kept = Number(row?.revision ?? 0);
    if ((row?.live ? kept : 0) !== seen) {
      throw new DomainError('revision-conflict', 'it was changed meanwhile: read it again');
    }
    if ('check' in change) return;
    if ('put' in change) {
      const ends_at = change.expiresAt?.getTime() ?? null;
      put.run({ pk, sk, revision: kept + 1, json: JSON.stringify(change.put), ends_at });
    } else if (row) {
      put.run({ pk, sk, revision: kept, json: null, ends_at: at });
    }
  };

  return {
    async get({ partition: pk, sort: sk }) {
      const row = one.get({ pk, sk, now: now().getTime() });
      return row?.live ? toRecord(row) : undefined;
    },

    async list({ partition: pk, prefix = '', limit, after = '' }) {
      const at = now().getTime();
      const bounds = { pk, prefix, after, end: endOf(prefix), now: at, limit: limit + 1 };
      const rows = some.all(bounds);
      const records = rows.slice(0, limit).map(toRecord);
      const last = records.at(-1);
      return { records, ...(last && rows.length > limit && { next: last.sort }) };
    },

    async transact(changes) {
      assertTransaction(changes);
      const at = now().getTime();
      transaction(db, () => {
        for (const change of changes) apply(change, at);
        sweep(at);
      });
    },

    close: () => db.close(),
  };
};

/** The least text, by bytes, that is after all texts with a prefix; null when there is none. */
const endOf = (prefix: string): string | null => {
  const points = Array.from(prefix, (char) => char.codePointAt(0) ?? 0);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return null;
  // Surrogates are no characters of their own.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
};
