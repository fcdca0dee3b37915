import { isDomainError } from '../../core/shared/domain-error';
import { compileInput } from './compiled-input';
import { type ReadOptions, readPrediction } from './read-request';
import { signatureOf } from './signature-fixture';

const wine = signatureOf({ alcohol: 'double', pH: 'double' });
const options: ReadOptions = { maxRows: 4, positional: false };

const bytes = (body: unknown): Uint8Array =>
  new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));

const read = (body: unknown, signature = wine, own: Partial<ReadOptions> = {}) =>
  readPrediction(bytes(body), 'json', compileInput(signature), { ...options, ...own });

const readCsv = (text: string, signature = wine) =>
  readPrediction(bytes(text), 'csv', compileInput(signature), options);

const cellsOf = ({ table }: ReturnType<typeof read>) =>
  table.cells.map(({ values, offset, stride }) =>
    Array.from({ length: table.rows }, (_, row) => {
      const value = values[offset + row * stride];
      return typeof value === 'bigint' ? Number(value) : value;
    }),
  );

const refusal = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (isDomainError(error))
      return { kind: error.kind, message: error.message, faults: error.faults };
    throw error;
  }
  throw new Error('it was accepted');
};

const codes = (run: () => unknown) =>
  refusal(run).faults.map(({ row, column, code }) => [row, column, code]);

describe('reading a prediction request', () => {
  const rows = [
    [9.4, 3.51],
    [9.8, null],
  ];

  it.each([
    ['dataframe_split', { columns: ['pH', 'alcohol'], data: rows.map(([a, p]) => [p, a]) }],
    ['dataframe_records', rows.map(([alcohol, pH]) => ({ pH, extra: 1, alcohol }))],
    ['instances', rows.map(([alcohol, pH]) => ({ alcohol, pH }))],
    ['inputs', { pH: [3.51, null], alcohol: [9.4, 9.8] }],
  ])('reads %s by name, whatever the order, and null as missing', (shape, value) => {
    const request = read({ [shape]: value, client_request_id: 'mine', index: [7] });
    expect(cellsOf(request)).toEqual([
      [9.4, 9.8],
      [3.51, Number.NaN],
    ]);
    expect(request).toMatchObject({ format: shape, clientRequestId: 'mine' });
    expect(request.split()).toEqual({ columns: ['alcohol', 'pH'], data: rows });
  });

  it('reads CSV with quotes, any line end and empty cells', () => {
    const request = readCsv('pH,"alcohol"\r\n3.51,9.4\n,"9.8"\n\n');
    expect(cellsOf(request)).toEqual([
      [9.4, 9.8],
      [3.51, Number.NaN],
    ]);
    expect(request).toMatchObject({ format: 'csv', asReceived: false });
  });

  it('tells all faults at once: the first 20 by row, then column', () => {
    const data = [...Array(30)].map((_, row) =>
      row === 2 ? [true, '7.4'] : [1, row === 1 ? 'x' : 2],
    );
    expect(
      codes(() =>
        read({ dataframe_split: { columns: ['alcohol', 'pH'], data } }, wine, { maxRows: 99 }),
      ),
    ).toEqual([
      [1, 'pH', 'type'],
      [2, 'alcohol', 'type'],
      [2, 'pH', 'type'],
    ]);
    const worse = { alcohol: [...Array(30)].map(() => 'x'), pH: [...Array(30)].map(() => 'x') };
    const faults = codes(() => read({ inputs: worse }, wine, { maxRows: 99 }));
    expect(faults).toHaveLength(20);
    expect(faults.at(-1)).toEqual([9, 'pH', 'type']);
  });

  it.each([
    ['a missing column', { dataframe_split: { columns: ['pH'], data: [[1]] } }, 'missing'],
    [
      'a column twice',
      { dataframe_split: { columns: ['pH', 'alcohol', 'pH'], data: [[1, 1, 1]] } },
      'duplicate',
    ],
    [
      'an unknown column twice',
      { dataframe_split: { columns: ['pH', 'alcohol', 'x', 'x'], data: [[1, 1, 1, 1]] } },
      'duplicate',
    ],
    ['a short row', { dataframe_split: { columns: ['pH', 'alcohol'], data: [[1]] } }, 'ragged'],
    [
      'a long row',
      { dataframe_split: { columns: ['pH', 'alcohol'], data: [[1, 2, 3]] } },
      'ragged',
    ],
    [
      'a row that is no list',
      { dataframe_split: { columns: ['pH', 'alcohol'], data: [{}] } },
      'type',
    ],
    ['no rows', { dataframe_split: { columns: ['pH', 'alcohol'], data: [] } }, 'empty'],
    ['no data', { dataframe_split: { columns: ['pH', 'alcohol'] } }, 'type'],
    ['columns that are numbers', { dataframe_split: { columns: [0, 1], data: [[1, 2]] } }, 'type'],
    ['no records', { dataframe_records: [] }, 'empty'],
    [
      'a record that lacks a column',
      { dataframe_records: [{ alcohol: 1, pH: 1 }, { pH: 1 }] },
      'missing',
    ],
    ['a record that is no object', { dataframe_records: [{ alcohol: 1, pH: 1 }, 7] }, 'type'],
    ['columns of different lengths', { inputs: { alcohol: [1], pH: [1, 2] } }, 'ragged'],
    ['a column that is no list', { inputs: { alcohol: 1, pH: [1] } }, 'type'],
    ['empty columns', { inputs: { alcohol: [], pH: [] } }, 'empty'],
    ['plain arrays', { instances: [[1, 2]] }, 'type'],
    ['text for a number', { instances: [{ alcohol: '9.4', pH: 1 }] }, 'type'],
    ['a truth for a number', { instances: [{ alcohol: true, pH: 1 }] }, 'type'],
    ['params that are no object', { instances: [{ alcohol: 1, pH: 1 }], params: [] }, 'type'],
    [
      'an empty client_request_id',
      { instances: [{ alcohol: 1, pH: 1 }], client_request_id: '' },
      'type',
    ],
    [
      'line ends in client_request_id',
      { instances: [{ alcohol: 1, pH: 1 }], client_request_id: 'a\r\nb' },
      'type',
    ],
    [
      'a client_request_id of 257',
      { instances: [{ alcohol: 1, pH: 1 }], client_request_id: 'a'.repeat(257) },
      'type',
    ],
  ])('refuses %s', (_what, body, code) => {
    const { kind, faults } = refusal(() => read(body));
    expect(kind).toBe('invalid-input');
    expect(faults[0]?.code).toBe(code);
  });

  it.each([
    ['no shape', {}],
    ['two shapes', { instances: [{}], inputs: {} }],
    ['an array', []],
    ['a number', 7],
    ['a shape that only the prototype has', '{"__proto__":{"instances":[{"alcohol":1,"pH":1}]}}'],
  ])('refuses %s', (_what, body) => {
    expect(refusal(() => read(body)).kind).toBe('invalid-input');
  });

  it('refuses a number that its type cannot hold', () => {
    expect(codes(() => read('{"instances":[{"alcohol":1e400,"pH":1}]}'))).toEqual([
      [0, 'alcohol', 'out-of-range'],
    ]);
    const narrow = signatureOf({ x: 'double' }, { storage: ['float32'] });
    expect(codes(() => read({ instances: [{ x: 1e39 }] }, narrow))).toEqual([
      [0, 'x', 'out-of-range'],
    ]);
    const digits = `{"instances":[{"alcohol":${'9'.repeat(3_900_000)},"pH":1}]}`;
    expect(codes(() => read(digits))).toEqual([[0, 'alcohol', 'out-of-range']]);
  });

  it.each([
    ['NaN', '{"instances":[{"alcohol":NaN,"pH":1}]}'],
    ['Infinity', '{"instances":[{"alcohol":Infinity,"pH":1}]}'],
    ['a trailing comma', '{"instances":[{"alcohol":1,"pH":1},]}'],
    ['nothing', ''],
    ['half a body', '{"instances":[{"alcohol":1'],
    ['33 levels', `{"instances":[{"alcohol":1,"pH":1}],"x":${'['.repeat(32)}${']'.repeat(32)}}`],
    ['a million levels', '['.repeat(1_000_000)],
    ['half a surrogate pair', '{"instances":[{"alcohol":1,"pH":1}],"x":"\\ud800"}'],
  ])('calls %s malformed', (_what, body) => {
    expect(refusal(() => read(body)).kind).toBe('malformed-body');
  });

  it('takes 32 levels, whole surrogate pairs and escaped backslashes', () => {
    const deep = `${'['.repeat(31)}${']'.repeat(31)}`;
    const body = `{"instances":[{"alcohol":1,"pH":1}],"x":${deep},"y":"\\ud83d\\ude00 \\\\ud800"}`;
    expect(cellsOf(read(body))).toEqual([[1], [1]]);
  });

  it('calls what is not UTF-8 malformed, and skips a byte order mark', () => {
    const body = bytes('{"instances":[{"alcohol":1,"pH":1}],"x":"?"}');
    const broken = body.map((byte) => (byte === 0x3f ? 0xff : byte));
    const reading = (given: Uint8Array) =>
      readPrediction(given, 'json', compileInput(wine), options);
    expect(refusal(() => reading(broken)).kind).toBe('malformed-body');
    expect(cellsOf(reading(Uint8Array.of(0xef, 0xbb, 0xbf, ...body)))).toEqual([[1], [1]]);
  });

  it('refuses more rows than the service takes', () => {
    const data = [...Array(5)].map(() => [1, 2]);
    const body = { dataframe_split: { columns: ['alcohol', 'pH'], data } };
    expect(refusal(() => read(body))).toMatchObject({
      kind: 'too-many-rows',
      message: expect.stringContaining('5 rows'),
    });
    expect(refusal(() => readCsv(`alcohol,pH\n${'1,2\n'.repeat(5)}`)).kind).toBe('too-many-rows');
  });

  it('never repeats a value that was sent', () => {
    const body = {
      dataframe_split: {
        columns: ['secret-column', 'secret-column', 'alcohol'],
        data: [['secret', 1, 'secret']],
      },
    };
    expect(JSON.stringify(refusal(() => read(body)))).not.toContain('secret');
  });

  it('counts a member given twice as its last, and then does not keep the body as it came', () => {
    const twice = read(
      '{"dataframe_split":{"columns":["alcohol","pH"],"data":[[1,2]],"data":[[3,4]]}}',
    );
    expect(cellsOf(twice)).toEqual([[3], [4]]);
    expect(twice.asReceived).toBe(false);
    const once = read(
      '{"params":{},"dataframe_split":{"index":[0],"columns":["alcohol","pH"],"data":[[3,4]]}}',
    );
    expect(once.asReceived).toBe(true);
    const outer = read(
      '{"client_request_id":"a","dataframe_split":{"columns":["alcohol","pH"],"data":[[3,4]]},"client_request_id":"b"}',
    );
    expect(outer).toMatchObject({ asReceived: false, clientRequestId: 'b' });
  });

  it.each([
    ['hashed', true],
    ['hashed', null],
    ['hash\\u0065d', true],
    ['Hashed', false],
    ['index', false],
  ])(
    'stores no body as it came whose table says %s: that is said of hashes that are kept',
    (name, ours) => {
      const split = '"columns": ["pH", "alcohol"], "data": [[3.51, 9.4]]';
      const value = ours === null ? 'null' : '["pH"]';
      const request = read(`{"dataframe_split": {${split}, "${name}": ${value}}}`);
      expect(request.asReceived).toBe(ours === false);
      expect(request.split()).toEqual({ columns: ['alcohol', 'pH'], data: [[9.4, 3.51]] });
    },
  );
});

describe('types of columns', () => {
  const typed = signatureOf({
    whole: 'integer',
    big: 'long',
    text: 'string',
    'note?': 'string',
    'score?': 'double',
    yes: 'boolean',
    at: 'datetime',
  });
  const good = {
    whole: 7,
    big: 2 ** 53 - 1,
    text: 'né',
    yes: true,
    at: '2026-02-28T10:00:00.5+01:00',
  };

  it('lays each type out for the model; an absent text is "", an absent number NaN', () => {
    const request = read({ instances: [{ ...good, whole: 7.0 }] }, typed);
    const at = Date.parse('2026-02-28T09:00:00.500Z');
    expect(cellsOf(request)).toEqual([[7], [2 ** 53 - 1], ['né'], [''], [Number.NaN], [1], [at]]);
  });

  it.each([
    ['whole', 7.5, 'type'],
    ['whole', 2 ** 31, 'out-of-range'],
    ['whole', null, 'missing'],
    ['big', 2 ** 53, 'out-of-range'],
    ['big', '7', 'type'],
    ['text', null, 'missing'],
    ['text', 7, 'type'],
    ['note', 7, 'type'],
    ['yes', 1, 'type'],
    ['yes', null, 'missing'],
    ['at', '2026-02-30T10:00:00Z', 'type'],
    ['at', '28/02/2026', 'type'],
    ['at', 0, 'type'],
  ])('refuses %s: %j', (column, value, code) => {
    expect(codes(() => read({ instances: [{ ...good, [column]: value }] }, typed))).toEqual([
      [0, column, code],
    ]);
  });

  it('takes null for a text that need not be there', () => {
    expect(cellsOf(read({ instances: [{ ...good, note: null }] }, typed))[3]).toEqual(['']);
  });

  it('has no value for an absent whole number, required or not', () => {
    const lax = signatureOf({ 'count?': 'long', x: 'double' });
    expect(codes(() => read({ instances: [{ x: 1 }] }, lax))).toEqual([
      [undefined, 'count', 'missing'],
    ]);
  });

  it('reads typed CSV cells, and refuses what they cannot hold', () => {
    const text = 'whole,big,text,yes,at\n7,8,"a ""b"", c",True,2026-02-28T10:00:00Z\n';
    expect(cellsOf(readCsv(text, typed)).slice(0, 4)).toEqual([[7], [8], ['a "b", c'], ['']]);
    const wrong = 'whole,big,text,yes,at\nx,8.5,t,maybe,now\n';
    expect(codes(() => readCsv(wrong, typed)).map(([, column]) => column)).toEqual([
      'whole',
      'big',
      'yes',
      'at',
    ]);
  });

  it.each([
    ['a,b\n"1', 'malformed-body'],
    ['a,b\n"1"x,2', 'malformed-body'],
    ['', 'invalid-input'],
    ['alcohol,pH', 'invalid-input'],
    ['alcohol,pH\n1', 'invalid-input'],
  ])('refuses the CSV %j as %s', (text, kind) => {
    expect(refusal(() => readCsv(text)).kind).toBe(kind);
  });

  it('reads plain arrays by position where that is allowed', () => {
    expect(cellsOf(read({ instances: [[1, 2]] }, wine, { positional: true }))).toEqual([[1], [2]]);
    expect(cellsOf(read({ inputs: [[1, 2]] }, wine, { positional: true }))).toEqual([[1], [2]]);
    const ragged = () => read({ inputs: [[1, 2], [1]] }, wine, { positional: true });
    expect(codes(ragged)).toEqual([[1, undefined, 'ragged']]);
    const single = signatureOf({ x_0: 'double' });
    expect(cellsOf(read({ instances: [1, 2] }, single, { positional: true }))).toEqual([[1, 2]]);
  });
});
