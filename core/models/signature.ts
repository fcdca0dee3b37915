/** Types of MLflow's column signatures. */
export type ColumnType =
  | 'double'
  | 'float'
  | 'integer'
  | 'long'
  | 'string'
  | 'boolean'
  | 'datetime';

/** A column that a model takes. */
export interface InputColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** False: the column may be absent from a request. */
  readonly required: boolean;
}

/** How one column's cells lie in memory for the model: `int64` for datetimes is milliseconds. */
export type Storage = 'float32' | 'float64' | 'int32' | 'int64' | 'bool' | 'string';

/** What a model takes and gives. */
export interface Signature {
  readonly inputs: readonly InputColumn[];
  /** True for a model with one nameless matrix: its columns are called `<input>_<position>`. */
  readonly positional: boolean;
  /** One per input column. */
  readonly storage: readonly Storage[];
  /** All columns share one row-major array, `rows × inputs.length`: the model takes one matrix. */
  readonly matrix: boolean;
  readonly output: OutputSignature;
}

/** What a model answers per row. */
export interface OutputSignature {
  readonly type: 'double' | 'long' | 'string' | 'boolean';
  /** Values per row: 1 answers scalars, more answers arrays. */
  readonly width: number;
  /** Class names in the order of the probabilities; null when there are no probabilities. */
  readonly classes: readonly string[] | null;
}
