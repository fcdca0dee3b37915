import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_EXAMPLE_ROWS } from '../core/models/expected-answers';
import { rowsThatFit } from '../core/models/kept-size';
import type { ExpectedAnswers } from '../core/models/model-version';
import type { InputColumn } from '../core/models/signature';
import { isInside } from './inside';
import { isObject } from './json-value';
import { reasonOf, unservable } from './unservable';

type Rows = ExpectedAnswers['input'];

const MAX_BYTES = 4_000_000;

/**
 * The input example of a package and the answers that came with it; null when it has none.
 * @throws `bad-request` when a file is there but is not what it should be
 */
export const readExample = (
  folder: string,
  path: string,
  inputs: readonly InputColumn[],
): ExpectedAnswers | null => {
  const example = readJson(folder, path);
  const answers = readJson(folder, 'expected_output.json');
  const rows = example === undefined ? null : rowsOf(example, inputs);
  if (answers === undefined) {
    return (
      rows && { input: kept(rows), predictions: null, probabilities: null, origin: 'recorded' }
    );
  }
  if (!rows) {
    throw unservable(
      'expected_output.json has no input example beside it',
      'log the model with input_example=…',
    );
  }
  if (!isObject(answers) || !Array.isArray(answers.predictions)) {
    throw unservable(
      'expected_output.json holds no predictions',
      'write it as {"predictions": […], "probabilities": [{"class": 0.5, …}, …]}',
    );
  }
  const probabilities = probabilitiesOf(answers.probabilities);
  // Of other answers than one for each row the gate says so.
  const whole = answers.predictions.length === rows.data.length;
  const pairs = answers.predictions.map((one, row) => [one, probabilities?.[row]]);
  const input = kept(rows, whole ? Math.max(1, rowsThatFit(pairs)) : MAX_EXAMPLE_ROWS);
  const count = input.data.length;
  return {
    input,
    predictions: whole ? answers.predictions.slice(0, count) : answers.predictions,
    probabilities: probabilities?.slice(0, count) ?? null,
    origin: 'given',
  };
};

const readJson = (folder: string, path: string): unknown => {
  const file = join(folder, path);
  if (!isInside(path) || !existsSync(file)) return undefined;
  try {
    if (statSync(file).size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw unservable(
      `${path} cannot be read (${reasonOf(error, folder)})`,
      'write it as plain JSON',
    );
  }
};

/** As MLflow writes examples: a DataFrame in `split`, or an array, also as `inputs`. Others are no rows. */
const rowsOf = (example: unknown, inputs: readonly InputColumn[]): Rows | null => {
  const { columns, data, inputs: arrays } = isObject(example) ? example : { inputs: example };
  if (Array.isArray(columns) && isRows(data)) return { columns: columns.map(String), data };
  const names = inputs.map(({ name }) => name);
  if (isRows(arrays)) return { columns: names, data: arrays };
  // A column's worth of plain cells, for a model of one column.
  if (Array.isArray(arrays) && arrays.length > 0 && names.length === 1) {
    return { columns: names, data: arrays.map((cell: unknown) => [cell]) };
  }
  return null;
};

const isRows = (data: unknown): data is unknown[][] =>
  Array.isArray(data) && data.length > 0 && data.every((row) => Array.isArray(row));

/** The first rows; one at least, without which nothing can be replayed. */
const kept = ({ columns, data }: Rows, most = MAX_EXAMPLE_ROWS): Rows => {
  const rows = data.slice(0, Math.min(most, MAX_EXAMPLE_ROWS));
  return { columns, data: rows.slice(0, Math.max(1, rowsThatFit(rows))) };
};

const probabilitiesOf = (value: unknown): Readonly<Record<string, number>>[] | null => {
  if (value === undefined || value === null) return null;
  const rows = Array.isArray(value) && value.every(isNumbers) ? value : null;
  if (rows) return rows;
  throw unservable(
    'expected_output.json holds probabilities of another shape',
    'write them as [{"class": 0.5, …}, …], one per row',
  );
};

const isNumbers = (row: unknown): row is Readonly<Record<string, number>> =>
  isObject(row) && Object.values(row).every((cell) => typeof cell === 'number');
