import type { OnnxGraph } from './onnx-graph';
import type { GraphNode } from './onnx-node';

// They hand on what they get: probabilities keep their order, a label stays the same label.
const TRANSPARENT = new Set(['Identity', 'Cast', 'Normalizer', 'Reshape', 'Squeeze', 'Unsqueeze']);
const TRANSPARENT_SCORES = new Set([...TRANSPARENT, 'Softmax', 'Sigmoid', 'ZipMap']);
const PICKS = new Set(['ArrayFeatureExtractor', 'Gather']);

/**
 * Class names in the order of a classifier's probabilities, or null when the graph does not name
 * them. Only a classifier (or ZipMap) that makes this very output is asked: those inside an ensemble
 * count their classes from 0.
 */
export const classNames = (
  graph: OnnxGraph,
  label: string,
  probabilities: string,
): readonly string[] | null => {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  return (
    labelsOn(makers, probabilities, TRANSPARENT_SCORES) ??
    labelsOn(makers, label, TRANSPARENT) ??
    pickedFrom(graph, makers, label)
  );
};

type Makers = ReadonlyMap<string, GraphNode>;

const labelsOn = (
  makers: Makers,
  output: string,
  transparent: ReadonlySet<string>,
): readonly string[] | null => {
  const node = origin(makers, output, (found) => !found.labels && transparent.has(found.op));
  return node?.labels ?? null;
};

/** Many models look their label up: `classes[argmax]`, with the classes as a constant. */
const pickedFrom = (
  { names }: OnnxGraph,
  makers: Makers,
  label: string,
): readonly string[] | null => {
  const node = origin(makers, label, ({ op }) => TRANSPARENT.has(op));
  return node && PICKS.has(node.op) ? (names.get(node.inputs[0] ?? '') ?? null) : null;
};

/** The first node up the stream that is not passed through. */
const origin = (
  makers: Makers,
  output: string,
  passes: (node: GraphNode) => boolean,
): GraphNode | undefined => {
  let node = makers.get(output);
  // A graph has no cycle, but a broken file may.
  for (let steps = 0; node && passes(node) && steps < 100; steps++) {
    node = makers.get(node.inputs[0] ?? '');
  }
  return node;
};
