import type { OutputSignature } from '../models/signature';
import type { Answer } from './answer';

/** One output of the model: a value or list of values for each row. */
interface Output {
  readonly name: string;
  readonly rows: readonly unknown[];
}

type Value = number | string | boolean | null;

/**
 * Reads what a scoring process answered (`{"predictions": …}` with a list, a list of lists, a list
 * of objects or an object of outputs; or such a list alone) as the signature has it. Our own model
 * server puts `probabilities` beside the predictions.
 * @throws Error that says what does not fit, without the values
 */
export const answerOf = (
  text: string,
  output: OutputSignature,
  rows: number,
  modelMs: number,
): Answer => {
  const body = parse(text);
  const outputs = outputsOf(isObject(body) && 'predictions' in body ? body.predictions : body);
  const beside = isObject(body) ? probabilitiesBeside(body) : [];
  const uneven = [...outputs, ...beside].find((one) => one.rows.length !== rows);
  if (uneven) throw new Error(`it answered ${uneven.rows.length} rows for ${rows}`);
  const [first] = outputs;
  if (!first) throw new Error('it answered no output');

  const isSpread = outputs.length > 1 && outputs.length === output.width;
  const rowOf = (r: number): readonly unknown[] =>
    isSpread ? outputs.map((one) => one.rows[r]) : flat(first.rows[r]);
  const predictions: Value[] = [];
  for (let r = 0; r < rows; r += 1) {
    const row = rowOf(r);
    if (row.length !== output.width) {
      throw new Error(`it answered ${row.length} values a row, its signature has ${output.width}`);
    }
    for (const value of row) predictions.push(checked(value, output.type));
  }
  const probabilities = probabilitiesOf([...outputs.slice(1), ...beside], output.classes);
  return { predictions, width: output.width, probabilities, modelMs };
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const flat = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value];

/** Python writes NaN and infinities, which JSON has not: they are null, as everywhere here. */
const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    const strict = text.replaceAll(/"(?:[^"\\]|\\.)*"|\bNaN\b|-?\bInfinity\b/g, (token) =>
      token.startsWith('"') ? token : 'null',
    );
    try {
      return JSON.parse(strict);
    } catch {
      throw new Error('its answer is not JSON');
    }
  }
};

const outputsOf = (predictions: unknown): readonly Output[] => {
  if (Array.isArray(predictions)) {
    const rows: readonly unknown[] = predictions;
    if (!isObject(rows[0])) return [{ name: '', rows }];
    return Object.keys(rows[0]).map((name) => ({
      name,
      rows: rows.map((row) => (isObject(row) ? row[name] : undefined)),
    }));
  }
  if (!isObject(predictions)) throw new Error('its answer has no list of predictions');
  return Object.entries(predictions).map(([name, rows]) => {
    if (!Array.isArray(rows)) throw new Error('an output of its answer is not a list');
    return { name, rows };
  });
};

const probabilitiesBeside = ({
  probabilities,
}: Readonly<Record<string, unknown>>): readonly Output[] =>
  Array.isArray(probabilities) ? [{ name: 'probabilities', rows: probabilities }] : [];

const checked = (value: unknown, type: OutputSignature['type']): Value => {
  if (value === null) return null;
  if (type === 'string' && typeof value === 'string') return value;
  if (type === 'boolean' && typeof value === 'boolean') return value;
  if (type === 'double' && typeof value === 'number') return value;
  if (type === 'long' && typeof value === 'number' && Number.isInteger(value)) return value;
  throw new Error(`it answered ${typeof value} where its signature has ${type}`);
};

/** A list of one value per class, an object by class, or an output of its own for every class. */
const probabilitiesOf = (
  outputs: readonly Output[],
  classes: readonly string[] | null,
): Answer['probabilities'] => {
  if (!classes) return null;
  const named = classes.map((name) => outputs.find((output) => output.name === name));
  if (named.every((output) => output !== undefined)) {
    const rows = named[0]?.rows ?? [];
    const values = rows.flatMap((_, r) => named.map((output) => numberOf(output.rows[r])));
    return { classes, values };
  }
  const rowOf = (row: unknown): readonly unknown[] =>
    isObject(row) ? classes.map((name) => row[name]) : flat(row);
  const rowsPerOutput = outputs.map(({ rows }) => rows.map(rowOf));
  const found = rowsPerOutput.find((rows) => rows.every((row) => row.length === classes.length));
  if (!found) return null;
  return { classes, values: found.flatMap((row) => row.map(numberOf)) };
};

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);
