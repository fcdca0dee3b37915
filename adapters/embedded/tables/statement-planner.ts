import type { DuckDBConnection } from '@duckdb/node-api';
import { openDuck } from './duckdb';
import type { ColumnFilter, Filter, Scan } from './part-pruning';
import { duckType, literal, name } from './quoting';
import type { View } from './views';

/**
 * What is true of a statement whatever the tables hold. All other steps of DuckDB's optimizer may look
 * at the rows, and there are none here.
 */
const STEPS = [
  ...['expression_rewriter', 'filter_pullup', 'filter_pushdown'],
  ...['cte_inlining', 'cte_filter_pusher'],
];

/** The tables' stand-ins, without rows: a plan's scans name these. */
const STAND_INS = 'stand_in';

/** A database that knows the tables' columns and none of their files, in which statements are planned. */
export const openPlanner = async () => {
  const duck = await openDuck({ memory: '100MB', threads: 1, spill: null });
  await duck.run(`CREATE SCHEMA inference; CREATE SCHEMA ${STAND_INS}`);
  const optimizers = await duck.rows('SELECT name FROM duckdb_optimizers()');
  const others = optimizers.map((row) => String(row.name)).filter((step) => !STEPS.includes(step));
  await duck.run(`SET disabled_optimizers = ${literal(others.join(','))}`);
  return {
    duck,

    async define({ table, columns }: View): Promise<void> {
      const typed = columns.map((column) => `${name(column.name)} ${duckType(column.type)}`);
      const standIn = `${STAND_INS}.${name(table)}`;
      await duck.run(`CREATE OR REPLACE TABLE ${standIn} (${typed.join(', ')})`);
      await duck.run(`CREATE OR REPLACE VIEW inference.${name(table)} AS SELECT * FROM ${standIn}`);
    },

    async forget(table: string): Promise<void> {
      await duck.run(
        `DROP VIEW IF EXISTS inference.${name(table)}; DROP TABLE IF EXISTS ${STAND_INS}.${name(table)}`,
      );
    },
  };
};

export type Planner = Awaited<ReturnType<typeof openPlanner>>;

/** Every scan of a table in a statement's plan; null when DuckDB has no words for the plan. */
export const scansOf = async (
  connection: DuckDBConnection,
  sql: string,
): Promise<readonly Scan[] | null> => {
  const asked = `SELECT json_serialize_plan(${literal(sql)}, optimize := true, skip_null := true, skip_empty := true)`;
  const rows = (await connection.runAndReadAll(asked)).getRowsJS();
  return plansIn(String(rows[0]?.[0]))?.flatMap(scansIn) ?? null;
};

const plansIn = (text: string): readonly Operator[] | undefined => {
  try {
    return (JSON.parse(text) as { readonly plans?: readonly Operator[] }).plans;
  } catch {
    // DuckDB writes NaN and infinities in a way of its own.
    return undefined;
  }
};

/** A step of a plan, as far as it is looked at. */
interface Operator {
  readonly type: string;
  readonly children?: readonly Operator[];
  readonly function_data?: { readonly schema?: string; readonly table?: string };
  readonly names?: readonly string[];
  readonly table_filters?: {
    readonly filters?: readonly { readonly key: number; readonly value: Filter }[];
  };
}

const scansIn = (operator: Operator): readonly Scan[] => {
  const { type, children = [], function_data: from, names = [], table_filters } = operator;
  const below = children.flatMap(scansIn);
  if (type !== 'LOGICAL_GET' || from?.schema !== STAND_INS || from.table === undefined) {
    return below;
  }
  const filters = (table_filters?.filters ?? []).flatMap(({ key, value }): ColumnFilter[] => {
    const column = names[key];
    return column === undefined ? [] : [{ column, filter: value }];
  });
  return [...below, { table: from.table, filters }];
};
