import fc from 'fast-check';
import type { Columns, Sent } from './validity-oracle';

type Cell = unknown;

/** Stands for a cell, column or member that is left out. */
const ABSENT = Symbol('absent');

/** Null but for one time in `often`. */
const seldom = <T>(often: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof(
    { weight: often - 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: arbitrary as fc.Arbitrary<T | null> },
  );

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const numbers = fc.oneof(
  fc.integer(),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(null, -0, 0.1, 7.4, 3e38, 123456.789, 1e-7, 0.30000000000000004),
);
const good: Readonly<Record<string, fc.Arbitrary<Cell>>> = {
  x1: numbers,
  x2: numbers,
  x3: numbers,
  f: fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom(null, -0, 5e-324, Number.MAX_VALUE, 1e21, 0.1),
  ),
  i: fc.oneof(fc.integer(), fc.constantFrom(2 ** 31 - 1, -(2 ** 31), -0)),
  l: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(2 ** 53 - 1, 1 - 2 ** 53)),
  s: fc.oneof(
    text,
    fc.constantFrom('', 'a,b', '"', 'a\nb', 'a\r\nb', ' x ', 'é😀', '\ufeff', 'null'),
  ),
  b: fc.boolean(),
};
const bad: fc.Arbitrary<Cell> = fc.constantFrom<Cell[]>(
  ...[null, '', '7.4', 'NaN', 'true', true, false, 0, 1, {}, [], [1], 1.5, -1e-9, 1e300],
  ...[
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 53,
    2 ** 53 + 2,
    1e19,
    ABSENT,
    { $: 1 },
    '1',
    'x'.repeat(300),
    '\0',
    'a\0b',
  ],
);

interface Frame {
  readonly names: readonly string[];
  readonly data: readonly (readonly Cell[])[];
}

/** Rows in some order of columns, now and then with a cell that does not fit. */
const frameOf = (columns: Columns): fc.Arbitrary<Frame> => {
  const all = Object.keys(columns);
  const row = fc.record(Object.fromEntries(all.map((name) => [name, good[name] ?? bad])));
  return fc
    .tuple(
      fc.array(row, { minLength: 1, maxLength: 4 }),
      fc.shuffledSubarray(all, { minLength: all.length }),
      seldom(5, fc.tuple(fc.nat(3), fc.nat(4), bad)),
    )
    .map(([list, names, fault]) => ({
      names,
      data: list.map((cells, at) =>
        names.map((name, place) =>
          fault?.[0] === at && fault[1] === place ? fault[2] : cells[name],
        ),
      ),
    }));
};

const ODD_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'extra',
  '',
  'F',
  'f ',
  'ｆ',
  'a"b',
  'é',
];

/** What may be wrong with the frame itself. */
const bentFrame = (columns: Columns): fc.Arbitrary<Frame> =>
  fc
    .tuple(frameOf(columns), fc.nat(45), fc.constantFrom(...ODD_NAMES), bad)
    .map(([{ names, data }, how, odd, cell]) => {
      switch (how) {
        case 0:
          return { names: [...names, odd], data: data.map((row) => [...row, cell]) };
        case 1:
          return { names: names.slice(1), data: data.map((row) => row.slice(1)) };
        case 2:
          return { names: [...names, names[0] ?? ''], data: data.map((row) => [...row, row[0]]) };
        case 3:
          return { names, data: data.map((row, at) => (at === 0 ? row.slice(1) : row)) };
        case 4:
          return { names, data: data.map((row, at) => (at === 0 ? [...row, cell] : row)) };
        case 5:
          return { names: names.map((name, at) => (at === 2 ? odd : name)), data };
        case 6:
          return { names, data: [] };
        case 7:
          return { names, data: [...data, ...data, ...data, ...data] };
        case 8:
          return { names: [...names, odd, odd], data: data.map((row) => [...row, cell, cell]) };
        default:
          return { names, data };
      }
    });

const present = (cell: Cell): Cell => (cell === ABSENT ? null : cell);

const records = ({ names, data }: Frame): unknown =>
  data.map((row) =>
    Object.fromEntries(
      row.map((cell, at) => [names[at] ?? 'more', cell]).filter(([, cell]) => cell !== ABSENT),
    ),
  );
const lists = ({ names, data }: Frame): unknown =>
  Object.fromEntries(names.map((name, at) => [name, data.map((row) => present(row[at]))]));
const split = ({ names, data }: Frame): unknown => ({
  columns: names,
  data: data.map((row) => row.filter((cell) => cell !== ABSENT)),
});

const SHAPES: Readonly<Record<string, (frame: Frame) => unknown>> = {
  dataframe_split: split,
  dataframe_records: records,
  instances: records,
  inputs: lists,
};

const members = fc.constantFrom<Record<string, unknown>[]>(
  ...Array.from({ length: 20 }, () => ({})),
  { client_request_id: 'mine' },
  { client_request_id: null },
  { client_request_id: '' },
  { client_request_id: 'é' },
  { client_request_id: 'a\r\nb: c' },
  { client_request_id: 'x'.repeat(257) },
  { client_request_id: 7 },
  { params: {} },
  { params: null },
  { params: [] },
  { params: 'x' },
  { index: [1], extra: { deep: [[[]]] } },
  { inputs: [] },
  { instances: null },
);

/** What goes out as it is: JSON has no way to write some of it. */
const jsonText = (bent: fc.Arbitrary<Frame>, shapes = Object.keys(SHAPES)) =>
  fc
    .tuple(bent, fc.constantFrom(...shapes), members, fc.nat(24), fc.nat(3))
    .map(([table, shape, others, how, indent]) => {
      const value = SHAPES[shape]?.(table);
      if (how === 0) return JSON.stringify({ ...others, [shape]: [value] });
      if (how === 1) return JSON.stringify([{ [shape]: value }]);
      if (how === 2) return JSON.stringify({ ...others, [shape]: { columns: 'f', data: value } });
      if (how === 3) return JSON.stringify({ [shape]: value, ...others, [shape.toUpperCase()]: 1 });
      if (how === 4) return JSON.stringify({ [shape]: value, __proto__: null, constructor: 1 });
      return JSON.stringify({ ...others, [shape]: value }, null, indent > 1 ? indent : undefined);
    });

const csvCell = (cell: Cell, quote: number): string => {
  const plain =
    cell === null || cell === ABSENT ? '' : typeof cell === 'object' ? '{}' : String(cell);
  return quote === 0 || /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
};

const csvText = (bent: fc.Arbitrary<Frame>) =>
  fc
    .tuple(bent, fc.constantFrom('\n', '\r\n', '\r'), fc.nat(3), fc.nat(8))
    .map(([{ names, data }, newline, quote, how]) => {
      const lines = [names, ...data].map((row) =>
        row.map((cell) => csvCell(cell, quote)).join(','),
      );
      if (how === 0) lines.splice(1, 0, '', '');
      if (how === 1) lines.reverse();
      return lines.join(newline) + (how % 2 ? newline : '');
    });

const DATATYPES = ['FP64', 'FP32', 'INT64', 'INT32', 'INT16', 'INT8', 'UINT64', 'UINT32'];
const ALL_TYPES = [...DATATYPES, 'UINT16', 'UINT8', 'BOOL', 'BYTES', 'FP16', 'fp64', 'toString'];
const FITTING: Readonly<Record<string, string>> = {
  f: 'FP64',
  i: 'INT32',
  l: 'INT64',
  s: 'BYTES',
  b: 'BOOL',
};

const packed = (cells: readonly Cell[], datatype: string): Buffer =>
  Buffer.concat(
    cells.map((cell) => {
      const number = typeof cell === 'number' ? cell : Number.NaN;
      const whole = Number.isFinite(number) ? BigInt(Math.trunc(number)) : 0n;
      const bytes = Buffer.alloc(8);
      if (datatype === 'FP64') bytes.writeDoubleLE(number);
      else if (datatype === 'FP32') bytes.writeFloatLE(number);
      else if (datatype === 'BOOL') bytes[0] = cell === true ? 1 : cell === false ? 0 : 2;
      else bytes.writeBigInt64LE(BigInt.asIntN(64, whole));
      if (datatype === 'BYTES') {
        const own = Buffer.from(typeof cell === 'string' ? cell : String(JSON.stringify(cell)));
        const length = Buffer.alloc(4);
        length.writeUInt32LE(own.length);
        return Buffer.concat([length, own]);
      }
      const width = Number(/\d+$/.exec(datatype)?.[0] ?? 8) / 8;
      return bytes.subarray(0, width);
    }),
  );

interface TensorOptions {
  readonly how: number;
  readonly binary: number;
  readonly datatype: string;
  readonly nested: boolean;
}

const tensorBody = ({ names, data }: Frame, { how, binary, datatype, nested }: TensorOptions) => {
  const behind: Buffer[] = [];
  const inputs = names.map((name, at) => {
    const cells = data.map((row) => present(row[at]));
    const type = how === 0 && at === 0 ? datatype : (FITTING[name] ?? 'FP64');
    const shape: unknown =
      how === 1 && at === 1
        ? [cells.length + 1]
        : how === 2 && at === 1
          ? [1, cells.length]
          : how === 3 && at === 1
            ? [-1]
            : how === 4 && at === 1
              ? [1e15, 1e15]
              : nested
                ? [cells.length, 1]
                : [cells.length];
    if ((binary >> at) & 1) {
      const bytes = packed(cells, type);
      behind.push(bytes);
      const size =
        how === 5 && at === 2 ? bytes.length - 1 : how === 6 && at === 2 ? 1e9 : bytes.length;
      return { name, shape, datatype: type, parameters: { binary_data_size: size } };
    }
    return { name, shape, datatype: type, data: nested ? cells.map((cell) => [cell]) : cells };
  });
  return { inputs, behind: Buffer.concat(behind) };
};

const tensorMembers = fc.constantFrom<Record<string, unknown>[]>(
  ...Array.from({ length: 14 }, () => ({})),
  { id: 'mine' },
  { id: 'é\n' },
  { id: 7 },
  { id: 'x'.repeat(257) },
  { outputs: [{ name: 'predictions' }] },
  { outputs: [{ name: 'frob' }] },
  { outputs: {} },
  { parameters: 'none' },
);

const tensors = (bent: fc.Arbitrary<Frame>) =>
  fc
    .tuple(
      bent,
      tensorMembers,
      fc.record({
        how: fc.nat(20),
        binary: fc.oneof(fc.constant(0), fc.nat(31)),
        datatype: fc.constantFrom(...ALL_TYPES),
        nested: fc.boolean(),
      }),
    )
    .map(([table, others, options]) => {
      const { inputs, behind } = tensorBody(table, options);
      const head = Buffer.from(JSON.stringify({ ...others, inputs }));
      const said = options.how === 7 ? head.length + 1 : options.how === 8 ? -1 : head.length;
      const isBinary = behind.length > 0 || options.how === 8;
      return {
        body: Buffer.concat([head, behind]),
        headers: (isBinary
          ? { 'inference-header-content-length': `${said}` }
          : {}) as Sent['headers'],
      };
    });

const SPELLINGS = ['1e400', '-1e400', '01', '+1', '.5', '5.', '1E5', '-0', '1e-400', '7.0', '0x10'];
const MORE_SPELLINGS = [
  'NaN',
  'Infinity',
  '1_0',
  '1e',
  '--1',
  '9007199254740993',
  '123456789012345678',
  '0.1e1',
  '4.35',
  '1e23',
  `${'9'.repeat(400)}`,
  `0.${'0'.repeat(400)}1`,
];
const BYTES = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\0',
  'e',
  '.',
  '-',
  '0',
  ' ',
  '\t',
  '\n',
  '\ufeff',
  'ÿ',
  '/',
  'u',
];
const BROKEN = [
  [0xff],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xef, 0xbb, 0xbf],
  [0xe2, 0x82],
];
const ESCAPES = [
  '\\ud800',
  '\\udc00\\ud800',
  '\\ud83d\\ude00',
  '\\u0000',
  '\\\\ud800',
  '\\uD83D',
  '\\x',
  '\\u12',
];

/** Changes the bytes themselves: about every third request. */
const spoilt = (body: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc.tuple(body, fc.nat(33), fc.nat(), fc.nat()).map(([bytes, how, where, what]) => {
    const at = where % Math.max(bytes.length, 1);
    const put = (from: number, to: number, add: string | readonly number[]): Buffer =>
      Buffer.concat([bytes.subarray(0, from), Buffer.from(add as string), bytes.subarray(to)]);
    const pick = <T>(list: readonly T[]): T => list[what % list.length] as T;
    const found = (pattern: RegExp): readonly [from: number, to: number] => {
      const places = [...bytes.toString('latin1').matchAll(pattern)];
      const place = places[where % Math.max(places.length, 1)];
      return place ? [place.index, place.index + place[0].length] : [at, at];
    };
    switch (how) {
      case 0:
        return put(at, at + 1, [what % 256]);
      case 1:
        return put(at, at + 1 + (what % 3), '');
      case 2:
        return put(at, at, pick(BYTES));
      case 3:
        return bytes.subarray(0, at);
      case 4:
        return put(0, 0, pick(['\ufeff', '\ufeff\ufeff', ' \r\n\t', '\0', '\u00a0']));
      case 5:
        return put(bytes.length, bytes.length, pick([' \r\n\t', '\0', '}', ',', '\ufeff', '//']));
      case 6:
      case 7:
        return put(
          ...found(/-?\d+(\.\d+)?([eE][+-]?\d+)?/g),
          pick([...SPELLINGS, ...MORE_SPELLINGS]),
        );
      case 8: {
        const [from, to] = found(/"[^"\\]*"/g);
        return put(from + 1, to - 1, pick(ESCAPES));
      }
      case 9: {
        const [from, to] = found(/"\w+": ?("[^"\\]*"|-?[\d.]+)/g);
        return put(to, to, `,${bytes.subarray(from, to).toString()}`);
      }
      case 10:
        return put(at, at, pick(BROKEN));
      default:
        return bytes;
    }
  });

const contentType = (own: string | undefined, other: string) =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constant(own) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        ...[other, 'application/json', 'APPLICATION/JSON', 'text/csv ; charset = "UTF-8"'],
        ...['application/json;charset=utf-8', 'application/json; charset=latin1', 'text/plain'],
        ...['application/json; charset=utf-16', 'multipart/form-data; boundary=x', 'json', '*/*'],
        ...['application/json, text/csv', 'application/json;', 'application/x-www-form-urlencoded'],
      ),
    },
  );

const headersWith = (type: fc.Arbitrary<string | undefined>) =>
  fc
    .tuple(
      type,
      seldom(20, fc.constantFrom('gzip', 'identity', 'br', 'x')),
      seldom(6, fc.constantFrom('mine', 'é', 'x'.repeat(256), 'x'.repeat(257), '~ !')),
    )
    .map(([media, encoding, id]) => ({
      ...(media !== undefined && { 'content-type': media }),
      ...(encoding !== null && { 'content-encoding': encoding }),
      ...(id !== null && { 'x-client-request-id': id }),
    }));

const route = fc.constantFrom<Sent['route'][]>('predict', 'predict', 'predict', 'compare');

export type Kind = 'split' | 'json' | 'csv' | 'protocol';

/** Requests to a model of these columns, many of them as they should be. */
export const requestsOf = (kind: Kind, columns: Columns): fc.Arbitrary<Sent> => {
  const bent = bentFrame(columns);
  if (kind === 'protocol') {
    const headers = headersWith(contentType(undefined, 'application/octet-stream'));
    return fc.tuple(tensors(bent), headers).chain(([made, others]) =>
      spoilt(fc.constant(made.body)).map((body) => ({
        route: 'infer' as const,
        headers: { ...others, ...made.headers },
        body,
      })),
    );
  }
  const isCsv = kind === 'csv';
  const texts = isCsv
    ? csvText(bent)
    : jsonText(bent, kind === 'split' ? ['dataframe_split'] : undefined);
  return fc.record({
    route,
    headers: headersWith(
      isCsv
        ? contentType('text/csv', 'text/tab-separated-values')
        : contentType(undefined, 'text/csv'),
    ),
    body: spoilt(texts.map((text) => Buffer.from(text))),
  });
};
