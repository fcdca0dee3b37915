import { checkExpected } from '../core/models/expected-answers';
import type { ExpectedAnswers } from '../core/models/model-version';
import { recordAnswers } from '../core/models/record-answers';
import type { Signature } from '../core/models/signature';
import type { OnnxModel } from './onnx-model';
import { tableOf } from './table-of';
import { reasonOf, unservable } from './unservable';

/**
 * Replays an example: a model must answer what was expected of it. Answers what later loads must
 * reproduce.
 * @throws `bad-request` with every answer that differs
 */
export const replay = (
  model: OnnxModel,
  signature: Signature,
  expected: ExpectedAnswers,
): ExpectedAnswers => {
  const answer = answered(model, tableOf(signature, expected.input.columns, expected.input.data));
  const faults = checkExpected(expected, answer);
  if (faults.length > 0) {
    throw unservable(
      `the model does not reproduce its expected answers (${faults.join('; ')})`,
      'export it again from the trained model, or correct what is expected',
    );
  }
  return expected.predictions ? expected : recordAnswers(expected, answer);
};

const answered = (model: OnnxModel, table: Parameters<OnnxModel['predict']>[0]) => {
  try {
    return model.predict(table);
  } catch (error) {
    throw unservable(
      `the model fails on its input example (${reasonOf(error)})`,
      'log it with an example of the data it was trained on',
    );
  }
};
