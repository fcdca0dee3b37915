import type { Answer } from '../inference/answer';
import { predictionOf, probabilitiesOf } from './answer-rows';
import { rowsThatFit } from './kept-size';
import type { ExpectedAnswers } from './model-version';

/**
 * The first answers of a model that came without, as what its later loads must reproduce: of the
 * first rows only, where those of all are more than can be kept.
 */
export const recordAnswers = ({ input }: ExpectedAnswers, answer: Answer): ExpectedAnswers => {
  const predictions = input.data.map((_, row) => predictionOf(answer, row));
  const probabilities =
    answer.probabilities && input.data.map((_, row) => probabilitiesOf(answer, row));
  const count = rowsThatFit(predictions.map((one, row) => [one, probabilities?.[row]]));
  return {
    input,
    predictions: predictions.slice(0, count),
    probabilities: probabilities?.slice(0, count) ?? null,
    origin: 'recorded',
  };
};
