import type { Answer } from '../inference/answer';
import { cellsOf, firstRows, predictionOf, probabilitiesOf } from './answer-rows';
import type { ExpectedAnswers } from './model-version';

/** Relative and absolute: what float32 and another order of sums may change. */
export const TOLERANCE = 1e-4;

/** An example is an example: more rows than this are not replayed and not kept. */
export const MAX_EXAMPLE_ROWS = 100;

const MAX_FAULTS = 5;
/** A fault stands in statuses, events and records. */
const MAX_TEXT = 200;
/** Of longer answers their beginnings tell nobody where they differ. */
const MAX_SHOWN_CELLS = 10;

/**
 * Holds an answer against what was expected, in words for a person; empty when it is as expected.
 * Rows without an expected prediction must have a finite one: all where none are known, the last ones
 * where what was recorded of them was more than can be kept.
 */
export const checkExpected = (
  { input, predictions, probabilities, origin }: ExpectedAnswers,
  answer: Answer,
): readonly string[] => {
  const rows = input.data.length;
  const known = origin === 'recorded' && predictions ? predictions.length : rows;
  const compared = known < rows ? firstRows(answer, known) : answer;
  const faults = [
    ...shapeFaults(rows, answer),
    ...(predictions ? predictionFaults(predictions, compared) : []),
    ...finiteFaults(predictions ? known : 0, rows, answer),
    ...(probabilities ? probabilityFaults(probabilities, compared) : []),
  ];
  return faults.length > MAX_FAULTS
    ? [...faults.slice(0, MAX_FAULTS), `and ${faults.length - MAX_FAULTS} more`]
    : faults;
};

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

const finiteFaults = (from: number, rows: number, answer: Answer): string[] =>
  Array.from({ length: rows - from }, (_, place) => from + place)
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
    const differs = (what: string, cell: unknown, instead: unknown): string[] => [
      `row ${row}${what}: predicted ${text(cell)}, expected ${text(instead)}`,
    ];
    if (!Array.isArray(cells) || cells.length !== got.length) {
      return differs('', predictionOf(answer, row), wanted);
    }
    const place = cells.findIndex((cell, at) => !agree(cell, got[at]));
    if (place < 0) return [];
    return got.length > MAX_SHOWN_CELLS
      ? differs(`, output ${place}`, got[place], cells[place])
      : differs('', predictionOf(answer, row), wanted);
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
          `row ${row}: probability of ${cut(name)} is ${text(got.get(name))}, expected ${text(wanted[name])}`,
      );
  });
};

const agree = (wanted: unknown, got: unknown): boolean => {
  if (typeof wanted !== 'number' || typeof got !== 'number') return wanted === got;
  // Infinity agrees with itself only, since its tolerance would be infinite too.
  if (!(Number.isFinite(wanted) && Number.isFinite(got))) return Object.is(wanted, got);
  return Math.abs(wanted - got) <= TOLERANCE + TOLERANCE * Math.abs(wanted);
};

const cut = (words: string): string =>
  words.length > MAX_TEXT ? `${words.slice(0, MAX_TEXT).replace(/[\uD800-\uDBFF]$/, '')}…` : words;

const text = (value: unknown): string =>
  value === undefined ? 'nothing' : cut(JSON.stringify(value));
