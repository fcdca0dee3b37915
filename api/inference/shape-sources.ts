import type { CompiledInput } from './compiled-input';
import type { FaultList } from './fault-list';
import type { RowSource } from './fill-table';

/** MLflow's JSON shapes. */
export type Shape = 'dataframe_split' | 'dataframe_records' | 'instances' | 'inputs';

/** How rows are read; what is wrong with them is added to `faults`. */
export interface SourceOptions {
  readonly positional: boolean;
  readonly maxRows: number;
  readonly faults: FaultList;
}

/** Rows of one of MLflow's shapes; null when there is nothing to read cells from. */
export const shapeSource = (
  shape: Shape,
  value: unknown,
  input: CompiledInput,
  options: SourceOptions,
): RowSource | null => {
  const { faults } = options;
  if (shape === 'dataframe_split') return splitSource(value, input, faults);
  if (Array.isArray(value)) {
    if (value.length === 0) return wrong(faults, 'empty', `${shape} has no rows`);
    if (value.every(isRecord)) return recordSource(value, input);
    if (shape === 'dataframe_records') {
      return wrong(faults, 'type', 'dataframe_records must be a list of objects');
    }
    return positionSource(shape, value, input, options);
  }
  if (isRecord(value) && shape !== 'dataframe_records') return columnSource(value, input, faults);
  const expected =
    shape === 'dataframe_records' ? 'a list of objects' : 'a list, or an object of columns';
  return wrong(faults, 'type', `${shape} must be ${expected}`);
};

type Rec = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Rec =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const wrong = (faults: FaultList, code: string, message: string): null => {
  faults.add(-1, -1, null, code, message);
  return null;
};

const splitSource = (
  value: unknown,
  { columns, positionOf }: CompiledInput,
  faults: FaultList,
): RowSource | null => {
  if (!isRecord(value)) return wrong(faults, 'type', 'dataframe_split must be an object');
  const { columns: names, data } = value;
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) {
    return wrong(faults, 'type', 'dataframe_split.columns must be a list of names');
  }
  if (!Array.isArray(data))
    return wrong(faults, 'type', 'dataframe_split.data must be a list of rows');
  const placeOf = headerPlaces(names, positionOf, columns.length, faults);
  if (data.length === 0) return wrong(faults, 'empty', 'dataframe_split.data has no rows');
  data.forEach((row, index) => {
    if (!Array.isArray(row)) faults.add(index, -1, null, 'type', 'a row must be a list of cells');
    else if (row.length !== names.length) {
      faults.add(index, -1, null, 'ragged', `${row.length} cells under ${names.length} columns`);
    }
  });
  if (faults.count > 0) return null;
  return {
    rows: data.length,
    present: placeOf.map((place) => place >= 0),
    cell: (row, column) => data[row][placeOf[column] ?? -1],
  };
};

/** Where each column of the signature stands in a header, -1 for one that is not there. */
export const headerPlaces = (
  names: readonly string[],
  positionOf: ReadonlyMap<string, number>,
  width: number,
  faults: FaultList,
): number[] => {
  const placeOf = new Array<number>(width).fill(-1);
  const seen = new Set<string>();
  names.forEach((name, place) => {
    const position = positionOf.get(name);
    if (seen.has(name)) {
      // A column the model does not know is not named: what a caller sent is never repeated.
      const known = position === undefined ? null : name;
      faults.add(-1, position ?? -1, known, 'duplicate', 'this column is given twice');
    }
    seen.add(name);
    if (position !== undefined) placeOf[position] = place;
  });
  return placeOf;
};

const recordSource = (records: readonly Rec[], { columns }: CompiledInput): RowSource => ({
  rows: records.length,
  present: columns.map(({ name }) => records.some((record) => Object.hasOwn(record, name))),
  cell: (row, column) => {
    const record = records[row];
    const name = columns[column]?.name ?? '';
    return record && Object.hasOwn(record, name) ? record[name] : undefined;
  },
});

const columnSource = (
  value: Rec,
  { columns }: CompiledInput,
  faults: FaultList,
): RowSource | null => {
  const lists = columns.map(({ name }) => (Object.hasOwn(value, name) ? value[name] : null));
  const rows = lists.reduce<number>(
    (most, list) => (Array.isArray(list) ? Math.max(most, list.length) : most),
    0,
  );
  columns.forEach(({ name }, position) => {
    if (!Object.hasOwn(value, name)) return;
    const list = value[name];
    if (!Array.isArray(list)) faults.add(-1, position, name, 'type', 'expected a list of cells');
    else if (list.length !== rows)
      faults.add(-1, position, name, 'ragged', 'columns differ in length');
  });
  if (faults.count > 0) return null;
  if (rows === 0) return wrong(faults, 'empty', 'there are no rows');
  const cells = columns.map(({ name }) =>
    Object.hasOwn(value, name) ? (value[name] as unknown[]) : null,
  );
  return {
    rows,
    present: cells.map((list) => list !== null),
    cell: (row, column) => cells[column]?.[row],
  };
};

const positionSource = (
  shape: Shape,
  rows: readonly unknown[],
  { columns }: CompiledInput,
  { positional, faults }: SourceOptions,
): RowSource | null => {
  if (!positional) {
    const names = 'this model takes columns by name';
    return wrong(
      faults,
      'type',
      `${names}: ${shape} must be a list of objects or an object of columns`,
    );
  }
  const width = columns.length;
  const scalars = width === 1 && rows.every((row) => !Array.isArray(row));
  rows.forEach((row, index) => {
    if (scalars) return;
    if (!Array.isArray(row)) faults.add(index, -1, null, 'type', 'a row must be a list of cells');
    else if (row.length !== width)
      faults.add(index, -1, null, 'ragged', `${row.length} cells, not ${width}`);
  });
  if (faults.count > 0) return null;
  return {
    rows: rows.length,
    present: columns.map(() => true),
    cell: (row, column) => (scalars ? rows[row] : (rows as unknown[][])[row]?.[column]),
  };
};
