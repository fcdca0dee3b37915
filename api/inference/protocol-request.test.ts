import fc from 'fast-check';
import { isDomainError } from '../../core/shared/domain-error';
import { compileInput } from './compiled-input';
import { readProtocol } from './protocol-request';
import { signatureOf } from './signature-fixture';

const wine = compileInput(signatureOf({ alcohol: 'double', pH: 'double' }));
const typed = compileInput(signatureOf({ text: 'string', count: 'long', yes: 'boolean' }));
const options = { maxRows: 100, positional: false };
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const read = (value: unknown, input = wine, own = {}) =>
  readProtocol(encode(value), {}, input, { ...options, ...own });

const kindOf = (run: () => unknown): string => {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (isDomainError(error)) return error.kind;
    throw error;
  }
};

const column = (name: string, data: unknown[], datatype = 'FP64') => ({
  name,
  datatype,
  shape: [data.length, 1],
  data,
});

describe('reading an inference-protocol request', () => {
  it('reads one input per column by name, and echoes the id', () => {
    const { request, id } = read({
      id: 'mine',
      inputs: [column('pH', [3.5, null]), column('alcohol', [9, 10])],
    });
    expect(id).toBe('mine');
    expect(request.split()).toEqual({
      columns: ['alcohol', 'pH'],
      data: [
        [9, 3.5],
        [10, null],
      ],
    });
    expect(request).toMatchObject({ format: 'oip-v2', clientRequestId: 'mine' });
  });

  it('reads one matrix by position where that is allowed', () => {
    const inputs = [
      {
        name: 'x',
        datatype: 'FP32',
        shape: [2, 2],
        data: [
          [1, 2],
          [3, 4],
        ],
      },
    ];
    const { request } = read({ inputs }, wine, { positional: true });
    expect(request.split().data).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(kindOf(() => read({ inputs }))).toBe('invalid-input');
  });

  it('reads binary tensors behind the JSON', () => {
    const text = Uint8Array.of(2, 0, 0, 0, 0xc3, 0xa9, 0, 0, 0, 0);
    const counts = new Uint8Array(BigInt64Array.of(7n, -8n).buffer);
    const truths = Uint8Array.of(1, 0);
    const sized = (name: string, datatype: string, bytes: Uint8Array) => ({
      name,
      datatype,
      shape: [2],
      parameters: { binary_data_size: bytes.length },
    });
    const head = encode({
      inputs: [
        sized('text', 'BYTES', text),
        sized('count', 'INT64', counts),
        sized('yes', 'BOOL', truths),
      ],
    });
    const body = Uint8Array.of(...head, ...text, ...counts, ...truths);
    const headers = { 'inference-header-content-length': String(head.length) };
    const { request } = readProtocol(body, headers, typed, options);
    expect(request.split().data).toEqual([
      ['é', 7, true],
      ['', -8, false],
    ]);
    for (const cut of [body.subarray(0, body.length - 1), Uint8Array.of(...body, 0)]) {
      expect(kindOf(() => readProtocol(cut, headers, typed, options))).toBe('invalid-input');
    }
  });

  it.each([
    ['no inputs', {}],
    ['inputs that are no list', { inputs: {} }],
    ['an input that is null', { inputs: [null] }],
    ['a missing column', { inputs: [column('pH', [1])] }],
    ['a column twice', { inputs: [column('pH', [1]), column('pH', [1]), column('alcohol', [1])] }],
    ['different rows', { inputs: [column('pH', [1]), column('alcohol', [1, 2])] }],
    ['no rows', { inputs: [column('pH', []), column('alcohol', [])] }],
    ['an unknown datatype', { inputs: [column('pH', [1], 'toString'), column('alcohol', [1])] }],
    ['text for a number', { inputs: [column('pH', ['1'], 'BYTES'), column('alcohol', [1])] }],
    ['less data than the shape', { inputs: [{ ...column('pH', [1]), shape: [2] }] }],
    ['a negative shape', { inputs: [{ ...column('pH', [1]), shape: [-1] }] }],
    ['a huge shape', { inputs: [{ ...column('pH', [1]), shape: [2 ** 40, 2 ** 40] }] }],
    ['three dimensions', { inputs: [{ ...column('pH', [1]), shape: [1, 1, 1] }] }],
    ['an id that is no text', { id: 7, inputs: [column('pH', [1]), column('alcohol', [1])] }],
    [
      'an unknown output',
      { outputs: [{ name: 'x' }], inputs: [column('pH', [1]), column('alcohol', [1])] },
    ],
    [
      'a broken binary size',
      { inputs: [{ ...column('pH', [1]), parameters: { binary_data_size: -1 } }] },
    ],
  ])('refuses %s', (_what, body) => {
    expect(kindOf(() => read(body))).toBe('invalid-input');
  });

  it('answers any JSON with a domain error or a table, never otherwise', () => {
    const word = fc.constantFrom(
      'inputs',
      'name',
      'shape',
      'datatype',
      'data',
      'parameters',
      'binary_data_size',
      'FP64',
      'BYTES',
      'pH',
      'alcohol',
    );
    const any = fc.anything({
      key: word,
      values: [word, fc.integer(), fc.constant(null), fc.boolean()],
      maxDepth: 5,
    });
    fc.assert(
      fc.property(any, fc.uint8Array({ maxLength: 30 }), (value, tail) => {
        const head = encode(value ?? null);
        const body = Uint8Array.of(...head, ...tail);
        const headers = { 'inference-header-content-length': String(head.length) };
        kindOf(() => readProtocol(body, headers, wine, options));
      }),
      { numRuns: 5_000 },
    );
  });
});
