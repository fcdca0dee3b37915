import type { ExpectedAnswers } from '../core/models/model-version';
import type { ColumnType, Signature } from '../core/models/signature';
import { onnxFeeds } from './onnx-feeds';
import type { GraphValue } from './onnx-graph';
import type { OnnxSession } from './onnx-session';
import type { WidthOf } from './output-signature';
import { tableOf } from './table-of';
import { reasonOf, THROUGH_MLFLOW, unservable } from './unservable';

/**
 * Runs a model on two rows, for outputs whose width the graph leaves open.
 * @throws `bad-request` when it fails, or does not answer row by row
 */
export const probe =
  (
    session: OnnxSession,
    graph: readonly GraphValue[],
    signature: Pick<Signature, 'inputs' | 'storage' | 'matrix' | 'positional'>,
    example: ExpectedAnswers['input'] | undefined,
  ): WidthOf =>
  (output) => {
    const full: Signature = { ...signature, output: { type: 'double', width: 1, classes: null } };
    const row = example?.data[0] ?? signature.inputs.map(({ type }) => NEUTRAL[type]);
    const columns = example?.columns ?? signature.inputs.map(({ name }) => name);
    const { feeds, fill } = onnxFeeds(graph, full);
    fill(tableOf(full, columns, [row, row]));
    const [rows, width = 1, ...deeper] = shapeOf(session, feeds, output);
    if (rows === 2 && deeper.length === 0) return width;
    throw unservable(
      `output ${output} does not answer row by row`,
      `export a model whose outputs are [n], [n,1] or [n,k], or ${THROUGH_MLFLOW}`,
    );
  };

const shapeOf = (
  session: OnnxSession,
  feeds: Parameters<OnnxSession['run']>[0],
  output: string,
): readonly number[] => {
  try {
    return session.run(feeds, { [output]: null }, {})[output]?.dims ?? [];
  } catch (error) {
    throw unservable(
      `the model fails on two rows (${reasonOf(error)})`,
      'log it with an input example that it can answer',
    );
  }
};

const NEUTRAL: Readonly<Record<ColumnType, unknown>> = {
  double: 0,
  float: 0,
  integer: 0,
  long: 0,
  string: '',
  boolean: false,
  datetime: '1970-01-01T00:00:00Z',
};
