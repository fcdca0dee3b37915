import type { ColumnType, InputColumn, Signature, Storage } from '../core/models/signature';
import { columnTypeOfStorage, fits, isStorage } from './column-types';
import type { GraphValue } from './onnx-graph';
import { THROUGH_MLFLOW, unservable } from './unservable';

type Inputs = Pick<Signature, 'inputs' | 'positional' | 'storage' | 'matrix'>;

/** What an MLflow signature asks for, before the graph is looked at; null is for it to say. */
export type WantedInputs =
  | { readonly kind: 'columns'; readonly columns: readonly InputColumn[] }
  | { readonly kind: 'matrix'; readonly type: ColumnType | null; readonly width: number | null };

const AS_THE_GRAPH: WantedInputs = { kind: 'matrix', type: null, width: null };

/** A graph's input as a table sees it. Where the graph does not tell its shape, `dims` is null. */
interface Input {
  readonly name: string;
  readonly storage: Storage;
  readonly dims: readonly (number | null)[] | null;
}

const isColumn = ({ dims }: Input): boolean =>
  dims !== null && (dims.length === 1 || dims[1] === 1);

/**
 * How a table's columns go into a graph: one matrix, or one input per column.
 * @throws `bad-request` for shapes that are no table, and for a signature that does not fit the graph
 */
export const bindInputs = (
  graph: readonly GraphValue[],
  wanted: WantedInputs = AS_THE_GRAPH,
): Inputs => {
  const inputs = graph.map(tabular);
  const [first] = inputs;
  if (!first) throw unservable('the graph takes no input', 'export it with its inputs');
  if (inputs.length === 1 && !isColumn(first)) return matrix(first, wanted);
  const wide = inputs.find((input) => input.dims !== null && !isColumn(input));
  if (wide) {
    throw unservable(
      `the graph takes a matrix, ${wide.name}, beside other inputs`,
      `export it with one matrix or one [n,1] input per column, or ${THROUGH_MLFLOW}`,
    );
  }
  if (wanted.kind === 'columns') return named(wanted.columns, inputs);
  const columns = inputs.map(({ name, storage }) => ({
    name,
    type: wanted.type ?? columnTypeOfStorage(storage),
    required: true,
  }));
  return named(columns, inputs);
};

const tabular = ({ name, element, dims }: GraphValue): Input => {
  if (!isStorage(element)) {
    throw unservable(
      `input ${name} is ${element ?? 'no tensor'}`,
      `export it with float32, float64, int32, int64, bool or string inputs, or ${THROUGH_MLFLOW}`,
    );
  }
  if (dims && (dims.length < 1 || dims.length > 2)) {
    throw unservable(
      `input ${name} has ${dims.length} dimensions`,
      `rows of a table are [n], [n,1] or [n,k]; ${THROUGH_MLFLOW}`,
    );
  }
  if (typeof dims?.[0] === 'number') {
    throw unservable(
      `input ${name} takes ${dims[0]} rows, neither more nor less`,
      'export it with a dynamic first dimension',
    );
  }
  return { name, storage: element, dims };
};

const matrix = ({ name, storage, dims }: Input, wanted: WantedInputs): Inputs => {
  const known = dims?.[1] ?? null;
  const asked = wanted.kind === 'columns' ? wanted.columns.length : wanted.width;
  const width = known ?? asked;
  if (width === null) {
    throw unservable(
      `input ${name} does not say how many columns it has`,
      'log it with a signature (mlflow.models.infer_signature)',
    );
  }
  if (asked !== null && asked !== width) {
    throw unservable(
      `the signature has ${asked} columns, the graph takes ${width}`,
      'log it with the signature of the data it was trained on',
    );
  }
  const inputs =
    wanted.kind === 'columns'
      ? wanted.columns
      : places(name, wanted.type ?? columnTypeOfStorage(storage), width);
  for (const column of inputs) assertFits(column, storage);
  return {
    inputs,
    positional: wanted.kind === 'matrix',
    matrix: true,
    storage: inputs.map(() => storage),
  };
};

/** The columns of a matrix that has no names for them. */
export const places = (input: string, type: ColumnType, width: number): InputColumn[] =>
  Array.from({ length: width }, (_, place) => ({
    name: `${input}_${place}`,
    type,
    required: true,
  }));

const named = (columns: readonly InputColumn[], inputs: readonly Input[]): Inputs => {
  const stored = new Map(inputs.map(({ name, storage }) => [name, storage]));
  const [only] = inputs;
  // One column and one input belong together, whatever they are called.
  const alone = inputs.length === 1 && columns.length === 1 ? only?.storage : undefined;
  const storage = columns.flatMap(({ name }) => stored.get(name) ?? alone ?? []);
  if (storage.length !== columns.length || columns.length !== inputs.length) {
    throw unservable(
      `the signature's columns (${list(columns)}) are not the graph's inputs (${list(inputs)})`,
      'export it with the names of the data it was trained on',
    );
  }
  columns.forEach((column, place) => {
    assertFits(column, storage[place]);
  });
  return { inputs: columns, positional: false, matrix: false, storage };
};

const assertFits = ({ name, type }: InputColumn, storage: Storage | undefined): void => {
  if (storage !== undefined && fits(type, storage)) return;
  throw unservable(
    `column ${name} is ${type} in the signature, but the graph takes ${storage}`,
    `export the graph with an input of that type and the preprocessing it needs, or ${THROUGH_MLFLOW}`,
  );
};

const list = (named: readonly { readonly name: string }[]): string => {
  const names = named.slice(0, 8).map(({ name }) => name);
  return [...names, ...(named.length > 8 ? ['…'] : [])].join(', ');
};
