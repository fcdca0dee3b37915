import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_EXAMPLE_ROWS } from '../core/models/expected-answers';
import type { ExpectedAnswers } from '../core/models/model-version';
import type { InputColumn } from '../core/models/signature';
import { isInside } from './inside';
import { isObject } from './json-value';
import { reasonOf, unservable } from './unservable';

type Rows = ExpectedAnswers['input'];

const MAX_BYTES = 4_000_000;
// A record must fit into one DynamoDB item, signature and all.
const MAX_KEPT_CHARACTERS = 100_000;

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
  const input = kept(rows);
  const count = input.data.length;
  const whole = answers.predictions.length === rows.data.length;
  return {
    input,
    predictions: whole ? answers.predictions.slice(0, count) : answers.predictions,
    probabilities: probabilitiesOf(answers.probabilities)?.slice(0, count) ?? null,
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

const kept = ({ columns, data }: Rows): Rows => {
  let rows = data.slice(0, MAX_EXAMPLE_ROWS);
  while (rows.length > 1 && JSON.stringify(rows).length > MAX_KEPT_CHARACTERS) {
    rows = rows.slice(0, Math.floor(rows.length / 2));
  }
  return { columns, data: rows };
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
