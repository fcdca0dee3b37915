import { execFileSync } from 'node:child_process';
import { cpSync, renameSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOfFolder } from '../adapters/embedded/file-artifact-store';
import {
  fixturePackage,
  loadedModelServer,
  type ModelServer,
  startModelServer,
} from './model-server-process';
import { type Caller, caller, until } from './support/api';
import {
  type Running,
  startPlatform,
  temporaryFolder,
  wineModel,
  wineModelV2,
} from './support/platform';
import { example, expected, wineBody } from './support/wine';

type Split = {
  readonly columns: readonly string[];
  readonly data: readonly (readonly unknown[])[];
};

const records = ({ columns, data }: Split) =>
  data.map((row) => Object.fromEntries(columns.map((name, place) => [name, row[place]])));
const columnsOf = ({ columns, data }: Split) =>
  Object.fromEntries(columns.map((name, place) => [name, data.map((row) => row[place])]));
const shuffled = ({ columns, data }: Split): Split => ({
  columns: [...columns].reverse(),
  data: data.map((row) => [...row].reverse()),
});
const csv = ({ columns, data }: Split) => [columns, ...data].map((row) => row.join(',')).join('\n');
const tensors = (split: Split) => ({
  id: 'mine',
  inputs: Object.entries(columnsOf(split)).map(([name, data]) => ({
    name,
    shape: [data.length, 1],
    datatype: 'FP64',
    data,
  })),
});

const small: Split = {
  columns: ['x_0', 'x_1', 'x_2'],
  data: [
    [0.5, -1, 2],
    [-3, 0.25, 0],
  ],
};
const CSV = { 'content-type': 'text/csv' };
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

/** A model of each kind, with rows for it. */
const MODELS: readonly [service: string, folder: () => string, rows: Split][] = [
  ['wine', () => wineModel, example],
  ['wine-classes', () => wineModelV2, example],
  ['words', () => fixturePackage('zipmap-text.onnx'), small],
];

describe('the model server beside the embedded home', () => {
  let platform: Running;
  let embedded: Caller;
  beforeAll(async () => {
    const fixture = './model-server/fixtures/zipmap-text.onnx';
    const versions = (model: string) => `{ auth: false, versions: { v1: { model: ${model} } } }`;
    platform = await startPlatform({
      manifest: `
services:
  wine: ${versions('./examples/wine/model')}
  wine-classes: ${versions('./examples/wine/model-v2')}
  words: ${versions(fixture)}
`,
    });
    embedded = caller(platform.url);
    for (const [service, , rows] of MODELS) {
      const body = { dataframe_split: rows };
      await until(
        () => embedded(`/services/${service}/predict`, { body }),
        ({ status }) => status === 200,
      );
    }
  }, 60_000);
  afterAll(() => platform.stop());

  describe.each(MODELS)('with %s', (service, folder, rows) => {
    let server: ModelServer;
    beforeAll(async () => {
      server = await loadedModelServer(folder(), { TIDEGATE_MODEL: `${service}/3` });
    });
    afterAll(() => server.process.kill('SIGTERM'));

    it.each([
      ['dataframe_split', { dataframe_split: rows }, JSON_TYPE],
      ['dataframe_records', { dataframe_records: records(rows) }, JSON_TYPE],
      ['instances', { instances: records(rows) }, JSON_TYPE],
      ['inputs', { inputs: columnsOf(rows) }, JSON_TYPE],
      ['columns in another order', { dataframe_split: shuffled(rows) }, JSON_TYPE],
      ['CSV', csv(rows), CSV],
      ['CSV with columns in another order', csv(shuffled(rows)), CSV],
    ])('answers %s with the same numbers', async (_, body, headers) => {
      const call = { body, headers };
      const theirs = await embedded(`/services/${service}/predict`, call);
      const ours = await server.call('/invocations', call);
      expect({ theirs: theirs.status, ours: ours.status }).toEqual({ theirs: 200, ours: 200 });
      const { predictions, probabilities } = theirs.body;
      expect(ours.body).toEqual({ predictions, ...(probabilities && { probabilities }) });
      expect(ours.headers.get('content-type')).toBe('application/json');
    });

    it('answers tensors of the inference protocol with the same tensors', async () => {
      const theirs = await embedded(`/services/${service}/v2/models/${service}/infer`, {
        body: tensors(rows),
      });
      const ours = await server.call('/invocations', { body: tensors(rows) });
      expect(ours.status).toBe(200);
      expect(ours.body).toEqual({
        ...theirs.body,
        model_name: service,
        model_version: '3',
        id: 'mine',
      });
    });
  });

  it('refuses as the embedded home does, without repeating what was sent', async () => {
    const server = await loadedModelServer(wineModel);
    const [first = []] = example.data;
    const split = (data: unknown) => ({ dataframe_split: { columns: example.columns, data } });
    const secret = 'hunter2';
    const bodies: readonly unknown[] = [
      {},
      `{"dataframe_split": ${secret}}`,
      split([]),
      split([first.slice(1)]),
      split([[secret, ...first.slice(1)]]),
      { dataframe_split: { columns: example.columns.slice(1), data: [first.slice(1)] } },
      { ...wineBody, instances: [] },
      { inputs: [{ name: 'pH', shape: [1], datatype: 'FP64', data: [secret] }] },
      { instances: [first] },
    ];
    for (const body of bodies) {
      const theirs = await embedded('/services/wine/predict', { body });
      const ours = await server.call('/invocations', { body });
      expect(ours.status).toBe(400);
      expect(ours.headers.get('content-type')).toBe('application/problem+json');
      expect(ours.text).not.toContain(secret);
      // Tensors are another route there.
      const isProtocol = ours.body.detail.startsWith('data holds');
      if (!isProtocol) {
        expect({ ...ours.body, request_id: '' }).toEqual({ ...theirs.body, request_id: '' });
      }
    }
    server.process.kill('SIGTERM');
  });
});

describe('the container contract', () => {
  let server: ModelServer;
  beforeAll(async () => {
    server = await loadedModelServer(wineModel);
  });

  it.each([
    ['another type', 415, { body: 'a', headers: { 'content-type': 'text/plain' } }],
    ['compressed bodies', 415, { body: wineBody, headers: { 'content-encoding': 'gzip' } }],
    ['a body that is too large', 413, { body: new Uint8Array(6 * 1024 * 1024 + 1) }],
    ['CSV of another shape', 400, { body: 'a,b\n1,2', headers: CSV }],
    ['another method', 405, { method: 'PUT', body: wineBody }],
  ])('refuses %s', async (_, status, call) => {
    const answer = await server.call('/invocations', call);
    expect(answer).toMatchObject({
      status,
      body: { status, type: expect.stringMatching(/^urn:tidegate:/) },
    });
  });

  it('names the request by the attributes that SageMaker hands on', async () => {
    const id = '0198c6f2-0000-7000-8000-000000000001';
    const headers = { 'x-amzn-sagemaker-custom-attributes': id };
    const refused = await server.call('/invocations', { body: {}, headers });
    expect(refused.body.request_id).toBe(id);
    expect(refused.headers.get('x-request-id')).toBe(id);
    const forged = { 'x-amzn-sagemaker-custom-attributes': '"><script>' };
    const other = await server.call('/invocations', { body: {}, headers: forged });
    expect(other.body.request_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('knows two routes', async () => {
    expect((await server.call('/')).status).toBe(404);
    expect((await server.call('/constructor')).status).toBe(404);
    const wrong = await server.call('/ping', { method: 'POST', body: {} });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('GET');
  });

  it('answers sixteen at the same time, each with its own rows', async () => {
    const rows = Array.from({ length: 16 }, (_, i) => i % example.data.length);
    const answers = await Promise.all(
      rows.map((row) =>
        server.call('/invocations', {
          body: { dataframe_split: { columns: example.columns, data: [example.data[row]] } },
        }),
      ),
    );
    const { body } = await server.call('/invocations', { body: wineBody });
    expect(answers.map((answer) => answer.body.predictions[0])).toEqual(
      rows.map((row) => body.predictions[row]),
    );
    for (const [row, value] of expected.predictions.entries()) {
      expect(body.predictions[row]).toBeCloseTo(value, 4);
    }
  });
});

describe('a model server that starts', () => {
  it('answers pings before the model is loaded: 503 until then, 200 after', async () => {
    const folder = fixturePackage('zipmap-int.onnx');
    const names = join(folder, 'classes.json');
    // Whoever reads the package waits here until somebody writes.
    execFileSync('mkfifo', [names]);
    const server = await startModelServer(folder, { TIDEGATE_THREADS: '1' });
    const writer = await open(names, 'w');
    for (const path of ['/ping', '/invocations']) {
      const body = path === '/ping' ? undefined : { dataframe_split: small };
      const early = await server.call(path, { body });
      expect(early).toMatchObject({ status: 503, body: { type: 'urn:tidegate:unavailable' } });
      expect(early.headers.get('retry-after')).toBe('1');
    }
    const whole = join(temporaryFolder(), 'classes.json');
    writeFileSync(whole, '["5", "6", "7"]');
    renameSync(whole, names);
    await writer.writeFile('["5", "6", "7"]');
    await writer.close();
    await until(
      () => server.call('/ping'),
      ({ status }) => status === 200,
    );
    const answer = await server.call('/invocations', { body: { dataframe_split: small } });
    expect(answer.status).toBe(200);
  });

  it('serves what was registered under its digest', async () => {
    const folder = join(temporaryFolder(), 'nested');
    cpSync(wineModel, folder, { recursive: true });
    cpSync(wineModel, join(folder, 'a/copy of'), { recursive: true });
    const digest = await digestOfFolder(folder);
    const server = await loadedModelServer(folder, { TIDEGATE_DIGEST: digest });
    expect((await server.call('/invocations', { body: wineBody })).status).toBe(200);
  });

  const changed = () => {
    const folder = join(temporaryFolder(), 'changed');
    cpSync(wineModel, folder, { recursive: true });
    writeFileSync(join(folder, 'extra.txt'), '');
    return folder;
  };
  const holding = (name: string, text: string) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, name), text);
    return folder;
  };
  const signature = `signature: {inputs: '[{"name":"a","type":"double"}]', outputs: '[{"type":"long"}]'}`;
  const sklearn = `flavors: {sklearn: {}, python_function: {}}\n${signature}\n`;

  it.each([
    [
      'a package that was changed',
      changed,
      /not what was registered.*register the model again/,
      null,
    ],
    ['a corrupt model', () => holding('model.onnx', 'no model'), /no ONNX model/, ''],
    ['operators nobody has', () => fixturePackage('unsupported-op.onnx'), /Frobnicate/, ''],
    ['a folder without a model', temporaryFolder, /no MLmodel and no .onnx/, ''],
    ['a folder that is not there', () => '/nowhere/at/all', /ENOENT/, ''],
    ['another flavor', () => holding('MLmodel', sklearn), /flavor sklearn.*image of its own/, ''],
  ])('ends with one line and code 1 for %s', async (_, folder, why, digest: string | null) => {
    const registered = digest ?? (await digestOfFolder(wineModel));
    const server = await startModelServer(folder(), { TIDEGATE_DIGEST: registered });
    await expect(server.ended).resolves.toBe(1);
    const errors = server.lines().filter(({ level }) => level === 'error');
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(why) })]);
  });

  it.each([
    ['SAGEMAKER_BIND_TO_PORT', 'high'],
    ['TIDEGATE_THREADS', '0'],
    ['TIDEGATE_DEVICE', 'tpu'],
  ])('ends with one line and code 1 when %s is %s', async (name, value) => {
    const server = await startModelServer(wineModel, { [name]: value });
    await expect(server.ended).resolves.toBe(1);
    expect(server.lines().at(-1)?.message).toContain(name);
  });
});

/** It counts to the number it is given, about 700 a millisecond. */
describe('a model that takes its time', () => {
  const count = (server: ModelServer, to: number) =>
    server.call('/invocations', { body: { inputs: { x: [to] } } });
  const SLOW = 1_000_000;

  it('lets only so many wait, and answers pings meanwhile', async () => {
    const env = { TIDEGATE_THREADS: '1', TIDEGATE_MAX_QUEUE: '1' };
    const server = await loadedModelServer(fixturePackage('loop.onnx'), env);
    // One is worked on, one waits.
    const answers = [1, 2, 3, 4].map((more) => count(server, SLOW / 3 + more));
    const sooner = await Promise.race(answers);
    expect(sooner).toMatchObject({ status: 503, body: { type: 'urn:tidegate:overloaded' } });
    expect(sooner.headers.get('retry-after')).toBe('1');
    const asked = performance.now();
    expect((await server.call('/ping')).status).toBe(200);
    expect(performance.now() - asked).toBeLessThan(1_000);
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 200, 503, 503]);
    server.process.kill('SIGTERM');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'answers what is in flight after %s, takes nothing more, and ends with 0',
    async (signal) => {
      const env = { TIDEGATE_THREADS: '2' };
      const server = await loadedModelServer(fixturePackage('loop.onnx'), env);
      const inFlight = count(server, SLOW);
      // On a connection that is kept.
      expect((await count(server, 1)).status).toBe(200);
      server.process.kill(signal);
      await until(
        async () => server.lines().at(-1)?.message,
        (message) => message?.startsWith('asked to end') ?? false,
      );
      const refused = await until(
        () => fetchError(server),
        (code) => code !== null,
      );
      expect(refused).toBe('ECONNREFUSED');
      const late = await inFlight;
      expect(late).toMatchObject({ status: 200, body: { predictions: [SLOW] } });
      expect(late.headers.get('connection')).toBe('close');
      await expect(server.ended).resolves.toBe(0);
    },
  );

  const fetchError = (server: ModelServer): Promise<string | null> =>
    server.call('/ping').then(
      () => null,
      ({ cause }) => cause?.code,
    );
});

describe('a model that fails', () => {
  it('is a 500 without its words, which stand in the log, and goes on', async () => {
    // It answers one number, however many rows there are.
    const server = await loadedModelServer(fixturePackage('total.onnx'));
    const ask = (rows: number, headers = {}) =>
      server.call('/invocations', { body: { instances: Array(rows).fill([1, 2, 3]) }, headers });
    const failed = await ask(2);
    expect(failed).toMatchObject({
      status: 500,
      body: {
        type: 'urn:tidegate:model-error',
        status: 500,
        detail: 'the model failed on this request',
      },
    });
    expect(server.lines().at(-1)).toMatchObject({
      level: 'error',
      message: expect.stringMatching(/failed on this request: .*answered/),
      request_id: failed.body.request_id,
    });
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const attributes = (said: string) => ({ 'x-amzn-sagemaker-custom-attributes': said });
    await ask(2, attributes(`r-1;00-${trace}-b7ad6b7169203331-01`));
    expect(server.lines().at(-1)).toMatchObject({ request_id: 'r-1', trace_id: trace });
    // A trace that is none takes nothing away from the id.
    await ask(2, attributes('r-2;00-none-none-01'));
    expect(server.lines().at(-1)).toMatchObject({ request_id: 'r-2' });
    expect(server.lines().at(-1)?.trace_id).toBeUndefined();
    expect((await ask(1)).status).toBe(200);
  });
});
