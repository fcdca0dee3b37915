import type { ColumnType, OutputSignature, Storage } from '../core/models/signature';

/** Column types by MLflow's names. `binary`, arrays, objects and maps have no place in a table. */
const COLUMN_TYPES: ReadonlyMap<string, ColumnType> = new Map(
  (['double', 'float', 'integer', 'long', 'string', 'boolean', 'datetime'] as const).map((type) => [
    type,
    type,
  ]),
);

const DTYPES: ReadonlyMap<string, ColumnType> = new Map([
  ['float64', 'double'],
  ['float32', 'float'],
  ['float16', 'float'],
  ['int64', 'long'],
  ['uint32', 'long'],
  ['int32', 'integer'],
  ['int16', 'integer'],
  ['int8', 'integer'],
  ['uint16', 'integer'],
  ['uint8', 'integer'],
  ['bool', 'boolean'],
  ['str', 'string'],
  ['object', 'string'],
]);

export const columnType = (type: string): ColumnType | undefined => COLUMN_TYPES.get(type);

/** Of numpy's names for the types of tensors. */
export const columnTypeOfDtype = (dtype: string): ColumnType | undefined =>
  DTYPES.get(dtype) ??
  (dtype.startsWith('datetime64') ? 'datetime' : undefined) ??
  (dtype.startsWith('str') || dtype.startsWith('<U') ? 'string' : undefined);

/** Types of graph inputs that are served, and what a column is when nothing else says so. */
const STORED: Readonly<Record<Storage, ColumnType>> = {
  float32: 'float',
  float64: 'double',
  int32: 'integer',
  int64: 'long',
  bool: 'boolean',
  string: 'string',
};

export const isStorage = (element: string | null): element is Storage =>
  element !== null && Object.hasOwn(STORED, element);

export const columnTypeOfStorage = (storage: Storage): ColumnType => STORED[storage];

/** Memory for columns that a process other than ours reads: nothing is lost on the way to JSON. */
export const ownStorage: Readonly<Record<ColumnType, Storage>> = {
  double: 'float64',
  float: 'float64',
  integer: 'int32',
  long: 'int64',
  string: 'string',
  boolean: 'bool',
  datetime: 'int64',
};

const FITS: Readonly<Record<ColumnType, readonly Storage[]>> = {
  double: ['float32', 'float64'],
  float: ['float32', 'float64'],
  integer: ['float32', 'float64', 'int32', 'int64'],
  long: ['float32', 'float64', 'int64'],
  string: ['string'],
  boolean: ['bool', 'float32', 'float64', 'int32', 'int64'],
  datetime: ['int64'],
};

/** Whether a column's values can lie in a graph's memory. */
export const fits = (type: ColumnType, storage: Storage): boolean => FITS[type].includes(storage);

const ANSWERS: Readonly<Record<string, OutputSignature['type']>> = {
  float32: 'double',
  float64: 'double',
  int8: 'long',
  int16: 'long',
  int32: 'long',
  int64: 'long',
  uint8: 'long',
  uint16: 'long',
  uint32: 'long',
  uint64: 'long',
  string: 'string',
  bool: 'boolean',
};

/** What predictions of a graph's element type are to a caller. */
export const answerType = (element: string | null): OutputSignature['type'] | undefined =>
  element !== null && Object.hasOwn(ANSWERS, element) ? ANSWERS[element] : undefined;

/** What predictions of a column type are to a caller. */
export const answerTypeOfColumn: Readonly<Record<ColumnType, OutputSignature['type']>> = {
  double: 'double',
  float: 'double',
  integer: 'long',
  long: 'long',
  string: 'string',
  boolean: 'boolean',
  datetime: 'string',
};
