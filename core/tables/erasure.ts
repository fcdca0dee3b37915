import type { Cell } from './cell';

/** Whose data is to go: requests by their ids, by their callers' ids, or by a value of a column. */
export type Erasure =
  | { readonly request_ids: readonly string[] }
  | { readonly client_request_ids: readonly string[] }
  | { readonly column: string; readonly value: Cell };

/** How much went, from each table. */
export interface ErasureReport {
  readonly requests: number;
  readonly rows: number;
  readonly errors: number;
  readonly labels: number;
}
