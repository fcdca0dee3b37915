import type { Quota } from '../../core/access/rate-limiter';
import { openDatabase, transaction } from './sqlite-database';

const SCHEMA = {
  version: 1,
  sql: `
    CREATE TABLE IF NOT EXISTS quota_count (
      subject TEXT, period TEXT, start INTEGER NOT NULL, used INTEGER NOT NULL,
      PRIMARY KEY (subject, period)
    ) STRICT, WITHOUT ROWID`,
};

// Longer than any period.
const OLD_MS = 40 * 24 * 3600 * 1000;

interface Count {
  readonly subject: string;
  readonly period: Quota['period'];
  /** When the period began, in milliseconds since the epoch. */
  readonly start: number;
  readonly used: number;
}

/** How much of each quota was used, in a SQLite file; what is long over is forgotten at opening. */
export const quotaCounts = (file: string, at: number) => {
  const db = openDatabase(file, SCHEMA);
  db.prepare('DELETE FROM quota_count WHERE start < :old').run({ old: at - OLD_MS });
  const get = db.prepare(
    'SELECT used FROM quota_count WHERE subject = :subject AND period = :period AND start = :start',
  );
  const put = db.prepare('REPLACE INTO quota_count VALUES (:subject, :period, :start, :used)');

  return {
    /** 0 for a period that nothing is known of. */
    read: (subject: string, period: Quota['period'], start: number): number =>
      Number(get.get({ subject, period, start })?.used ?? 0),

    write: (all: readonly Count[]): void =>
      transaction(db, () => {
        for (const { subject, period, start, used } of all) {
          put.run({ subject, period, start, used });
        }
      }),

    close: (): void => db.close(),
  };
};

export type QuotaCounts = ReturnType<typeof quotaCounts>;
