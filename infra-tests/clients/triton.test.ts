import { join } from 'node:path';
import { caller } from '../support/api';
import { type Running, startPlatform } from '../support/platform';
import { describePython } from '../support/python';
import { example, expected, wineBody } from '../support/wine';
import { type PythonLines, pythonLines } from './python-lines';

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
  /** Left to the client unless given. */
  readonly binary?: boolean;
}

const fixture = (name: string) =>
  `{ auth: false, versions: { v1: { model: ./model-server/fixtures/${name}.onnx } } }`;

const MANIFEST = `services:
  wine:
    versions:
      v1: { model: ./examples/wine/model, weight: 100 }
      v2: { model: ./examples/wine/model-v2, weight: 0 }
    keys: [triton]
  bare: ${fixture('matrix')}
  wide: ${fixture('wide')}
  texts: ${fixture('zipmap-text')}
  echo-s: ${fixture('echo-s')}
  echo-b: ${fixture('echo-b')}
  echo-l: ${fixture('echo-l')}
  echo-f: ${fixture('echo-f')}
`;

const wine: readonly Tensor[] = example.columns.map((name, column) => ({
  name,
  datatype: 'FP64',
  shape: [example.data.length],
  data: example.data.map((row) => row[column]),
}));

/** One tensor of every type that a row can hold. */
const mixed: readonly Tensor[] = [
  { name: 'f', datatype: 'FP64', shape: [2], data: [1.5, -0.25] },
  { name: 'i', datatype: 'INT32', shape: [2, 1], data: [7, -7] },
  { name: 'l', datatype: 'INT64', shape: [2], data: [2 ** 53 - 1, -5] },
  { name: 's', datatype: 'BYTES', shape: [2, 1], data: ['né €', ''] },
  { name: 'b', datatype: 'BOOL', shape: [2, 1], data: [true, false] },
];
const echoed = {
  'echo-f': [1.5, -0.25],
  'echo-l': [2 ** 53 - 1, -5],
  'echo-s': ['né €', ''],
  'echo-b': [true, false],
};

const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 4));

describePython('tritonclient, unmodified', (python) => {
  let platform: Running;
  let client: PythonLines;
  let headers: Record<string, string> = {};

  const call = (service: string, method: string, args: object = {}) => {
    const url = `${new URL(platform.url).host}/services/${service}`;
    return client.ask({ url, method, arguments: args });
  };
  const ofWine = (method: string, args: object = {}) => call('wine', method, { headers, ...args });
  const infer = (args: object = {}) =>
    ofWine('infer', { model_name: 'wine', inputs: wine, ...args });

  beforeAll(async () => {
    platform = await startPlatform({ manifest: MANIFEST });
    headers = { authorization: `Bearer ${platform.key('wine', 'triton')}` };
    client = pythonLines(python, join(__dirname, 'triton_calls.py'));
  }, 60_000);
  afterAll(async () => {
    await client.stop();
    await platform.stop();
  }, 30_000);

  it.each([
    ['is_server_live', {}],
    ['is_server_ready', {}],
    ['is_model_ready', { model_name: 'wine' }],
    ['is_model_ready', { model_name: 'wine', model_version: 'v2' }],
  ])('finds that %s %j', async (method, args) => {
    await expect(ofWine(method, args)).resolves.toEqual({ value: true });
  });

  it.each([
    ['is_server_live', {}],
    ['is_model_ready', { headers: {}, model_name: 'wine', model_version: 'v1' }],
  ])('is told without a key only that %s is not so', async (method, args) => {
    await expect(call('wine', method, args)).resolves.toEqual({ value: false });
  });

  it('finds that a version is not ready which does not run', async () => {
    const api = caller(platform.url, platform.token);
    await api('/api/services/wine/versions/v2/stop', { method: 'POST' });
    const asked = { model_name: 'wine', model_version: 'v2' };
    await expect(ofWine('is_model_ready', asked)).resolves.toEqual({ value: false });
    await api('/api/services/wine/versions/v2/start', { method: 'POST' });
    const ready = async () => (await ofWine('is_model_ready', asked)) as { value: boolean };
    while (!(await ready()).value) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('reads the metadata of the server, and of a version its inputs and outputs', async () => {
    await expect(ofWine('get_server_metadata')).resolves.toMatchObject({
      value: { name: 'tidegate', extensions: ['binary_tensor_data'] },
    });
    const asked = { model_name: 'wine', model_version: 'v2' };
    await expect(ofWine('get_model_metadata', asked)).resolves.toEqual({
      value: {
        name: 'wine',
        versions: ['v1', 'v2'],
        platform: 'onnx_onnxruntime',
        inputs: example.columns.map((name) => ({ name, datatype: 'FP64', shape: [-1] })),
        outputs: [
          { name: 'predictions', datatype: 'FP64', shape: [-1] },
          { name: 'probabilities', datatype: 'FP64', shape: [-1, 6] },
        ],
      },
    });
  });

  it('predicts with its binary tensors both ways, which is what it does by default', async () => {
    await expect(infer({ request_id: 'mine' })).resolves.toEqual({
      value: {
        id: 'mine',
        model_name: 'wine',
        model_version: 'v1',
        binary: ['predictions'],
        outputs: { predictions: near(expected.predictions) },
      },
    });
  });

  it('gets the probabilities of a classifier as a matrix, the same as /predict answers', async () => {
    const call = caller(platform.url, platform.key('wine', 'triton'));
    const pinned = { body: wineBody, headers: { 'x-tidegate-version': 'v2' } };
    const { body } = await call('/services/wine/predict', pinned);
    const rows: Record<string, number>[] = body.probabilities;
    await expect(infer({ model_version: 'v2' })).resolves.toMatchObject({
      value: {
        model_version: 'v2',
        binary: ['predictions', 'probabilities'],
        outputs: {
          predictions: body.predictions,
          probabilities: rows.map((row) => near(Object.values(row))),
        },
      },
    });
  });

  it('predicts with JSON both ways, and asks for one output of two', async () => {
    const asked = {
      inputs: wine.map((tensor) => ({ ...tensor, binary: false })),
      model_version: 'v2',
      outputs: [{ name: 'probabilities', binary: false }],
    };
    const answer = await infer(asked);
    expect(answer).toMatchObject({ value: { binary: [] } });
    const { outputs } = (answer as { value: { outputs: object } }).value;
    expect(outputs).toEqual({ probabilities: example.data.map(() => expect.any(Array)) });
  });

  it('mixes binary and JSON in one request, shapes [n] and [n,1], in any order', async () => {
    const inputs = wine
      .map((tensor, i) => (i % 2 ? { ...tensor, binary: false } : tensor))
      .map((tensor, i) => (i % 3 ? { ...tensor, shape: [example.data.length, 1] } : tensor))
      .toReversed();
    await expect(infer({ inputs, outputs: [{ name: 'predictions' }] })).resolves.toMatchObject({
      value: { binary: ['predictions'], outputs: { predictions: near(expected.predictions) } },
    });
  });

  it('sends its other options and predicts all the same', async () => {
    const others = {
      sequence_id: 3,
      sequence_start: true,
      priority: 1,
      timeout: 5_000_000,
      parameters: { tenant: 'a' },
      query_params: { trace: 1 },
      response_compression_algorithm: 'gzip',
    };
    await expect(infer(others)).resolves.toMatchObject({
      value: { outputs: { predictions: near(expected.predictions) } },
    });
  });

  it('predicts asynchronously', async () => {
    const asked = { model_name: 'wine', inputs: wine };
    await expect(ofWine('async_infer', asked)).resolves.toMatchObject({
      value: { outputs: { predictions: near(expected.predictions) } },
    });
  });

  it.each([
    ['authorization', (key: string) => key],
    ['Authorization', (key: string) => `Bearer ${key}`],
    ['X-Api-Key', (key: string) => key],
  ])('takes the key from the header %s', async (name, write) => {
    const key = platform.key('wine', 'triton');
    await expect(infer({ headers: { [name]: write(key) } })).resolves.toHaveProperty('value');
  });

  describe.each([undefined, false])('with binary_data %s', (binary) => {
    it.each(Object.entries(echoed))(
      'carries every type of column to %s and back',
      async (service, data) => {
        const inputs = mixed.map((tensor) => ({ ...tensor, binary }));
        const outputs = [{ name: 'predictions', binary }];
        const asked = { model_name: service, inputs, outputs };
        await expect(call(service, 'infer', asked)).resolves.toMatchObject({
          value: { outputs: { predictions: data } },
        });
      },
    );

    it.each([
      ['bare', 'FP64', [expect.any(Number), expect.any(Number)]],
      ['bare', 'FP32', [expect.any(Number), expect.any(Number)]],
      ['wide', 'FP32', [expect.any(Array), expect.any(Array)]],
      ['texts', 'FP32', [expect.any(String), expect.any(String)]],
    ])('sends %s one matrix of %s by position', async (service, datatype, predictions) => {
      const data = [1, 2, 3, 4, 5, 6];
      const matrix = { name: 'anything', datatype, shape: [2, 3], data, binary };
      const asked = { model_name: service, inputs: [matrix] };
      const answer = await call(service, 'infer', asked);
      expect(answer).toMatchObject({ value: { outputs: { predictions } } });
      const rows = [data.slice(0, 3), data.slice(3)];
      const { body } = await caller(platform.url)(`/services/${service}/predict`, {
        body: { instances: rows },
      });
      expect(answer).toMatchObject({ value: { outputs: { predictions: body.predictions } } });
    });
  });

  it.each([true, false])('gets an answer that is no number as NaN, binary: %s', async (binary) => {
    const [first, ...others] = mixed;
    const inputs = [{ ...first, data: [null, 1] }, ...others];
    const outputs = [{ name: 'predictions', binary }];
    const answer = await call('echo-f', 'infer', { model_name: 'echo-f', inputs, outputs });
    expect(answer).toMatchObject({ value: { outputs: { predictions: ['NaN', 1] } } });
  });

  it.each([
    ['a column is missing', { inputs: wine.slice(1) }, '400', 'column "fixed_acidity"'],
    ['the version is unknown', { model_version: 'v9' }, '404', 'no such version'],
    ['the model is another', { model_name: 'beer' }, '404', 'called wine'],
    ['the key is missing', { headers: {} }, '401', 'x-api-key'],
    ['the key is wrong', { headers: { 'x-api-key': 'tgk-no' } }, '403', 'credential'],
    [
      'the body is compressed',
      { request_compression_algorithm: 'gzip' },
      '415',
      'Content-Encoding',
    ],
    [
      'the output is unknown',
      { outputs: [{ name: 'score' }] },
      '400',
      'predictions or probabilities',
    ],
    [
      'a text stands where a number belongs',
      {
        inputs: [
          { ...wine[0], datatype: 'BYTES', data: example.data.map(() => 'x') },
          ...wine.slice(1),
        ],
      },
      '400',
      'expected a number',
    ],
    [
      'the numbers of rows differ',
      { inputs: [{ ...wine[0], shape: [1], data: [7] }, ...wine.slice(1)] },
      '400',
      'number of rows',
    ],
  ])('raises InferenceServerException with our words when %s', async (_, args, status, words) => {
    await expect(infer(args)).resolves.toEqual({
      error: expect.stringContaining(words),
      status,
    });
  });

  it.each(['get_model_config', 'get_inference_statistics'])(
    'is told that the extension behind %s is not there',
    async (method) => {
      await expect(ofWine(method, { model_name: 'wine' })).resolves.toEqual({
        error: expect.stringContaining('no such route'),
        status: '404',
      });
    },
  );
});
