/** Typed memory of a column's cells. `bool` cells are 0 or 1. */
export type CellArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | string[];

/** One column's cells: row `r` is `values[offset + r * stride]`. */
export interface Cells {
  readonly values: CellArray;
  readonly offset: number;
  readonly stride: number;
}

/**
 * The rows of a request, checked and typed as the model takes them: one entry per column of the
 * signature, in its order. Of a matrix model all columns share one row-major array.
 */
export interface Table {
  readonly rows: number;
  readonly cells: readonly Cells[];
}
