import { type ProtoField, protoFields, protoText } from './onnx-fields';
import { type GraphNode, readNode } from './onnx-node';
import { type ExternalData, readTensor } from './onnx-tensor';

/** Element types of ONNX that are served, by number (onnx.proto, TensorProto.DataType). */
export const ELEMENT_TYPES: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
};

/** An input or output. `element` is null where it is no tensor: a sequence, a map. */
export interface GraphValue {
  readonly name: string;
  readonly element: string | null;
  /** Null for a size the caller chooses; the whole is null when the graph does not say. */
  readonly dims: readonly (number | null)[] | null;
}

/** What a graph says of itself, without its weights. */
export interface OnnxGraph {
  readonly bytes: Uint8Array;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly nodes: readonly GraphNode[];
  readonly external: readonly ExternalData[];
  /** Tensors of text or whole numbers that may be class names, by name; at most 10,000 values each. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** Operators that the file itself defines, as `domain:name`. */
  readonly functions: ReadonlySet<string>;
}

/** Numbers of onnx.proto's fields. */
const MODEL_GRAPH = 7;
const MODEL_FUNCTIONS = 25;

/**
 * Reads the structure of a model file.
 * @throws Error when it is no ONNX model
 */
export const readOnnxGraph = (model: Uint8Array): OnnxGraph => {
  const parts = [...protoFields(model)];
  const graphs = parts.filter(({ number }) => number === MODEL_GRAPH);
  const bytes = graphs[0]?.bytes;
  if (!bytes || graphs.length > 1) throw new Error('the file does not hold one graph');
  const inputs: GraphValue[] = [];
  const outputs: GraphValue[] = [];
  const nodes: GraphNode[] = [];
  const external: ExternalData[] = [];
  const names = new Map<string, readonly string[]>();
  const initialized = new Set<string>();
  for (const field of protoFields(bytes)) {
    if (!field.bytes) continue;
    if (field.number === 1) nodes.push(readNode(field.bytes, field, external));
    if (field.number === 5) {
      const tensor = readTensor(field.bytes);
      initialized.add(tensor.name);
      if (tensor.external) external.push(tensor.external);
      if (tensor.values) names.set(tensor.name, tensor.values);
    }
    if (field.number === 11) inputs.push(readValue(field.bytes));
    if (field.number === 12) outputs.push(readValue(field.bytes));
  }
  // Old exporters list weights among the inputs too.
  const asked = inputs.filter(({ name }) => !initialized.has(name));
  const functions = new Set(
    parts.flatMap((part) =>
      part.number === MODEL_FUNCTIONS && part.bytes ? nameOf(part.bytes) : [],
    ),
  );
  return { bytes, inputs: asked, outputs, nodes, external, names, functions };
};

/** Of a `FunctionProto`. */
const nameOf = (message: Uint8Array): string => {
  let name = '';
  let domain = '';
  for (const { number, bytes } of protoFields(message)) {
    if (number === 1) name = protoText(bytes);
    if (number === 10) domain = protoText(bytes);
  }
  return `${domain}:${name}`;
};

const readValue = (message: Uint8Array): GraphValue => {
  let name = '';
  let type: Uint8Array | null = null;
  for (const { number, bytes } of protoFields(message)) {
    if (number === 1) name = protoText(bytes);
    if (number === 2) type = bytes;
  }
  const tensor = type && [...protoFields(type)].find(({ number }) => number === 1)?.bytes;
  return { name, ...(tensor ? tensorType(tensor) : { element: null, dims: null }) };
};

const tensorType = (message: Uint8Array): Pick<GraphValue, 'element' | 'dims'> => {
  let element: string | null = null;
  let dims: (number | null)[] | null = null;
  for (const { number, bytes, int } of protoFields(message)) {
    if (number === 1 && int !== null) element = ELEMENT_TYPES[Number(int)] ?? `type ${int}`;
    if (number === 2 && bytes) {
      dims = [...protoFields(bytes)].filter((field) => field.number === 1).map(dimOf);
    }
  }
  return { element, dims };
};

const dimOf = ({ bytes }: ProtoField): number | null => {
  const size = bytes && [...protoFields(bytes)].find(({ number }) => number === 1)?.int;
  // Some exporters write 0 or -1 where they mean any.
  return size && size > 0 ? Number(size) : null;
};
