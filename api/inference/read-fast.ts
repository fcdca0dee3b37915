import type { Cells, Table } from '../../core/inference/table';
import type { CompiledInput, KnownHeader } from './compiled-input';

/** A `dataframe_split` of numbers, read without making a single object per cell. */
export interface FastRequest {
  readonly table: Table;
  readonly clientRequestId: string | null;
}

const MOST_HEADERS = 8;
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const SPLIT = bytesOf('dataframe_split');
const COLUMNS = bytesOf('columns');
const DATA = bytesOf('data');
const CLIENT_ID = bytesOf('client_request_id');
const NULL = bytesOf('null');

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

// Reading is synchronous, so one reader's state serves all requests.
let bytes: Uint8Array = new Uint8Array(0);
let at = 0;
let scratch = new Float64Array(4096);

/**
 * Reads the common request straight from its bytes into typed memory. It declines (null) whatever it
 * is not sure of; the general reader then decides. What it accepts, the general one reads the same.
 */
export const readFast = (
  body: Uint8Array,
  input: CompiledInput,
  maxRows: number,
): FastRequest | null => {
  if (input.numbers === null) return null;
  bytes = body;
  at = 0;
  let rows = 0;
  let clientRequestId: string | null = null;
  if (!take(0x7b)) return null;
  do {
    if (rows === 0 && takeKey(SPLIT)) {
      rows = readSplit(input, maxRows);
      if (rows === 0) return null;
    } else if (clientRequestId === null && takeKey(CLIENT_ID)) {
      clientRequestId = readPlainText();
      if (clientRequestId === null) return null;
    } else return null;
  } while (take(0x2c));
  if (rows === 0 || !take(0x7d)) return null;
  skipBlanks();
  if (at !== body.length) return null;
  return { table: { rows, cells: cellsOf(input, rows) }, clientRequestId };
};

const skipBlanks = (): void => {
  while (isBlank(bytes[at] ?? 0)) at += 1;
};

/** Goes past one punctuation mark and the blanks before it. */
const take = (mark: number): boolean => {
  if (bytes[at] !== mark) {
    skipBlanks();
    if (bytes[at] !== mark) return false;
  }
  at += 1;
  return true;
};

const startsWith = (word: Uint8Array): boolean => {
  for (let i = 0; i < word.length; i += 1) if (bytes[at + i] !== word[i]) return false;
  return true;
};

/** Goes past `"key":`, or stays where it is. */
const takeKey = (key: Uint8Array): boolean => {
  const before = at;
  if (take(0x22) && startsWith(key)) {
    at += key.length;
    if (bytes[at] === 0x22) {
      at += 1;
      if (take(0x3a)) return true;
    }
  }
  at = before;
  return false;
};

/** A string of 1 to 256 printable ASCII characters without escapes, else null. */
const readPlainText = (): string | null => {
  if (!take(0x22)) return null;
  const start = at;
  let text = '';
  for (let byte = bytes[at]; byte !== 0x22; byte = bytes[at]) {
    if (byte === undefined || byte < 0x20 || byte > 0x7e || byte === 0x5c) return null;
    text += String.fromCharCode(byte);
    at += 1;
  }
  const length = at - start;
  at += 1;
  return length >= 1 && length <= 256 ? text : null;
};

/** `{"columns": […], "data": [[…], …]}` into scratch memory; answers the number of rows, 0 to decline. */
const readSplit = (input: CompiledInput, maxRows: number): number => {
  if (!take(0x7b) || !takeKey(COLUMNS)) return 0;
  const header = readHeader(input);
  if (!header || !take(0x2c) || !takeKey(DATA) || !take(0x5b)) return 0;
  const rows = readRows(header.order, input.columns.length, maxRows);
  return rows > 0 && take(0x7d) ? rows : 0;
};

/**
 * The rows of `data` after its bracket, into scratch memory; answers their number, 0 to decline. One
 * loop over local variables: this is where the bytes of a large request go through.
 */
const readRows = (order: Int32Array, width: number, maxRows: number): number => {
  const source = bytes;
  const cells = order.length;
  let i = at;
  let rows = 0;
  let byte = 0x2c;
  while (byte === 0x2c) {
    do byte = source[i++] ?? 0;
    while (isBlank(byte));
    if (rows === maxRows || byte !== 0x5b) return 0;
    const start = rows * width;
    if (start + width > scratch.length) scratch = grown(scratch, start + width);
    const target = scratch;
    for (let cell = 0; cell < cells; cell += 1) {
      do byte = source[i++] ?? 0;
      while (isBlank(byte));
      const first = i - 1;
      const negative = byte === 0x2d;
      if (negative) byte = source[i++] ?? 0;
      let value = byte - 0x30;
      if (value >= 0 && value <= 9) {
        byte = source[i++] ?? 0;
        // No digit may follow a leading zero.
        if (value === 0 && byte >= 0x30 && byte <= 0x39) return 0;
        while (byte >= 0x30 && byte <= 0x39) {
          value = value * 10 + (byte - 0x30);
          byte = source[i++] ?? 0;
        }
        let point = 0;
        if (byte === 0x2e) {
          point = i;
          byte = source[i++] ?? 0;
          while (byte >= 0x30 && byte <= 0x39) {
            value = value * 10 + (byte - 0x30);
            byte = source[i++] ?? 0;
          }
          point = i - 1 - point;
          if (point === 0) return 0;
        }
        if (byte === 0x65 || byte === 0x45 || i - first > 17) {
          at = i - 1;
          value = readLongNumber(first);
          if (value === Number.POSITIVE_INFINITY) return 0;
          i = at;
          byte = source[i++] ?? 0;
        } else {
          // Both are exact below 2^53 and 10^22, so the quotient is the nearest double (Clinger 1990).
          if (point > 0) value /= POWERS[point] ?? Number.NaN;
          if (negative) value = -value;
        }
      } else {
        at = i - 1;
        if (negative || !startsWith(NULL)) return 0;
        value = Number.NaN;
        i = at + NULL.length;
        byte = source[i++] ?? 0;
      }
      while (isBlank(byte)) byte = source[i++] ?? 0;
      if (byte !== (cell === cells - 1 ? 0x5d : 0x2c)) return 0;
      const position = order[cell] ?? -1;
      if (position >= 0) target[start + position] = value;
    }
    rows += 1;
    do byte = source[i++] ?? 0;
    while (isBlank(byte));
  }
  at = i;
  return byte === 0x5d ? rows : 0;
};

const isBlank = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

const grown = (old: Float64Array, length: number): Float64Array<ArrayBuffer> => {
  const larger = new Float64Array(Math.max(length, old.length * 2));
  larger.set(old);
  return larger;
};

/**
 * A number with an exponent or many digits, sign and all, by the engine's own reading. `at` stands
 * past its digits and fraction; +Infinity declines it: long, broken, or too large for float32.
 */
const readLongNumber = (start: number): number => {
  let i = at;
  if (bytes[i] === 0x65 || bytes[i] === 0x45) {
    i += 1;
    if (bytes[i] === 0x2b || bytes[i] === 0x2d) i += 1;
    const first = i;
    while ((bytes[i] ?? 0) >= 0x30 && (bytes[i] ?? 0) <= 0x39) i += 1;
    if (i === first) return Number.POSITIVE_INFINITY;
  }
  if (i - start > 64) return Number.POSITIVE_INFINITY;
  at = i;
  const value = Number(String.fromCharCode(...bytes.subarray(start, i)));
  return Math.abs(value) > 3e38 ? Number.POSITIVE_INFINITY : value;
};

/** The `columns` array: known by its bytes, or read once and remembered. */
const readHeader = (input: CompiledInput): KnownHeader | null => {
  skipBlanks();
  for (const known of input.headers) {
    if (startsWith(known.bytes)) {
      at += known.bytes.length;
      return known;
    }
  }
  const end = bytes.indexOf(0x5d, at);
  if (bytes[at] !== 0x5b || end === -1) return null;
  const segment = bytes.slice(at, end + 1);
  if (segment.includes(0x5c)) return null;
  const order = orderOf(segment, input);
  if (!order) return null;
  const header = { bytes: segment, order };
  if (input.headers.length === MOST_HEADERS) input.headers.pop();
  input.headers.unshift(header);
  at = end + 1;
  return header;
};

const orderOf = (segment: Uint8Array, { positionOf, columns }: CompiledInput) => {
  let names: unknown;
  try {
    names = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(segment));
  } catch {
    return null;
  }
  if (!Array.isArray(names) || new Set(names).size !== names.length) return null;
  if (!names.every((name) => typeof name === 'string')) return null;
  const order = Int32Array.from(names, (name: string) => positionOf.get(name) ?? -1);
  const found = order.reduce((count, position) => count + (position >= 0 ? 1 : 0), 0);
  return found === columns.length ? order : null;
};

const cellsOf = ({ signature, numbers }: CompiledInput, rows: number): readonly Cells[] => {
  const width = signature.inputs.length;
  const numbersOf = numbers === 'float32' ? Float32Array : Float64Array;
  if (signature.matrix) {
    const values = new numbersOf(scratch.subarray(0, rows * width));
    return signature.inputs.map((_, offset) => ({ values, offset, stride: width }));
  }
  return signature.inputs.map((_, position) => {
    const values = new numbersOf(rows);
    for (let row = 0; row < rows; row += 1) values[row] = scratch[row * width + position] ?? 0;
    return { values, offset: 0, stride: 1 };
  });
};
