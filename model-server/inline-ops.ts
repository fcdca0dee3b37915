import type { OnnxGraph } from './onnx-graph';

/** Domains whose operators are known here: ONNX's own and that of classical machine learning. */
const KNOWN = new Set(['', 'ai.onnx', 'ai.onnx.ml']);

/** Operators that run or fill memory for as long as the values they are given say. */
const BY_VALUE = new Set([
  ...['Loop', 'Scan', 'If', 'SequenceMap', 'Range', 'Tile', 'Expand', 'ConstantOfShape', 'OneHot'],
  ...['Pad', 'Resize', 'Upsample', 'CenterCropPad', 'Col2Im', 'DFT', 'STFT', 'MelWeightMatrix'],
  ...['BlackmanWindow', 'HammingWindow', 'HannWindow'],
]);

/**
 * An operator because of which nobody knows what a request will cost, however few rows it has; null
 * when rows are all that counts.
 */
export const costlyByValue = ({ nodes }: Pick<OnnxGraph, 'nodes'>): string | null =>
  nodes.find(({ domain, op }) => !KNOWN.has(domain) || BY_VALUE.has(op))?.op ?? null;
