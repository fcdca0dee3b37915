import type { CellArray, Cells, Table } from '../../core/inference/table';
import type { Storage } from '../../core/models/signature';
import type { CompiledInput } from './compiled-input';
import type { FaultList } from './fault-list';
import { writeCell } from './write-cell';

/** Rows in any of the request formats, seen by the signature's columns. */
export interface RowSource {
  readonly rows: number;
  /** Per column of the signature: whether the request has it. */
  readonly present: readonly boolean[];
  /** A cell of a present column; undefined when this row lacks it. */
  readonly cell: (row: number, column: number) => unknown;
}

const allocate = (storage: Storage, length: number): CellArray => {
  switch (storage) {
    case 'float32':
      return new Float32Array(length);
    case 'float64':
      return new Float64Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'int64':
      return new BigInt64Array(length);
    case 'bool':
      return new Uint8Array(length);
    case 'string':
      return new Array<string>(length).fill('');
  }
};

const cellsOf = ({ signature }: CompiledInput, rows: number): Cells[] => {
  const { matrix, storage } = signature;
  const [first] = storage;
  if (matrix && first) {
    const values = allocate(first, rows * storage.length);
    return storage.map((_, offset) => ({ values, offset, stride: storage.length }));
  }
  return storage.map((one) => ({ values: allocate(one, rows), offset: 0, stride: 1 }));
};

/** Checks every cell against the signature and lays it out for the model; adds what is wrong to `faults`. */
export const fillTable = (input: CompiledInput, source: RowSource, faults: FaultList): Table => {
  const cells = cellsOf(input, source.rows);
  for (let position = 0; position < input.columns.length; position += 1) {
    const column = input.columns[position];
    const storage = input.signature.storage[position];
    const target = cells[position];
    if (!column || !storage || !target) continue;
    const present = source.present[position] === true;
    if (!present && !mayBeAbsent(column.type, column.required)) {
      const why = column.required ? 'this column is required' : `no null for ${column.type}`;
      faults.add(-1, position, column.name, 'missing', why);
      continue;
    }
    for (let row = 0; row < source.rows; row += 1) {
      const value = present ? source.cell(row, position) : null;
      const fault = writeCell(target, row, value, column, storage);
      if (fault) faults.add(row, position, column.name, fault.code, fault.message);
    }
  }
  return { rows: source.rows, cells };
};

// An absent number is NaN and an absent text is "" to the model; the other types have no such value.
const mayBeAbsent = (type: string, required: boolean): boolean =>
  !required && (type === 'double' || type === 'float' || type === 'string');
