import type { Table } from '../../core/inference/table';
import { DomainError } from '../../core/shared/domain-error';
import type { CompiledInput } from './compiled-input';
import { FaultList } from './fault-list';
import type { RowSource } from './fill-table';
import { parseJson } from './parse-json';
import { type InputTensor, inputTensors } from './protocol-tensor';
import {
  finish,
  isClientRequestId,
  type PredictionRequest,
  type ReadOptions,
} from './read-request';

/** A request of the Open Inference Protocol, checked. */
export interface ProtocolRequest {
  readonly request: PredictionRequest;
  /** The caller's id, to be echoed. */
  readonly id: string | null;
  readonly wanted: {
    /** Outputs by name; null for all. */
    readonly names: ReadonlySet<string> | null;
    /** Whether an output goes out as bytes. */
    readonly binary: (name: string) => boolean;
  };
}

type Headers = Readonly<Record<string, string | undefined>>;

/**
 * Reads a body of `/v2/models/{model}/infer`, its tensors as JSON or as bytes behind the JSON.
 * @throws `malformed-body`, `invalid-input`, `too-many-rows`
 */
export const readProtocol = (
  body: Uint8Array,
  headers: Headers,
  input: CompiledInput,
  options: ReadOptions,
): ProtocolRequest => {
  const length = headerLength(headers['inference-header-content-length'], body.length);
  const { value } = parseJson(body.subarray(0, length));
  const id = idOf(value.id);
  const faults = new FaultList();
  const tensors = inputTensors(value.inputs, body.subarray(length));
  const source = sourceOf(tensors, input, options, faults);
  const { table, split } = finish(source, input, faults, options.maxRows);
  return { id, wanted: wantedOf(value), request: requestOf(table, split, id) };
};

const requestOf = (
  table: Table,
  split: PredictionRequest['split'],
  id: string | null,
): PredictionRequest => {
  const clientRequestId = isClientRequestId(id) ? id : null;
  return { table, split, format: 'oip-v2', clientRequestId, params: null, asReceived: false };
};

const invalid = (detail: string): DomainError => new DomainError('invalid-input', detail);

const headerLength = (text: string | undefined, whole: number): number => {
  if (text === undefined) return whole;
  const length = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (length <= whole) return length;
  throw invalid('inference-header-content-length is not the length of the JSON in this body');
};

const idOf = (id: unknown): string | null => {
  if (id === undefined || id === null) return null;
  if (typeof id !== 'string' || id.length > 256)
    throw invalid('id must be a string of at most 256');
  return id;
};

const sourceOf = (
  tensors: readonly InputTensor[],
  { columns, positionOf }: CompiledInput,
  { positional }: ReadOptions,
  faults: FaultList,
): RowSource | null => {
  const [only] = tensors;
  const alone = only !== undefined && tensors.length === 1;
  const matrix = alone && (only.width > 1 || (positional && columns.length === 1));
  if (matrix) {
    if (!positional) throw invalid('this model takes one input per column, by name');
    if (only.width !== columns.length) {
      throw invalid(`the input has ${only.width} columns, the model takes ${columns.length}`);
    }
    return {
      rows: only.rows,
      present: columns.map(() => true),
      cell: (row, column) => only.value(row * only.width + column),
    };
  }
  const found = new Array<InputTensor | undefined>(columns.length).fill(undefined);
  for (const tensor of tensors) {
    if (tensor.width !== 1) throw invalid('an input must have the shape [n] or [n,1]');
    if (tensor.rows !== only?.rows) throw invalid('the inputs differ in their number of rows');
    const position = positionOf.get(tensor.name);
    if (position === undefined) continue;
    if (found[position]) faults.add(-1, position, tensor.name, 'duplicate', 'given twice');
    found[position] = tensor;
  }
  if (!only || only.rows === 0) throw invalid('there are no rows');
  return {
    rows: only.rows,
    present: found.map((tensor) => tensor !== undefined),
    cell: (row, column) => found[column]?.value(row),
  };
};

const wantedOf = (value: Readonly<Record<string, unknown>>): ProtocolRequest['wanted'] => {
  const all = flag(value.parameters, 'binary_data_output') ?? false;
  if (value.outputs === undefined) return { names: null, binary: () => all };
  if (!Array.isArray(value.outputs)) throw invalid('outputs must be a list');
  const outputs = new Map<string, boolean>();
  for (const output of value.outputs as unknown[]) {
    const name = memberOf(output, 'name');
    if (name !== 'predictions' && name !== 'probabilities') {
      throw invalid('an output is called predictions or probabilities');
    }
    outputs.set(name, flag(memberOf(output, 'parameters'), 'binary_data') ?? all);
  }
  return { names: new Set(outputs.keys()), binary: (name) => outputs.get(name) ?? all };
};

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

const flag = (parameters: unknown, name: string): boolean | undefined => {
  const value = memberOf(parameters, name);
  return typeof value === 'boolean' ? value : undefined;
};
