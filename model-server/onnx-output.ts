import type { OutputSignature } from '../core/models/signature';
import { answerType } from './column-types';
import { classNames } from './onnx-classes';
import type { GraphValue, OnnxGraph } from './onnx-graph';
import { THROUGH_MLFLOW, unservable } from './unservable';

/** Which of a graph's outputs are answered. `width` is null until the model was run once. */
export interface GraphOutputs {
  readonly predictions: string;
  readonly type: OutputSignature['type'];
  readonly width: number | null;
  readonly probabilities: {
    readonly name: string;
    readonly width: number | null;
    /** From the graph; null when it does not name its classes. */
    readonly classes: readonly string[] | null;
  } | null;
}

/**
 * The first output is the prediction. A second one of floats is probabilities when the model is a
 * classifier: its classes are known, or its prediction is a label rather than a measure.
 * @throws `bad-request` for outputs that are no rows of a table
 */
export const graphOutputs = (graph: OnnxGraph, packageClasses: boolean): GraphOutputs => {
  const [first, second] = graph.outputs;
  if (!first) throw unservable('the graph gives no output', 'export it with its outputs');
  const odd = graph.outputs.find(({ element }) => element === null);
  if (odd) {
    throw unservable(
      `output ${odd.name} is a sequence or map`,
      `export it as tensors (skl2onnx: options={"zipmap": False}), or ${THROUGH_MLFLOW}`,
    );
  }
  const type = answerType(first.element);
  if (!type) {
    throw unservable(`output ${first.name} is ${first.element}`, 'cast it to float32 or int64');
  }
  const outputs = { predictions: first.name, type, width: widthOf(first), probabilities: null };
  if (!second || !isScores(second)) return outputs;
  const classes = classNames(graph, first.name, second.name);
  if (!classes && !packageClasses && type === 'double') return outputs;
  const width = widthOf(second);
  // A binary classifier may give the scores of one class only: those are not the probabilities of all.
  if (width !== null && classes && width !== classes.length) return outputs;
  return { ...outputs, probabilities: { name: second.name, width, classes } };
};

const isScores = ({ element, dims }: GraphValue): boolean =>
  (element === 'float32' || element === 'float64') && (dims === null || dims.length === 2);

const widthOf = ({ name, dims }: GraphValue): number | null => {
  if (dims === null) return null;
  if (dims.length === 1) return 1;
  if (dims.length === 2) return dims[1] ?? null;
  throw unservable(
    `output ${name} has ${dims.length} dimensions`,
    `an answer is [n], [n,1] or [n,k]; ${THROUGH_MLFLOW}`,
  );
};
