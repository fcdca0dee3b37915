import type { DuckDBConnection } from '@duckdb/node-api';
import type { Duck } from './duckdb';
import { neededDays, neededParts, type Scan } from './part-pruning';
import { name } from './quoting';
import { prepareRead } from './statement-check';
import { type Planner, scansOf } from './statement-planner';
import type { Part, Waiting } from './table-state';
import {
  labelledStatement,
  tell,
  toldView,
  type View,
  type ViewedService,
  viewStatement,
  viewsOf,
} from './views';

export interface QueryTables {
  /** Where the tables are: the one place that statements reach. */
  readonly folder: string;
  /** Days that a table has parts of. */
  readonly daysOf: (table: string) => readonly string[];
  readonly partsOf: (table: string, date: string) => readonly Part[];
  readonly services: () => Promise<readonly ViewedService[]>;
  /** Services with labels that are not in their parts yet. */
  readonly waiting: () => ReadonlyMap<string, Waiting>;
}

interface Needs extends QueryTables {
  readonly duck: Duck;
  readonly planner: Planner;
}

/** The tables there are at some moment. */
interface Moment {
  /** Differs between moments. */
  readonly seen: string;
  /** How often views had changed. */
  readonly changes: number;
  readonly views: readonly View[];
}

const NO_TABLES: Moment = { seen: '', changes: 0, views: [] };

/**
 * The tables as statements find them. Their views have no files of their own: each connection is told of
 * those that its statement needs.
 */
export const openQueryTables = (needs: Needs) => {
  const { folder, daysOf, partsOf, services, waiting, duck, planner } = needs;
  const defined = new Map<string, string>();
  /** Moves before a view changes. */
  let changes = 0;
  /** Makes the views that the services of this moment need; rows that come or go need none. */
  const define = async (views: readonly View[]): Promise<void> => {
    const wanted = new Set(views.map(({ table }) => table));
    for (const table of defined.keys()) {
      if (wanted.has(table)) continue;
      changes += 1;
      await planner.forget(table);
      await duck.run(`DROP VIEW IF EXISTS inference.${name(table)}`);
      defined.delete(table);
    }
    for (const view of views) {
      const columns = JSON.stringify(view.columns);
      if (defined.get(view.table) === columns) continue;
      changes += 1;
      await planner.define(view);
      const made = `CREATE OR REPLACE VIEW inference.${name(view.table)} AS ${toldView(view)}`;
      await duck.run(`${tell(new Map())}; ${made}`);
      defined.set(view.table, columns);
    }
  };

  let current = NO_TABLES;
  let refreshing: Promise<Moment> = Promise.resolve(current);
  const refresh = (): Promise<Moment> => {
    refreshing = refreshing
      .catch(() => current)
      .then(async () => {
        const served = await services();
        const seen = JSON.stringify(served);
        if (seen === current.seen) return current;
        const views = viewsOf(served);
        await define(views);
        current = { seen, changes, views };
        return current;
      });
    return refreshing;
  };

  /** The scans of a statement, null when they are not known; of the very tables that it will read. */
  const scansNow = async (planning: DuckDBConnection, sql: string) => {
    for (;;) {
      const moment = await refresh();
      const scans = await scansOf(planning, sql);
      if (moment.changes === changes) return { moment, scans };
    }
  };

  /**
   * The parts that a table's scans need; all when they are not known. Days that none needs are not looked
   * at, so that a question about one day costs the same with a month of them.
   */
  const partsFor = (table: string, scans: readonly Scan[] | undefined): readonly Part[] => {
    const days = daysOf(table);
    const partsIn = (dates: readonly string[]) => dates.flatMap((date) => partsOf(table, date));
    return scans ? neededParts(partsIn(neededDays(table, days, scans)), scans) : partsIn(days);
  };

  /** A SELECT of what a table's scans need. */
  const rowsFor = (
    view: View,
    scans: readonly Scan[] | undefined,
    held: ReadonlyMap<string, Waiting>,
  ): string => {
    const rows = viewStatement(folder, view, partsFor(view.table, scans));
    const { labelled } = view;
    const waits = labelled && (held.get(labelled.service)?.examples ?? 0) > 0;
    return waits ? labelledStatement(folder, view, rows, labelled) : rows;
  };

  return {
    /**
     * Tells a connection of the rows that its next statement needs, as a connection of the planner finds
     * out. @throws as `prepareRead` does, for some
     */
    async tell(
      connection: DuckDBConnection,
      planning: DuckDBConnection,
      sql: string,
    ): Promise<void> {
      const { moment, scans } = await scansNow(planning, sql);
      if (scans === null) {
        // Most of these are wrong, which takes no rows to see.
        await connection.run(tell(new Map()));
        (await prepareRead(connection, sql)).destroySync();
      }
      const scansBy = scans && Map.groupBy(scans, ({ table }) => table);
      const read = moment.views.filter(({ table }) => scansBy?.has(table) ?? true);
      const held = waiting();
      const rows = read.map(
        (view) => [view.table, rowsFor(view, scansBy?.get(view.table), held)] as const,
      );
      await connection.run(tell(new Map(rows)));
    },
  };
};
