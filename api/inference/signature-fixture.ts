import type { ColumnType, Signature, Storage } from '../../core/models/signature';

const STORAGE = {
  double: 'float64',
  float: 'float32',
  integer: 'int32',
  long: 'int64',
  string: 'string',
  boolean: 'bool',
  datetime: 'int64',
} as const satisfies Record<ColumnType, Storage>;

/** A signature for tests: `{ alcohol: 'double', 'note?': 'string' }`, `?` for not required. */
export const signatureOf = (
  columns: Readonly<Record<string, ColumnType>>,
  options: Partial<Signature> = {},
): Signature => ({
  inputs: Object.entries(columns).map(([name, type]) => ({
    name: name.replace('?', ''),
    type,
    required: !name.endsWith('?'),
  })),
  positional: false,
  storage: Object.values(columns).map((type) => STORAGE[type]),
  matrix: false,
  output: { type: 'double', width: 1, classes: null },
  ...options,
});
