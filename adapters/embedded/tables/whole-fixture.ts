import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Retention } from '../../../core/services/service';
import type { Erasure } from '../../../core/tables/erasure';
import type { Label } from '../../../core/tables/label';
import { segmentFile } from '../capture-log/segments';
import type { FailingStep, Faults } from './faults-fixture';
import { type Happened, lineOfHappened, TAUGHT } from './happened-fixture';
import { openLabels } from './labels-fixture';
import { partPath } from './part-files';
import { literal } from './quoting';
import { naiveTables, READ } from './tables-model';
import { recordLine } from './window-lines';

/** When the tables begin. */
export const START = '2026-11-20T00:00:00.000Z';
/** Long after files were written, whose times are those of the machine. */
const LONG_AFTER = '2100-01-01T00:00:00.000Z';
/** Rows that a part of requests, rows or errors holds at most. */
const MOST_ROWS = 4;
/** A window of the log has one request or a few. */
const MOST_BYTES = 2_000;
/** The column in which no value stands twice. Each label is another. */
const keyOf = (table: string): string => {
  if (table === 'labels') return 'label';
  return table === 'requests' || table.endsWith('_errors') ? 'request_id' : 'example_id';
};

/** Which step of some work fails, and of the next process's start. */
export interface Failure {
  /** The process ends; or else it goes on. */
  readonly dies: boolean;
  readonly at: FailingStep;
  readonly again: FailingStep | null;
  /** A process that goes on merges next. */
  readonly merges: boolean;
}

/** Tables with all that happens to them, beside the model of the same. */
export const openWhole = async (pool: readonly Happened[], faults: Faults) => {
  const fixture = await openLabels(TAUGHT, START, ['wine', 'red-wine']);
  const { folder, log, labels } = fixture;
  const model = naiveTables(pool);
  const retentions = new Map<string, Retention>();
  let sequence = 0;
  let rest = '';
  let ambiguous = 0;
  let hasFailed = false;

  const start = () =>
    fixture.openBuilder((needs) => ({
      ...needs,
      mostRows: MOST_ROWS,
      mostBytes: MOST_BYTES,
      duck: faults.duck(needs.duck),
      state: faults.state(needs.state),
      retentions: async () =>
        [...retentions].map(([service, retention]) => ({ service, retention })),
    }));
  let builder = await start();

  /** Tables that have parts: a folder is made before its first part is there. */
  const tablesNow = (): readonly string[] =>
    readdirSync(folder).filter((table) =>
      readdirSync(join(folder, table), { recursive: true }).some((file) =>
        String(file).endsWith('.parquet'),
      ),
    );

  const partsOf = (table: string): string =>
    `read_parquet(${literal(join(folder, table, '*', '*.parquet'))}, union_by_name = true, hive_partitioning = true)`;

  /** A foreign reader sees no row twice. */
  const assertNoRowTwice = async (): Promise<void> => {
    const counts = tablesNow().map(
      (
        table,
      ) => `SELECT ${literal(table)} AS "table", count(*) - count(DISTINCT ${keyOf(table)}) AS more
        FROM ${partsOf(table)}`,
    );
    if (counts.length === 0) return;
    const twice = `SELECT * FROM (${counts.join(' UNION ALL ')}) WHERE more > 0`;
    expect(await fixture.reader.rows(twice)).toEqual([]);
  };

  const restart = async (again: FailingStep | null = null): Promise<void> => {
    const restarting = async () => {
      builder = await start();
    };
    if (again && !(await faults.during(again, true, restarting))) return;
    if (again) await assertNoRowTwice();
    await restarting();
  };

  const step = async () => {
    const report = await builder.step();
    for (const counts of Object.values(report?.services ?? {})) ambiguous += counts.ambiguous;
    return report;
  };

  const write = (text: string): void =>
    appendFileSync(join(log, segmentFile(Date.parse(START), sequence)), text);
  /** Only a finished segment is followed by the next. */
  const finishLine = (): void => {
    write(rest);
    rest = '';
  };
  const catchUp = async (): Promise<void> => {
    finishLine();
    while ((await step()) !== null);
  };

  /** Some work, whether or not a step of it fails; whether one did. */
  const work = async (failure: Failure | null, does: () => Promise<unknown>): Promise<boolean> => {
    if (!failure) {
      await does();
      return false;
    }
    if (!(await faults.during(failure.at, failure.dies, does))) return false;
    hasFailed = true;
    await assertNoRowTwice();
    if (failure.dies) await restart(failure.again);
    else {
      builder.discard();
      if (failure.merges) await builder.merge();
    }
    return true;
  };
  /** Work that is asked for until it is done. */
  const workInTheEnd = async (failure: Failure | null, does: () => Promise<unknown>) => {
    if (await work(failure, does)) await does();
  };

  return {
    append(requests: readonly number[], how: { next: boolean; junk: string; cut: boolean }): void {
      finishLine();
      if (how.next) sequence += 1;
      const lines = requests
        .filter((n) => !model.isExpired(n))
        .map((n) => {
          model.predict(n);
          return `${recordLine(lineOfHappened(pool, n))}\n`;
        });
      const text = how.junk + lines.join('');
      const at = how.cut ? text.length - 200 : text.length;
      rest = text.slice(at);
      write(text.slice(0, at));
    },

    /** Labels come, or the same once more. */
    async push(service: string, batch: readonly Label[], at: string, isNew: boolean) {
      fixture.setClock(at);
      await fixture.push(batch, service);
      if (isNew) model.label(service, batch, at);
    },

    step: (failure: Failure | null) => work(failure, step),
    merge: (failure: Failure | null) => work(failure, () => builder.merge()),
    restart,

    /** Nobody reads any more what files have of versions before. */
    tidy: (failure: Failure | null, at: string) =>
      work(failure, async () => {
        fixture.setClock(LONG_AFTER);
        await builder.tidy().finally(() => fixture.setClock(at));
      }),

    /** The log is not kept any longer, but for what is not in the tables. */
    trim(failure: Failure | null, at: string): Promise<boolean> {
      finishLine();
      const upTo = sequence;
      sequence += 1;
      return work(failure, async () => {
        fixture.setClock(LONG_AFTER);
        await builder.trim(upTo).finally(() => fixture.setClock(at));
      });
    },

    async retry(failure: Failure | null, service: string, from: string, to: string): Promise<void> {
      await catchUp();
      await workInTheEnd(failure, () => builder.retry(service, from, to));
      model.retry(service, from, to);
    },

    /** So much time goes by that labels without a row are no longer waited for. */
    async weekPasses(failure: Failure | null, at: string): Promise<void> {
      await catchUp();
      fixture.setClock(at);
      await workInTheEnd(failure, () => builder.merge());
      model.weekPasses();
    },

    async erase(failure: Failure | null, service: string, what: Erasure): Promise<void> {
      await catchUp();
      const upTo = sequence;
      sequence += 1;
      await workInTheEnd(failure, () => builder.erase(service, what, upTo));
      model.erase(service, what);
    },

    async retain(
      failure: Failure | null,
      service: string,
      retention: Retention,
      at: string,
    ): Promise<void> {
      await catchUp();
      retentions.set(service, retention);
      await workInTheEnd(failure, () => builder.retainAll());
      for (const [kept, days] of retentions) model.retain(kept, days, at);
    },

    catchUp,
    expected: model.tables,

    /** How many labels were said to have meant several requests, and are; null where a report may be lost. */
    ambiguous: () => (hasFailed ? null : { told: ambiguous, expected: model.ambiguous() }),

    /** All tables as SQL answers them. */
    async sql() {
      const selects = Object.keys(READ)
        // Of a service that nobody knows nothing is in SQL.
        .filter((table) => table !== 'unknown_errors')
        .map((table) => selectRows(table, `inference.${table}`));
      const { unknown_errors = [] } = model.tables();
      return { ...textsOf(await fixture.sql(selects.join(' UNION ALL '))), unknown_errors };
    },

    /** All tables as a foreign reader sees them. */
    async parts() {
      const selects = tablesNow().map((table) => selectRows(table, partsOf(table)));
      if (selects.length === 0) return textsOf([]);
      const rows = await fixture.reader.rows(selects.join(' UNION ALL '));
      return textsOf(rows.map((row) => Object.values(row)));
    },

    /** What nothing leaves behind: parts that are not as they are known, or full, drafts. */
    async oddities() {
      const known = builder.state.allParts();
      const counts = known.map(
        (part) =>
          `SELECT count(*) - ${part.rows} AS more FROM read_parquet(${literal(partPath(folder, part))})`,
      );
      const miscounted =
        counts.length === 0
          ? []
          : await fixture.reader.rows(`FROM (${counts.join(' UNION ALL ')}) WHERE more <> 0`);
      const there = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      return {
        miscounted,
        full: known.filter(({ table, rows }) => table !== 'labels' && rows > MOST_ROWS),
        unknown: there.filter((file) => file.endsWith('.parquet')).length - known.length,
        decision: builder.state.decision(),
        drafts: readdirSync(`${folder}.work`),
        batches: existsSync(labels) ? readdirSync(labels) : [],
      };
    },

    close: fixture.close,
  };
};

/** A SELECT of a table's name and a row's cells as JSON. */
const selectRows = (table: string, from: string): string => {
  const cells = (READ[table] ?? "'a table that should not be there'").split(', ');
  return `SELECT ${literal(table)} AS "table",
    to_json([${cells.map((cell) => `to_json(${cell})`).join(', ')}])::VARCHAR AS cells FROM ${from}`;
};

/** Of each table, a text for each row, in order. */
const textsOf = (rows: readonly (readonly unknown[])[]) => {
  const texts = rows.map(([table, cells]) => ({
    table: String(table),
    text: JSON.stringify(JSON.parse(String(cells))),
  }));
  const tables: Record<string, string[]> = Object.fromEntries(
    [...Object.keys(READ), ...texts.map(({ table }) => table)].map((table) => [table, []]),
  );
  for (const { table, text } of texts) tables[table]?.push(text);
  for (const one of Object.values(tables)) one.sort();
  return tables;
};
