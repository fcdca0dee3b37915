import type { SplitTable } from '../../core/capture/apply-policy';
import type { RequestFormat } from '../../core/capture/capture-record';
import type { Table } from '../../core/inference/table';
import { DomainError } from '../../core/shared/domain-error';
import type { CompiledInput } from './compiled-input';
import { csvSource } from './csv-source';
import { FaultList } from './fault-list';
import { fillTable, type RowSource } from './fill-table';
import { decodeText, parseJson } from './parse-json';
import { readFast } from './read-fast';
import { shapeSource } from './shape-sources';

/** A prediction request, checked. */
export interface PredictionRequest {
  readonly table: Table;
  readonly format: RequestFormat;
  readonly clientRequestId: string | null;
  readonly params: Readonly<Record<string, unknown>> | null;
  /** The body is one `dataframe_split` without repeated members or `hashed`: it can be stored as it came. */
  readonly asReceived: boolean;
  /** The table in JSON's own values, by the columns of the signature that the request has. */
  readonly split: () => SplitTable;
}

/** What a service says of how its requests are read. */
export interface ReadOptions {
  readonly maxRows: number;
  /** Plain arrays may be read by position. */
  readonly positional: boolean;
}

const SHAPES = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;

/**
 * Reads a body of `/predict` against a model's signature.
 * @throws `malformed-body`, `invalid-input` with its first 20 faults, `too-many-rows`
 */
export const readPrediction = (
  body: Uint8Array,
  type: 'json' | 'csv',
  input: CompiledInput,
  options: ReadOptions,
): PredictionRequest => {
  if (type === 'csv') return readCsv(body, input, options);
  const fast = readFast(body, input, options.maxRows);
  if (!fast) return readJson(body, input, options);
  return {
    ...fast,
    format: 'dataframe_split',
    params: null,
    asReceived: true,
    // Only a policy or a model behind a process asks for it; reading again keeps the fast path lean.
    split: () => readJson(body, input, options).split(),
  };
};

/** The general reader: every shape, every type, every fault. */
export const readJson = (
  body: Uint8Array,
  input: CompiledInput,
  options: ReadOptions,
): PredictionRequest => {
  const { value, repeats } = parseJson(body);
  const given = SHAPES.filter((shape) => Object.hasOwn(value, shape));
  const [shape, ...others] = given;
  if (!shape || others.length > 0) {
    const found = shape ? `found ${given.join(' and ')}` : 'found none of them';
    throw invalid(`give exactly one of ${SHAPES.join(', ')}; ${found}`);
  }
  const faults = new FaultList();
  const params = paramsOf(value.params, faults);
  const clientRequestId = clientRequestIdOf(value.client_request_id, faults);
  const source = shapeSource(shape, value[shape], input, { ...options, faults });
  const request = finish(source, input, faults, options.maxRows);
  // In what is stored, a member `hashed` is ours: it names the columns of which only hashes are kept.
  const asReceived =
    shape === 'dataframe_split' && !repeats && !Object.hasOwn(Object(value[shape]), 'hashed');
  return { ...request, format: shape, clientRequestId, params, asReceived };
};

const readCsv = (body: Uint8Array, input: CompiledInput, options: ReadOptions) => {
  const faults = new FaultList();
  const source = csvSource(decodeText(body), input, { ...options, faults });
  const request = finish(source, input, faults, options.maxRows);
  return {
    ...request,
    format: 'csv' as const,
    clientRequestId: null,
    params: null,
    asReceived: false,
  };
};

const invalid = (detail: string, faults?: FaultList): DomainError =>
  new DomainError('invalid-input', detail, { faults: faults?.first ?? [] });

/** Lays a source's rows out as a table, or throws what is wrong with them. */
export const finish = (
  source: RowSource | null,
  input: CompiledInput,
  faults: FaultList,
  maxRows: number,
): Pick<PredictionRequest, 'table' | 'split'> => {
  if (source && source.rows > maxRows) throw tooManyRows(source.rows, maxRows);
  const table = source && fillTable(input, source, faults);
  if (!table || !source || faults.count > 0) {
    const [first] = faults.first;
    const more = faults.count > 1 ? ` (and ${faults.count - 1} more)` : '';
    throw invalid(`${placeOf(first)}${first?.message ?? 'no rows'}${more}`, faults);
  }
  return { table, split: () => splitOf(source, input) };
};

const placeOf = (fault?: { readonly row?: number; readonly column?: string }): string =>
  [
    fault?.row === undefined ? '' : `row ${fault.row}, `,
    fault?.column === undefined ? '' : `column "${fault.column}": `,
  ].join('');

const tooManyRows = (rows: number, most: number): DomainError =>
  new DomainError('too-many-rows', `${rows} rows; this service takes ${most} in one call`);

const splitOf = (source: RowSource, { columns }: CompiledInput): SplitTable => {
  const present = columns.flatMap((_, position) => (source.present[position] ? [position] : []));
  const rows = Array.from({ length: source.rows }, (_, row) =>
    present.map((position) => source.cell(row, position) ?? null),
  );
  return { columns: present.map((position) => columns[position]?.name ?? ''), data: rows };
};

const paramsOf = (value: unknown, faults: FaultList): Record<string, unknown> | null => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  faults.add(-1, -1, null, 'type', 'params must be an object');
  return null;
};

/** 1 to 256 characters from 0x20 to 0x7E. */
export const isClientRequestId = (value: unknown): value is string =>
  typeof value === 'string' && /^[\x20-\x7e]{1,256}$/.test(value);

const clientRequestIdOf = (value: unknown, faults: FaultList): string | null => {
  if (value === undefined || value === null) return null;
  if (isClientRequestId(value)) return value;
  faults.add(-1, -1, null, 'type', 'client_request_id must be 1 to 256 printable ASCII characters');
  return null;
};
