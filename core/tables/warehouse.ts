import type { Cell } from './cell';
import type { AskedRun, TableRun, TablesStatus } from './table-run';

/** The first rows of a statement's result. */
export interface QueryRows {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly Cell[])[];
  /** There are more rows. */
  readonly truncated: boolean;
}

/** What became of a query. */
export type QueryState =
  | { readonly status: 'running' }
  | { readonly status: 'cancelled' }
  | {
      readonly status: 'succeeded';
      readonly result: QueryRows;
      readonly duration_ms: number;
      /** Null where the engine does not tell. */
      readonly scanned_bytes: number | null;
    }
  | { readonly status: 'failed'; readonly error: unknown };

/** Formats in which a whole result is given. */
export type ResultFormat = 'csv' | 'parquet';

/** Where a whole result lies; the address is its own permission, for minutes. */
export interface ResultPlace {
  readonly url: string;
}

/** The tables of what was captured. */
export interface Warehouse {
  /**
   * Starts a statement; answers its id. Finished queries are forgotten after a while.
   * @throws `overloaded` when too many run already
   */
  startQuery(sql: string, maxRows: number): Promise<string>;

  /** Waits for the end of a query, at most `waitMs`; undefined when there is no such query. */
  queryState(id: string, waitMs: number): Promise<QueryState | undefined>;

  /** Ends a query, and what is being made of its result; one that is over stays as it is. */
  cancelQuery(id: string): Promise<void>;

  /**
   * The whole result of a query that succeeded: in pieces, for which its statement is run again, or where
   * to fetch it. Whoever does not read pieces to their end ends their iterator.
   * @throws `not-found` for a query without a result; `not-stopped` for one that runs; `overloaded`;
   * `bad-request` for a format that this home does not have; what the statement throws
   */
  queryResult(id: string, format: ResultFormat): Promise<AsyncIterable<Uint8Array> | ResultPlace>;

  /**
   * Starts work on a service's tables; answers its id. Finished runs are forgotten after a while.
   * @throws `overloaded` when too much is under way already
   */
  startRun(asked: AskedRun): Promise<string>;

  /** Waits for the end of a run, at most `waitMs`; undefined when there is no such run. */
  runState(id: string, waitMs: number): Promise<TableRun | undefined>;

  /** How far a service's tables are behind. */
  status(service: string): Promise<TablesStatus>;
}
