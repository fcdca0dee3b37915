import type { OutputSignature } from '../core/models/signature';
import type { GraphOutputs } from './onnx-output';
import { unservable } from './unservable';

/** How wide a row of a named output is. */
export type WidthOf = (output: string) => number;

/**
 * What a graph's outputs are to callers. Class names come from the graph, else from `beside` the
 * model, else they are counted from 0.
 * @throws `bad-request` when the names beside the model are not as many as its probabilities
 */
export const outputSignature = (
  { predictions, type, width, probabilities }: GraphOutputs,
  beside: readonly string[] | null,
  widthOf: WidthOf,
): OutputSignature => {
  const answered = { type, width: width ?? widthOf(predictions) };
  if (!probabilities) return { ...answered, classes: null };
  if (probabilities.classes) return { ...answered, classes: probabilities.classes };
  const count = probabilities.width ?? widthOf(probabilities.name);
  if (beside && beside.length !== count) {
    throw unservable(
      `the package names ${beside.length} classes, the model answers ${count} probabilities`,
      'name every class, in the order of the probabilities',
    );
  }
  return { ...answered, classes: beside ?? Array.from({ length: count }, (_, i) => String(i)) };
};
