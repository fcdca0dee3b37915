/** A request as it goes over the wire. */
export interface Sent {
  readonly route: 'predict' | 'compare' | 'infer';
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A row as the model is given it; NaN is null. */
export type Row = Readonly<Record<string, number | string | boolean | null>>;

/** The columns of a model: all of them required. */
export type Columns = Readonly<
  Record<string, 'double' | 'float' | 'integer' | 'long' | 'string' | 'boolean'>
>;

/** What wire.md says of a request: its rows, or the status of its refusal. */
export type Verdict = { readonly rows: readonly Row[] } | { readonly status: 400 | 415 };

export const MAX_ROWS = 6;
type Table = readonly Readonly<Record<string, unknown>>[];

class Refused extends Error {}

const must = (condition: boolean, why: string): void => {
  if (!condition) throw new Refused(why);
};

/** Reads a request the slow and plain way, straight from wire.md. */
export const verdictOf = ({ route, headers, body }: Sent, columns: Columns): Verdict => {
  const media: string | null = mediaOf(route, headers);
  if (media === null) return { status: 415 };
  try {
    must(!('x-client-request-id' in headers) || isId(headers['x-client-request-id']), 'own id');
    if (route === 'infer') return { rows: checked(tensorTable(headers, body, columns), columns) };
    if (media === 'text/csv') return { rows: checked(csvTable(textOf(body), columns), columns) };
    return { rows: checked(jsonTable(textOf(body), columns), columns) };
  } catch (error) {
    if (error instanceof Refused) return { status: 400 };
    throw error;
  }
};

const mediaOf = (route: Sent['route'], headers: Sent['headers']): string | null => {
  if ('content-encoding' in headers) return null;
  const given = headers['content-type'];
  if (given === undefined) return 'application/json';
  const [media = '', ...parameters] = given.split(';').map((part) => part.trim().toLowerCase());
  const other = route === 'infer' ? 'application/octet-stream' : 'text/csv';
  if (media !== 'application/json' && media !== other) return null;
  if (parameters.length > 1) return null;
  const fits = parameters.every((one) => /^charset\s*=\s*("utf-8"|utf-8)$/.test(one));
  return fits ? media : null;
};

const isId = (id: unknown): boolean => typeof id === 'string' && /^[ -~]{1,256}$/.test(id);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const own = (value: unknown, name: string): unknown =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

const textOf = (body: Buffer): string => {
  const text = body.toString('utf8');
  must(Buffer.from(text, 'utf8').equals(body), 'UTF-8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
};

const parse = (text: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refused('JSON');
  }
  const STRING = /"(?:[^"\\]|\\.)*"/g;
  const strings: readonly string[] = text.match(STRING) ?? [];
  must(
    strings.every((one) => JSON.parse(one).isWellFormed()),
    'half a pair',
  );
  let level = 0;
  for (const mark of text.replaceAll(STRING, '')) {
    if ('[{'.includes(mark)) level += 1;
    if (']}'.includes(mark)) level -= 1;
    must(level <= 32, 'depth');
  }
  must(isObject(value), 'an object');
  return value as Record<string, unknown>;
};

const jsonTable = (text: string, columns: Columns): Table => {
  const value = parse(text);
  const { client_request_id: id, params } = value;
  must(id === undefined || id === null || isId(id), 'client_request_id');
  must(params === undefined || params === null || isObject(params), 'params');
  const shapes = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'];
  const [shape = '', ...more] = shapes.filter((name) => Object.hasOwn(value, name));
  must(shape !== '' && more.length === 0, 'exactly one shape');
  const table = value[shape];
  if (shape === 'dataframe_split') return splitTable(table);
  if (isObject(table) && shape !== 'dataframe_records') return listTable(table, columns);
  must(Array.isArray(table) && table.every(isObject), 'a list of objects');
  return table as Table;
};

const splitTable = (table: unknown): Table => {
  const columns = own(table, 'columns') as string[];
  const data = own(table, 'data') as unknown[][];
  must(Array.isArray(columns) && columns.every((name) => typeof name === 'string'), 'columns');
  must(Array.isArray(data), 'data');
  return namedRows(columns, data);
};

const namedRows = (columns: readonly string[], data: readonly (readonly unknown[])[]): Table => {
  must(new Set(columns).size === columns.length, 'a column twice');
  return data.map((row) => {
    must(Array.isArray(row) && row.length === columns.length, 'ragged');
    return Object.fromEntries(row.map((cell, at) => [columns[at] ?? '', cell]));
  });
};

const listTable = (lists: Readonly<Record<string, unknown>>, columns: Columns): Table => {
  const names = Object.keys(columns);
  const known = names.map((name) => own(lists, name)) as unknown[][];
  must(
    known.every((list) => Array.isArray(list)),
    'lists',
  );
  const [first = [], ...others] = known;
  must(
    others.every(({ length }) => length === first.length),
    'lengths',
  );
  return first.map((_, row) =>
    Object.fromEntries(names.map((name, at) => [name, known[at]?.[row]])),
  );
};

const csvTable = (text: string, columns: Columns): Table => {
  const lines: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const cells: string[] = [];
    for (;;) {
      const cell = /^(?:"((?:[^"]|"")*)"(?=[,\r\n]|$)|([^,\r\n]*))/.exec(text.slice(at));
      must(cell !== null && !(cell[1] === undefined && cell[2]?.startsWith('"')), 'quotes');
      cells.push(cell?.[1]?.replaceAll('""', '"') ?? cell?.[2] ?? '');
      at += cell?.[0].length ?? 0;
      if (text[at] !== ',') break;
      at += 1;
    }
    at += /^(\r\n|\n|\r)?/.exec(text.slice(at))?.[0].length ?? 0;
    if (cells.length > 1 || cells[0] !== '') lines.push(cells);
  }
  const [header = [], ...rows] = lines;
  return namedRows(header, rows).map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, cell]) => [name, csvCell(columns[name], String(cell))]),
    ),
  );
};

const csvCell = (type: Columns[string] | undefined, cell: string): unknown => {
  if (cell === '') return null;
  if (type === 'string') return cell;
  if (type === 'boolean') return { true: true, false: false }[cell.toLowerCase()] ?? cell;
  const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/.test(cell);
  return isNumber ? Number(cell) : cell;
};

const WIDTHS: Readonly<Record<string, number>> = {
  ...{ FP64: 8, FP32: 4, INT64: 8, INT32: 4, INT16: 2, INT8: 1 },
  ...{ UINT64: 8, UINT32: 4, UINT16: 2, UINT8: 1, BOOL: 1, BYTES: 0 },
};

const tensorTable = (headers: Sent['headers'], body: Buffer, columns: Columns): Table => {
  const given = headers['inference-header-content-length'];
  must(given === undefined || /^\d{1,9}$/.test(given), 'header length');
  const length = given === undefined ? body.length : Number(given);
  must(length <= body.length, 'header length');
  const value = parse(textOf(body.subarray(0, length)));
  const { id, inputs, outputs } = value;
  must(id === undefined || id === null || (typeof id === 'string' && id.length <= 256), 'id');
  must(outputs === undefined || Array.isArray(outputs), 'outputs');
  for (const output of (outputs ?? []) as unknown[]) {
    must(['predictions', 'probabilities'].includes(own(output, 'name') as string), 'output');
  }
  must(Array.isArray(inputs) && inputs.length > 0, 'inputs');
  let rest = body.subarray(length);
  const lists: [string, unknown[]][] = (inputs as unknown[]).map((input) => {
    const size = own(own(input, 'parameters'), 'binary_data_size');
    must(size === undefined || (Number.isSafeInteger(size) && Number(size) >= 0), 'size');
    must(Number(size ?? 0) <= rest.length, 'size');
    const binary = size === undefined ? null : rest.subarray(0, Number(size));
    rest = rest.subarray(Number(size ?? 0));
    return [String(own(input, 'name')), tensorValues(input, binary)];
  });
  must(rest.length === 0, 'more bytes');
  const count = lists[0]?.[1].length;
  must(
    lists.every(([, list]) => list.length === count),
    'lengths',
  );
  const known = lists.filter(([name]) => Object.hasOwn(columns, name));
  must(new Set(known.map(([name]) => name)).size === known.length, 'twice');
  return Array.from({ length: count ?? 0 }, (_, row) =>
    Object.fromEntries(known.map(([name, list]) => [name, list[row]])),
  );
};

const tensorValues = (input: unknown, binary: Buffer | null): unknown[] => {
  const name = own(input, 'name');
  const shape = own(input, 'shape') as number[];
  const datatype = own(input, 'datatype') as string;
  must(typeof name === 'string', 'name');
  must(typeof datatype === 'string' && Object.hasOwn(WIDTHS, datatype), 'datatype');
  const isShape = Array.isArray(shape) && (shape.length === 1 || shape.length === 2);
  must(isShape && shape.every((one) => Number.isSafeInteger(one) && one >= 0), 'shape');
  must(shape.length === 1 || shape[1] === 1, 'one column');
  const [count = 0] = shape;
  const data = own(input, 'data');
  if (binary) {
    must(data === undefined, 'data and bytes');
    return bytesOf(binary, datatype, count);
  }
  must(Array.isArray(data), 'data');
  const list = data as unknown[];
  const isNested = list.some((one) => Array.isArray(one));
  must(!isNested || list.every((one) => Array.isArray(one) && one.length === 1), 'nesting');
  const values = isNested ? list.flat() : list;
  must(values.length === count, 'length');
  return values.map((one) => jsonOf(one, datatype));
};

const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  INT64: [-(2 ** 63), 2 ** 63],
  INT32: [-(2 ** 31), 2 ** 31 - 1],
  INT16: [-(2 ** 15), 2 ** 15 - 1],
  INT8: [-128, 127],
  UINT64: [0, 2 ** 64],
  UINT32: [0, 2 ** 32 - 1],
  UINT16: [0, 65_535],
  UINT8: [0, 255],
};

const jsonOf = (value: unknown, datatype: string): unknown => {
  if (value === null) return null;
  if (datatype === 'BYTES') must(typeof value === 'string', 'text');
  else if (datatype === 'BOOL') {
    must(typeof value === 'boolean' || value === 0 || value === 1, 'truth');
    return Boolean(value);
  } else {
    must(typeof value === 'number', 'number');
    const range = RANGES[datatype];
    if (range) {
      must(Number.isInteger(value), 'whole');
      must(Number(value) >= range[0] && Number(value) <= range[1], 'range');
    }
  }
  return value;
};

const bytesOf = (bytes: Buffer, datatype: string, count: number): unknown[] => {
  if (datatype === 'BYTES') {
    const texts: string[] = [];
    for (let rest = bytes; rest.length > 0; ) {
      must(rest.length >= 4 && rest.length >= 4 + rest.readUInt32LE(), 'a text');
      const end = 4 + rest.readUInt32LE();
      const text = rest.subarray(4, end);
      must(Buffer.from(text.toString()).equals(text), 'UTF-8');
      texts.push(text.toString());
      rest = rest.subarray(end);
    }
    must(texts.length === count, 'length');
    return texts;
  }
  const width = WIDTHS[datatype] ?? 0;
  must(bytes.length === width * count, 'length');
  return Array.from({ length: count }, (_, row) => {
    const at = row * width;
    if (datatype === 'FP64' || datatype === 'FP32') {
      const value = datatype === 'FP64' ? bytes.readDoubleLE(at) : bytes.readFloatLE(at);
      return Number.isNaN(value) ? null : value;
    }
    if (datatype === 'BOOL') {
      must((bytes[at] ?? 0) < 2, 'truth');
      return bytes[at] === 1;
    }
    if (datatype === 'INT64') return Number(bytes.readBigInt64LE(at));
    if (datatype === 'UINT64') return Number(bytes.readBigUInt64LE(at));
    return datatype.startsWith('U') ? bytes.readUIntLE(at, width) : bytes.readIntLE(at, width);
  });
};

const checked = (table: Table, columns: Columns): Row[] => {
  must(table.length > 0 && table.length <= MAX_ROWS, 'rows');
  return table.map((row) =>
    Object.fromEntries(
      Object.entries(columns).map(([name, type]) => {
        must(Object.hasOwn(row, name) && HOLDS[type](row[name]), name);
        return [name, row[name] as Row[string]];
      }),
    ),
  );
};

const HOLDS: Readonly<Record<Columns[string], (value: unknown) => boolean>> = {
  double: (value) => value === null || Number.isFinite(value),
  float: (value) =>
    value === null || (typeof value === 'number' && Number.isFinite(Math.fround(value))),
  integer: (value) => Number.isInteger(value) && Math.abs(Number(value) + 0.5) < 2 ** 31,
  long: (value) => Number.isSafeInteger(value),
  // What a model would be given of a text with NUL is another text.
  string: (value) => typeof value === 'string' && !value.includes('\0'),
  boolean: (value) => typeof value === 'boolean',
};
