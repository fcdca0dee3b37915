import { Writer } from 'protobufjs/minimal';
import { protoFields, protoText } from './onnx-fields';
import type { OnnxGraph } from './onnx-graph';
import type { GraphNode } from './onnx-node';

export const isZipMap = ({ op, domain }: Pick<GraphNode, 'op' | 'domain'>): boolean =>
  op === 'ZipMap' && domain === 'ai.onnx.ml';

/**
 * A model whose ZipMap outputs are the tensors that went into them, under the same names: skl2onnx
 * makes a list of dictionaries of them by default, which onnxruntime's Node binding cannot read.
 * Answers null when there is nothing to change. Weights and all else are copied as they are.
 */
export const withoutZipMap = (model: Uint8Array, graph: OnnxGraph): Uint8Array | null => {
  const zipMaps = graph.nodes.filter(isZipMap);
  if (zipMaps.length === 0) return null;
  const zipped = new Set(zipMaps.flatMap(({ outputs }) => outputs));
  const writer = Writer.create();
  for (const { number, from, to } of protoFields(model)) {
    if (number !== 7) writer.raw(model.subarray(from, to));
  }
  writer.uint32((7 << 3) | 2).bytes(rewritten(graph, zipMaps, zipped));
  return writer.finish();
};

const rewritten = (
  { bytes: graph }: OnnxGraph,
  zipMaps: readonly GraphNode[],
  zipped: ReadonlySet<string>,
): Uint8Array => {
  const byPlace = new Map(zipMaps.map((node) => [node.from, node]));
  const writer = Writer.create();
  for (const { number, bytes, from, to } of protoFields(graph)) {
    const node = number === 1 ? byPlace.get(from) : undefined;
    const name = number === 12 && bytes ? nameOf(bytes) : '';
    if (node) writer.uint32((1 << 3) | 2).bytes(identity(node));
    else if (zipped.has(name)) writer.uint32((12 << 3) | 2).bytes(floatTensor(name));
    else writer.raw(graph.subarray(from, to));
  }
  return writer.finish();
};

const nameOf = (value: Uint8Array): string =>
  protoText([...protoFields(value)].find(({ number }) => number === 1)?.bytes ?? null);

/** `NodeProto`: the name stays, so that nothing else in the graph has to change. */
const identity = ({ inputs, outputs }: GraphNode): Uint8Array =>
  Writer.create()
    .uint32((1 << 3) | 2)
    .string(inputs[0] ?? '')
    .uint32((2 << 3) | 2)
    .string(outputs[0] ?? '')
    .uint32((4 << 3) | 2)
    .string('Identity')
    .finish();

/** `ValueInfoProto` of a tensor of float32 whose shape onnxruntime infers. */
const floatTensor = (name: string): Uint8Array => {
  const element = Writer.create()
    .uint32(1 << 3)
    .int32(1)
    .finish();
  const type = Writer.create()
    .uint32((1 << 3) | 2)
    .bytes(element)
    .finish();
  return Writer.create()
    .uint32((1 << 3) | 2)
    .string(name)
    .uint32((2 << 3) | 2)
    .bytes(type)
    .finish();
};
