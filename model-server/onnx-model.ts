import type { Answer } from '../core/inference/answer';
import type { Table } from '../core/inference/table';
import type { Signature } from '../core/models/signature';
import { costlyByValue } from './inline-ops';
import { onnxFeeds } from './onnx-feeds';
import { graphOutputs } from './onnx-output';
import { readOnnxPackage } from './onnx-package';
import { type Device, type NativeTensor, type OnnxSession, openOnnxSession } from './onnx-session';

/** A model in this thread's memory. */
export interface OnnxModel {
  /**
   * Blocks until the model has answered.
   * @throws Error when the model fails or answers anything but what its signature says
   */
  predict(table: Table): Answer;
  close(): void;
}

/**
 * Loads a package's model to answer tables of its signature.
 * @throws `bad-request` when it cannot be loaded, with the reason
 */
export const loadOnnxModel = (
  folder: string,
  signature: Signature,
  device: Device = 'cpu',
): OnnxModel => {
  const { graph, classes, model } = readOnnxPackage(folder);
  const { predictions, probabilities } = graphOutputs(graph, classes !== null);
  const scores = signature.output.classes && probabilities ? probabilities.name : null;
  const input = onnxFeeds(graph.inputs, signature);
  return running(openOnnxSession(model, device), input, predictions, scores, signature.output);
};

/**
 * The same for a thread that has other things to do: not for a model that a few rows may keep busy for
 * as long as they like.
 * @throws Error, `bad-request`
 */
export const loadInlineModel = (folder: string, signature: Signature): OnnxModel => {
  const op = costlyByValue(readOnnxPackage(folder).graph);
  if (op !== null) throw new Error(`${op} may take any time, whatever the number of rows`);
  return loadOnnxModel(folder, signature);
};

// Apart from loading, so that no closure keeps the model's file in memory.
const running = (
  session: OnnxSession,
  { feeds, fill }: ReturnType<typeof onnxFeeds>,
  label: string,
  scores: string | null,
  { width, classes }: Signature['output'],
): OnnxModel => {
  const fetches = { [label]: null, ...(scores !== null && { [scores]: null }) };
  const options = {};
  return {
    predict(table) {
      fill(table);
      const start = performance.now();
      const results = session.run(feeds, fetches, options);
      const modelMs = performance.now() - start;
      const predictions = cellsOf(results[label], table.rows * width);
      if (scores === null || !classes) return { predictions, width, probabilities: null, modelMs };
      const values = floatsOf(results[scores], table.rows * classes.length);
      return { predictions, width, probabilities: { classes, values }, modelMs };
    },
    close: () => session.dispose(),
  };
};

/** What the native binding gave, as cells of an answer; floats stay in their typed array. */
const cellsOf = (tensor: NativeTensor | undefined, length: number): Answer['predictions'] => {
  switch (tensor?.type) {
    case 'int64':
    case 'uint64':
      return safeNumbers(dataOf<bigint>(tensor, length));
    case 'bool':
      return Array.from(dataOf<number>(tensor, length), (cell) => cell === 1);
    default:
      return dataOf<number | string>(tensor, length);
  }
};

const floatsOf = (tensor: NativeTensor | undefined, length: number): ArrayLike<number> => {
  if (tensor?.type === 'float32' || tensor?.type === 'float64') return dataOf(tensor, length);
  throw new Error(`the model's probabilities are ${tensor?.type}`);
};

/** `T` is what the tensor's type says its cells are. */
const dataOf = <T>(tensor: NativeTensor | undefined, length: number): ArrayLike<T> => {
  const data = (tensor?.data ?? []) as ArrayLike<T>;
  if (data.length === length) return data;
  throw new Error(`the model answered ${data.length} values where ${length} are expected`);
};

const safeNumbers = (values: ArrayLike<bigint>): (number | bigint)[] =>
  Array.from(values, (exact) => {
    const number = Number(exact);
    return Number.isSafeInteger(number) ? number : exact;
  });
