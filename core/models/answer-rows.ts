import type { Answer } from '../inference/answer';

/** One row's cells as JSON has them: NaN and infinities are null, whole numbers are numbers. */
export const cellsOf = ({ predictions, width }: Answer, row: number): unknown[] =>
  Array.from({ length: width }, (_, place) => {
    const cell = predictions[row * width + place] ?? null;
    if (typeof cell === 'bigint') return Number(cell);
    return typeof cell === 'number' && !Number.isFinite(cell) ? null : cell;
  });

/** One row's prediction, as callers see it. */
export const predictionOf = (answer: Answer, row: number): unknown =>
  answer.width === 1 ? cellsOf(answer, row)[0] : cellsOf(answer, row);

/** One row's probabilities by class; none where the model gives none. */
export const probabilitiesOf = ({ probabilities }: Answer, row: number): Record<string, number> => {
  if (!probabilities) return {};
  const { classes, values } = probabilities;
  return Object.fromEntries(
    classes.map((name, place) => [name, values[row * classes.length + place] ?? Number.NaN]),
  );
};

/** An answer to the first rows alone. */
export const firstRows = (answer: Answer, count: number): Answer => {
  const { predictions, width, probabilities } = answer;
  return {
    ...answer,
    predictions: Array.from(predictions).slice(0, count * width),
    probabilities: probabilities && {
      classes: probabilities.classes,
      values: Array.from(probabilities.values).slice(0, count * probabilities.classes.length),
    },
  };
};
