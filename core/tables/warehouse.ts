import type { Cell } from './cell';
import type { Erasure, ErasureReport } from './erasure';

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

/** What a refresh brought into the tables. */
export interface RefreshReport {
  readonly rows: number;
  readonly errors: number;
  /** Those that arrived, and rows for which older ones were found. */
  readonly labels: number;
}

/** Formats in which a whole result is given. */
export type ResultFormat = 'csv' | 'parquet';

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
   * The whole result of a query that succeeded, in pieces; its statement is run again for it. Whoever
   * does not read it to its end ends its iterator.
   * @throws `not-found` for a query without a result; `not-stopped` for one that runs; `overloaded`;
   * what the statement throws
   */
  queryResult(id: string, format: ResultFormat): Promise<AsyncIterable<Uint8Array>>;

  /**
   * Brings all that has been captured and labelled until now into a service's tables. Labels received on
   * these days (`YYYY-MM-DD`) get the rows that have come since they were no longer waited for.
   */
  refresh(
    service: string,
    received: { readonly from: string; readonly to: string },
  ): Promise<RefreshReport>;

  /**
   * Takes whole requests of a service out: from tables, log, labels and kept results.
   * @throws `invalid-input` for a column that there is not
   */
  erase(service: string, what: Erasure): Promise<ErasureReport>;

  /** Takes everything of a service out. */
  purge(service: string): Promise<ErasureReport>;
}
