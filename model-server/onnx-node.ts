import { type ProtoField, protoFields, protoInts, protoText } from './onnx-fields';
import { type ExternalData, readTensor } from './onnx-tensor';

export interface GraphNode {
  readonly domain: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** `classlabels_int64s` or `classlabels_strings`, as text. */
  readonly labels: readonly string[] | null;
  /** Where the node lies in the graph's bytes. */
  readonly from: number;
  readonly to: number;
}

const MAX_DEPTH = 16;
const SUBGRAPHS = new Set(['then_branch', 'else_branch', 'body']);

/** Reads a node; where weights lie that its constants and subgraphs need is added to `external`. */
export const readNode = (
  message: Uint8Array,
  { from, to }: Pick<ProtoField, 'from' | 'to'>,
  external: ExternalData[],
  depth = 0,
): GraphNode => {
  const inputs: string[] = [];
  const outputs: string[] = [];
  let op = '';
  let domain = '';
  let labels: readonly string[] | null = null;
  for (const { number, bytes } of protoFields(message)) {
    if (number === 1) inputs.push(protoText(bytes));
    if (number === 2) outputs.push(protoText(bytes));
    if (number === 4) op = protoText(bytes);
    if (number === 7) domain = protoText(bytes);
    if (number === 5 && bytes) labels = attribute(bytes, external, depth) ?? labels;
  }
  return { domain, op, inputs, outputs, labels, from, to };
};

/** Looks into the few attributes that matter; a forest's are far too many numbers to walk for nothing. */
const attribute = (
  message: Uint8Array,
  external: ExternalData[],
  depth: number,
): readonly string[] | null => {
  const name = nameOf(message);
  if (name === 'value') {
    for (const { number, bytes } of protoFields(message)) {
      const tensor = number === 5 && bytes ? readTensor(bytes) : null;
      if (tensor?.external) external.push(tensor.external);
    }
  }
  if (SUBGRAPHS.has(name)) {
    if (depth === MAX_DEPTH) throw new Error('graphs nest too deep');
    for (const { number, bytes } of protoFields(message)) {
      if (number === 6 && bytes) subgraph(bytes, external, depth + 1);
    }
  }
  if (name === 'classlabels_strings' || name === 'post_classlabels_strings') {
    const texts = [...protoFields(message)].filter(({ number }) => number === 9);
    return texts.length > 0 ? texts.map(({ bytes }) => protoText(bytes)) : null;
  }
  if (name === 'classlabels_int64s' || name === 'classlabels_ints') {
    const ints = [...protoFields(message)].filter(({ number }) => number === 8).flatMap(protoInts);
    return ints.length > 0 ? ints.map(String) : null;
  }
  return null;
};

const nameOf = (message: Uint8Array): string => {
  for (const { number, bytes } of protoFields(message)) if (number === 1) return protoText(bytes);
  return '';
};

const subgraph = (message: Uint8Array, external: ExternalData[], depth: number): void => {
  for (const field of protoFields(message)) {
    if (field.number === 1 && field.bytes) readNode(field.bytes, field, external, depth);
    const tensor = field.number === 5 && field.bytes ? readTensor(field.bytes) : null;
    if (tensor?.external) external.push(tensor.external);
  }
};
