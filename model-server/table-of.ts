import type { CellArray, Cells, Table } from '../core/inference/table';
import type { ColumnType, InputColumn, Signature, Storage } from '../core/models/signature';
import { unservable } from './unservable';

/**
 * The rows of an example as a model takes them. Only for examples: requests have a faster way, and
 * a stricter one.
 * @throws `bad-request` with the row and column of the first cell that is not of its type
 */
export const tableOf = (
  { inputs, storage, matrix, positional }: Signature,
  columns: readonly string[],
  data: readonly (readonly unknown[])[],
): Table => {
  const byPlace = positional && columns.length === inputs.length;
  const places = inputs.map((column, place) => (byPlace ? place : placeOf(column, columns)));
  const rows = data.length;
  const [kind] = storage;
  const shared = matrix && kind ? memory(kind, rows * inputs.length) : null;
  const cells = inputs.map((_, place): Cells => {
    if (shared) return { values: shared, offset: place, stride: inputs.length };
    return { values: memory(storage[place] ?? 'float32', rows), offset: 0, stride: 1 };
  });
  data.forEach((row, r) => {
    inputs.forEach((column, place) => {
      const value = typed(column, row[places[place] ?? -1] ?? null);
      const cell = cells[place];
      if (value === undefined || !cell) {
        throw unservable(
          `the input example, row ${r}, column ${column.name}: a ${column.type} is needed`,
          'log the model with an example of the data it was trained on',
        );
      }
      put(cell.values, cell.offset + r * cell.stride, value);
    });
  });
  return { rows, cells };
};

const placeOf = ({ name, required }: InputColumn, columns: readonly string[]): number => {
  const place = columns.indexOf(name);
  if (place >= 0 || !required) return place;
  throw unservable(
    `the input example has no column ${name}`,
    'log the model with an example of the data it was trained on',
  );
};

type Cell = number | bigint | string;

const typed = ({ type, required }: InputColumn, value: unknown): Cell | undefined => {
  if (value === null) return missing(type, required);
  switch (type) {
    case 'double':
    case 'float':
      return typeof value === 'number' ? value : undefined;
    case 'integer':
      // The bits beyond 32 would be lost without a word.
      return typeof value === 'number' && value === (value | 0) ? value : undefined;
    case 'long':
      return Number.isSafeInteger(value) ? (value as number) : undefined;
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? Number(value) : undefined;
    case 'datetime':
      return typeof value === 'string' ? milliseconds(value) : undefined;
  }
};

const missing = (type: ColumnType, required: boolean): Cell | undefined => {
  if (type === 'double' || type === 'float') return Number.NaN;
  return type === 'string' && !required ? '' : undefined;
};

// pandas writes times without a zone, and means UTC.
const milliseconds = (text: string): number | undefined => {
  const time = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(time) ? undefined : time;
};

const MEMORY: Readonly<Record<Storage, (length: number) => CellArray>> = {
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
  int32: (length) => new Int32Array(length),
  int64: (length) => new BigInt64Array(length),
  bool: (length) => new Uint8Array(length),
  string: (length) => new Array<string>(length).fill(''),
};

const memory = (storage: Storage, length: number): CellArray => MEMORY[storage](length);

const put = (values: CellArray, place: number, value: Cell): void => {
  if (values instanceof BigInt64Array) values[place] = BigInt(value);
  else if (Array.isArray(values)) values[place] = String(value);
  else values[place] = Number(value);
};
