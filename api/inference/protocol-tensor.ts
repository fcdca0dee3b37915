import { DomainError } from '../../core/shared/domain-error';

/** An input of the Open Inference Protocol: `rows × width` values. */
export interface InputTensor {
  readonly name: string;
  readonly rows: number;
  readonly width: number;
  /** The value at a row-major position, as JSON would have it (NaN is null: missing). */
  readonly value: (index: number) => unknown;
}

const invalid = (detail: string): DomainError => new DomainError('invalid-input', detail);

type Read = (view: DataView, at: number) => unknown;

const orMissing = (value: number): number | null => (Number.isNaN(value) ? null : value);

const NUMBERS: Readonly<Record<string, { readonly size: number; readonly read: Read }>> = {
  FP64: { size: 8, read: (view, at) => orMissing(view.getFloat64(at, true)) },
  FP32: { size: 4, read: (view, at) => orMissing(view.getFloat32(at, true)) },
  INT64: { size: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  INT32: { size: 4, read: (view, at) => view.getInt32(at, true) },
  INT16: { size: 2, read: (view, at) => view.getInt16(at, true) },
  INT8: { size: 1, read: (view, at) => view.getInt8(at) },
  UINT64: { size: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  UINT32: { size: 4, read: (view, at) => view.getUint32(at, true) },
  UINT16: { size: 2, read: (view, at) => view.getUint16(at, true) },
  UINT8: { size: 1, read: (view, at) => view.getUint8(at) },
  BOOL: { size: 1, read: (view, at) => view.getUint8(at) === 1 },
};

/** Clients write truth values as JSON's own or as 0 and 1; anything else stays what it is. */
const truthOf = (value: unknown): unknown => (value === 1 ? true : value === 0 ? false : value);

const whole = (min: number, max: number) => (value: unknown) =>
  Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
const isNumber = (value: unknown): boolean => typeof value === 'number';

/** Whether a JSON value is of a datatype; null is of all. */
const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  FP64: isNumber,
  FP32: isNumber,
  INT64: whole(-(2 ** 63), 2 ** 63),
  INT32: whole(-(2 ** 31), 2 ** 31 - 1),
  INT16: whole(-(2 ** 15), 2 ** 15 - 1),
  INT8: whole(-(2 ** 7), 2 ** 7 - 1),
  UINT64: whole(0, 2 ** 64),
  UINT32: whole(0, 2 ** 32 - 1),
  UINT16: whole(0, 2 ** 16 - 1),
  UINT8: whole(0, 2 ** 8 - 1),
  BOOL: (value) => typeof truthOf(value) === 'boolean',
  BYTES: (value) => typeof value === 'string',
};

/**
 * The inputs of a request; `binary` is what stands behind its JSON.
 * @throws `invalid-input` for a shape, datatype or length that does not fit
 */
export const inputTensors = (inputs: unknown, binary: Uint8Array): InputTensor[] => {
  if (!Array.isArray(inputs) || inputs.length === 0)
    throw invalid('inputs must be a list of tensors');
  let at = 0;
  const tensors = inputs.map((input: unknown) => {
    const { name, shape, datatype, data, size } = headOf(input);
    const [rows, width] = shape;
    const count = rows * width;
    if (size === null) return { name, rows, width, value: jsonValues(data, datatype, shape) };
    if (data !== undefined) throw invalid('an input needs data or binary_data_size, not both');
    const bytes = binary.subarray(at, at + size);
    at += size;
    if (bytes.length < size) throw invalid('the binary data is shorter than binary_data_size says');
    return { name, rows, width, value: binaryValues(bytes, datatype, count) };
  });
  if (at !== binary.length) throw invalid('the binary data is longer than binary_data_size says');
  return tensors;
};

const headOf = (input: unknown) => {
  if (typeof input !== 'object' || input === null) throw invalid('an input must be an object');
  const { name, shape, datatype, data, parameters } = input as Record<string, unknown>;
  if (typeof name !== 'string' || typeof datatype !== 'string') {
    throw invalid('an input needs a name and a datatype');
  }
  if (!(Object.hasOwn(NUMBERS, datatype) || datatype === 'BYTES'))
    throw invalid('unknown datatype');
  const size = (parameters as { binary_data_size?: unknown } | null | undefined)?.binary_data_size;
  const sized = typeof size === 'number' && Number.isSafeInteger(size) && size >= 0;
  if (size !== undefined && !sized) throw invalid('binary_data_size must be a number of bytes');
  return { name, shape: shapeOf(shape), datatype, data, size: sized ? size : null };
};

const shapeOf = (shape: unknown): readonly [rows: number, width: number] => {
  const whole = (one: unknown): one is number => Number.isSafeInteger(one) && Number(one) >= 0;
  if (!Array.isArray(shape) || shape.length < 1 || shape.length > 2 || !shape.every(whole)) {
    throw invalid('a shape must be [rows] or [rows, columns]');
  }
  const [rows = 0, width = 1] = shape;
  if (rows * width > 4_000_000) throw invalid('the shape is larger than a body can hold');
  return [rows, width];
};

const jsonValues = (
  data: unknown,
  datatype: string,
  [rows, width]: readonly [rows: number, width: number],
): InputTensor['value'] => {
  if (!Array.isArray(data)) throw invalid('an input needs data or binary_data_size');
  const nested = data.some((value) => Array.isArray(value));
  if (nested && !data.every((row) => Array.isArray(row) && row.length === width)) {
    throw invalid('data is nested in another way than the shape says');
  }
  const values: unknown[] = nested ? (data as unknown[][]).flat() : data;
  if (values.length !== rows * width) throw invalid('data has another length than the shape says');
  const fits = FITS[datatype];
  if (!values.every((value) => value === null || fits?.(value))) {
    throw invalid('data holds a value that is not of its datatype');
  }
  return datatype === 'BOOL' ? (index) => truthOf(values[index]) : (index) => values[index];
};

const binaryValues = (bytes: Uint8Array, datatype: string, count: number): InputTensor['value'] => {
  const kind = NUMBERS[datatype];
  if (!kind) {
    const texts = textsOf(bytes, count);
    return (index) => texts[index];
  }
  if (bytes.length !== count * kind.size)
    throw invalid('binary data of another length than the shape says');
  if (datatype === 'BOOL' && bytes.some((byte) => byte > 1))
    throw invalid('a truth value is 0 or 1');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (index) => kind.read(view, index * kind.size);
};

/** Each text stands behind its length of 4 bytes. */
const textsOf = (bytes: Uint8Array, count: number): string[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  let at = 0;
  while (at + 4 <= bytes.length && texts.length <= count) {
    const end = at + 4 + view.getUint32(at, true);
    if (end > bytes.length) break;
    texts.push(textOf(bytes.subarray(at + 4, end)));
    at = end;
  }
  if (at !== bytes.length || texts.length !== count) {
    throw invalid('binary texts of another number or length than the shape says');
  }
  return texts;
};

const textOf = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new DomainError('malformed-body', 'a text is not UTF-8');
  }
};
