import fc from 'fast-check';
import { isDomainError } from '../../core/shared/domain-error';
import { type CompiledInput, compileInput } from './compiled-input';
import { readFast } from './read-fast';
import { readJson } from './read-request';
import { signatureOf } from './signature-fixture';

const columns = { alcohol: 'double', pH: 'double', 'né x': 'double' } as const;
const float32 = { storage: ['float32', 'float32', 'float32'] } as const;
const inputs: readonly CompiledInput[] = [
  compileInput(signatureOf(columns, { ...float32, matrix: true })),
  compileInput(signatureOf(columns, float32)),
  compileInput(signatureOf(columns, { matrix: true })),
];
const options = { maxRows: 4, positional: false };

const general = (body: Uint8Array, input: CompiledInput) => {
  try {
    return readJson(body, input, options);
  } catch (error) {
    if (isDomainError(error)) return null;
    throw error;
  }
};

/** What the fast reader accepts, the general one reads the same, bit by bit. */
const agree = (body: Uint8Array, input: CompiledInput): boolean => {
  const fast = readFast(body, input, options.maxRows);
  if (!fast) return false;
  const slow = general(body, input);
  expect(slow).toMatchObject({
    clientRequestId: fast.clientRequestId,
    asReceived: true,
    params: null,
    format: 'dataframe_split',
  });
  expect(fast.table).toEqual(slow?.table);
  return true;
};

const blank = fc.constantFrom('', '', '', ' ', '\n', '\t \r\n');
const digits = fc.bigInt({ min: 0n, max: 10n ** 20n }).map(String);
const number = fc.oneof(
  fc.double({ noNaN: true, min: -1e38, max: 1e38 }).map((value) => JSON.stringify(value)),
  fc.tuple(fc.constantFrom('', '-'), digits, digits).map(([sign, a, b]) => `${sign}${a}.${b}`),
  fc.tuple(digits, fc.integer({ min: -400, max: 400 })).map(([a, e]) => `${a}e${e}`),
  fc.integer({ min: -99_999, max: 99_999 }).map((value) => String(value / 100)),
  fc.constantFrom(
    'null',
    '0',
    '-0',
    '-0.0',
    '3.4028235e38',
    '3.5e38',
    '1e400',
    '5e-324',
    '9007199254740993',
  ),
);
const odd = fc.constantFrom(
  '01',
  '1.',
  '.5',
  '+1',
  '-',
  'NaN',
  'true',
  '"1"',
  '[1]',
  '',
  '1 2',
  'nul',
);
const cell = fc.oneof({ weight: 40, arbitrary: number }, { weight: 1, arbitrary: odd });
const names = fc.constantFrom(
  ['alcohol', 'pH', 'né x'],
  ['pH', 'né x', 'alcohol'],
  ['pH', 'extra', 'né x', 'alcohol'],
  ['pH', 'alcohol'],
  ['pH', 'pH', 'né x', 'alcohol'],
);

const body = fc
  .tuple(
    names,
    fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
    fc.array(blank, { minLength: 6, maxLength: 6 }),
    fc.constantFrom('none', 'none', 'before', 'after', 'twice', 'other'),
    fc.constantFrom(true, true, true, false),
  )
  .map(([header, rows, [a, b, c, d, e, f], id, fit]) => {
    const width = fit ? header.length : -1;
    const fitted = rows.map((row) => (width < 0 ? row : [...row, ...row].slice(0, width)));
    const data = fitted.map((row) => `[${a}${row.join(`${b},${c}`)}${a}]`).join(`,${d}`);
    const split = `"dataframe_split"${a}:${b}{"columns":${c}${JSON.stringify(header)}${d},${e}"data":${f}[${data}]${a}}`;
    const own = '"client_request_id": "a-1"';
    const members = {
      none: [split],
      before: [own, split],
      after: [split, own],
      twice: [own, split, own],
      other: [split, '"params": {}'],
    }[id];
    return `${b}{${c}${members.join(`${d},${e}`)}${f}}${a}`;
  });

describe('the fast reader', () => {
  it('never differs from the general one on bodies of its kind', () => {
    let accepted = 0;
    fc.assert(
      fc.property(body, fc.constantFrom(...inputs), (text, input) => {
        if (agree(new TextEncoder().encode(text), input)) accepted += 1;
      }),
      { numRuns: 20_000 },
    );
    // A reader that declined everything would agree too.
    expect(accepted).toBeGreaterThan(1_000);
  });

  it('never differs from the general one on bodies with bytes changed, lost or doubled', () => {
    const mutation = fc.tuple(
      fc.constantFrom('set', 'cut', 'add'),
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
    );
    fc.assert(
      fc.property(
        body,
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...inputs),
        (text, mutations, input) => {
          const bytes = Array.from(new TextEncoder().encode(text));
          for (const [kind, place, byte] of mutations) {
            bytes.splice(
              place % bytes.length,
              kind === 'add' ? 0 : 1,
              ...(kind === 'cut' ? [] : [byte]),
            );
          }
          agree(Uint8Array.from(bytes), input);
        },
      ),
      { numRuns: 20_000 },
    );
  });

  it('takes the request that most callers send', () => {
    const text =
      '{"dataframe_split": {"columns": ["pH", "alcohol", "né"], "data": [[3.51, 9.4, 1e-3], [-0.5, null, 12345678901234567890]]}}';
    const input = compileInput(signatureOf({ alcohol: 'double', pH: 'double', né: 'double' }));
    expect(agree(new TextEncoder().encode(text), input)).toBe(true);
  });

  it('declines a table with any other member, such as one that says which columns are hashed', () => {
    const [input] = inputs;
    const table = '"columns":["pH","alcohol","né x"],"data":[[1,2,3]]';
    const fast = (text: string) => input && readFast(new TextEncoder().encode(text), input, 4);
    expect(fast(`{"dataframe_split":{${table}}}`)?.table.rows).toBe(1);
    expect(fast(`{"dataframe_split":{${table},"hashed":["pH"]}}`)).toBeNull();
    expect(fast(`{"dataframe_split":{"hashed":["pH"],${table}}}`)).toBeNull();
  });

  it('declines a name with escapes rather than guess', () => {
    const [input] = inputs;
    const text = '{"dataframe_split":{"columns":["pH","alcohol","n\\u00e9 x"],"data":[[1,2,3]]}}';
    expect(input && readFast(new TextEncoder().encode(text), input, 4)).toBeNull();
    expect(input && general(new TextEncoder().encode(text), input)?.table.rows).toBe(1);
  });
});
