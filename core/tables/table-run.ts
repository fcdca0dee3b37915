import type { Erasure } from './erasure';

/** Work on a service's tables that may take longer than who asks for it waits. */
export type AskedRun =
  /**
   * Brings all that has been captured and labelled until now into the tables. Labels received on these
   * days (`YYYY-MM-DD`) get the rows that have come since they were no longer waited for.
   */
  | {
      readonly kind: 'refresh';
      readonly service: string;
      readonly from: string;
      readonly to: string;
    }
  /** Takes whole requests out of all that was captured. */
  | { readonly kind: 'erasure'; readonly service: string; readonly what: Erasure };

/** What a run came to. */
export interface RunCounts {
  /** Taken out by an erasure; 0 for a refresh. */
  readonly requests: number;
  readonly rows: number;
  readonly errors: number;
  /** Of a refresh: those that arrived, and rows for which older ones were found. */
  readonly labels: number;
}

/** Whose run it is, and where it stands. */
export type TableRun = Pick<AskedRun, 'service' | 'kind'> &
  (
    | { readonly status: 'running' }
    | { readonly status: 'succeeded'; readonly counts: RunCounts }
    | { readonly status: 'failed'; readonly error: unknown }
  );

/** How far a service's tables are behind. */
export interface TablesStatus {
  /** Since when something captured or labelled is not in the tables, RFC 3339; null: all is. */
  readonly waiting_since: string | null;
  /** When something was brought into the tables last, RFC 3339; null: never. */
  readonly built_at: string | null;
}
