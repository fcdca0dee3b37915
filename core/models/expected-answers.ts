import type { Answer } from '../inference/answer';
import type { ExpectedAnswers } from './model-version';

/** Relative and absolute: what float32 and another order of sums may change. */
export const TOLERANCE = 1e-4;

/** An example is an example: more rows than this are not replayed and not kept. */
export const MAX_EXAMPLE_ROWS = 100;

const MAX_FAULTS = 5;

/**
 * Holds an answer against what was expected, in words for a person; empty when it is as expected.
 * Without expected predictions it must have one finite prediction per row.
 */
export const checkExpected = (
  { input, predictions, probabilities }: ExpectedAnswers,
  answer: Answer,
): readonly string[] => {
  const rows = input.data.length;
  const faults = [
    ...shapeFaults(rows, answer),
    ...(predictions ? predictionFaults(predictions, answer) : finiteFaults(rows, answer)),
    ...(probabilities ? probabilityFaults(probabilities, answer) : []),
  ];
  return faults.length > MAX_FAULTS
    ? [...faults.slice(0, MAX_FAULTS), `and ${faults.length - MAX_FAULTS} more`]
    : faults;
};

/** The first answers of a model that came without, as what its later loads must reproduce. */
export const recordAnswers = (expected: ExpectedAnswers, answer: Answer): ExpectedAnswers => ({
  input: expected.input,
  predictions: expected.input.data.map((_, row) => predictionOf(answer, row)),
  probabilities:
    answer.probabilities && expected.input.data.map((_, row) => probabilitiesOf(answer, row)),
  origin: 'recorded',
});

const shapeFaults = (rows: number, { predictions, width, probabilities }: Answer): string[] => {
  const classes = probabilities?.classes.length ?? 0;
  return [
    ...(predictions.length === rows * width
      ? []
      : [`${predictions.length} predictions for ${rows} rows of ${width}`]),
    ...(probabilities && probabilities.values.length !== rows * classes
      ? [`${probabilities.values.length} probabilities for ${rows} rows of ${classes}`]
      : []),
  ];
};

const finiteFaults = (rows: number, answer: Answer): string[] =>
  Array.from({ length: rows }, (_, row) => row)
    .filter((row) =>
      [...cellsOf(answer, row), ...Object.values(probabilitiesOf(answer, row))].some(
        (cell) => cell === null || (typeof cell === 'number' && !Number.isFinite(cell)),
      ),
    )
    .map((row) => `row ${row}: the answer is not a finite number`);

const predictionFaults = (expected: readonly unknown[], answer: Answer): string[] => {
  const rows = answer.predictions.length / answer.width;
  if (expected.length !== rows) return [`${rows} predictions, expected ${expected.length}`];
  return expected.flatMap((wanted, row) => {
    const got = cellsOf(answer, row);
    const cells = answer.width === 1 && !Array.isArray(wanted) ? [wanted] : wanted;
    const same =
      Array.isArray(cells) &&
      cells.length === got.length &&
      cells.every((cell, place) => agree(cell, got[place]));
    return same
      ? []
      : [`row ${row}: predicted ${text(predictionOf(answer, row))}, expected ${text(wanted)}`];
  });
};

const probabilityFaults = (
  expected: NonNullable<ExpectedAnswers['probabilities']>,
  answer: Answer,
): string[] => {
  if (!answer.probabilities) return ['the model gives no probabilities, but some are expected'];
  const rows = answer.predictions.length / answer.width;
  if (expected.length !== rows)
    return [`probabilities of ${rows} rows, expected ${expected.length}`];
  return expected.flatMap((wanted, row) => {
    const got = new Map(Object.entries(probabilitiesOf(answer, row)));
    return [...new Set([...Object.keys(wanted), ...got.keys()])]
      .filter((name) => !agree(Object.hasOwn(wanted, name) ? wanted[name] : null, got.get(name)))
      .map(
        (name) =>
          `row ${row}: probability of ${name} is ${text(got.get(name))}, expected ${text(wanted[name])}`,
      );
  });
};

const agree = (wanted: unknown, got: unknown): boolean => {
  if (typeof wanted !== 'number' || typeof got !== 'number') return wanted === got;
  // Infinity agrees with itself only, since its tolerance would be infinite too.
  if (!(Number.isFinite(wanted) && Number.isFinite(got))) return Object.is(wanted, got);
  return Math.abs(wanted - got) <= TOLERANCE + TOLERANCE * Math.abs(wanted);
};

/** As JSON has it: NaN and infinities are null, whole numbers are numbers. */
const cellsOf = ({ predictions, width }: Answer, row: number): unknown[] =>
  Array.from({ length: width }, (_, place) => {
    const cell = predictions[row * width + place] ?? null;
    if (typeof cell === 'bigint') return Number(cell);
    return typeof cell === 'number' && !Number.isFinite(cell) ? null : cell;
  });

const predictionOf = (answer: Answer, row: number): unknown =>
  answer.width === 1 ? cellsOf(answer, row)[0] : cellsOf(answer, row);

const probabilitiesOf = ({ probabilities }: Answer, row: number): Record<string, number> => {
  if (!probabilities) return {};
  const { classes, values } = probabilities;
  return Object.fromEntries(
    classes.map((name, place) => [name, values[row * classes.length + place] ?? Number.NaN]),
  );
};

const text = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
