import type { GraphValue, OnnxGraph } from './onnx-graph';
import { graphOutputs } from './onnx-output';

/** A graph of one node, which makes all its outputs. */
const graph = (labels: readonly string[] | null, ...outputs: GraphValue[]): OnnxGraph => ({
  bytes: new Uint8Array(),
  inputs: [],
  outputs,
  nodes: [
    {
      domain: 'ai.onnx.ml',
      op: 'LinearClassifier',
      inputs: ['x'],
      outputs: outputs.map(({ name }) => name),
      labels,
      from: 0,
      to: 0,
    },
  ],
  external: [],
  names: new Map(),
  functions: new Set(),
});
const label: GraphValue = { name: 'label', element: 'int64', dims: [null] };
const measure: GraphValue = { name: 'value', element: 'float32', dims: [null, 1] };
const scores = (width: number | null): GraphValue => ({
  name: 'scores',
  element: 'float32',
  dims: [null, width],
});

describe('the outputs of a graph', () => {
  it('are a prediction and the probabilities of its classes', () => {
    expect(graphOutputs(graph(['no', 'yes'], label, scores(2)), false)).toEqual({
      predictions: 'label',
      type: 'long',
      width: 1,
      probabilities: { name: 'scores', width: 2, classes: ['no', 'yes'] },
    });
  });

  it('are a prediction alone where one class has a score and two have names', () => {
    expect(graphOutputs(graph(['no', 'yes'], label, scores(1)), false).probabilities).toBeNull();
  });

  it('are a prediction alone where a measure comes with other numbers, unless classes have names', () => {
    const two = graph(null, measure, scores(2));
    expect(graphOutputs(two, false).probabilities).toBeNull();
    expect(graphOutputs(two, true).probabilities).toMatchObject({ classes: null, width: 2 });
  });

  it('count the classes of a label that the graph does not name', () => {
    expect(graphOutputs(graph(null, label, scores(3)), false).probabilities).toEqual({
      name: 'scores',
      width: 3,
      classes: null,
    });
  });
});
