import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { list } from 'tar';
import {
  type Answers,
  type PlatformEmulator,
  platformEmulator,
  problem,
} from '../testing/platform-emulator';
import { aModelVersion, pageOf } from '../testing/resources';
import { runCli } from '../testing/run-cli';

let platform: PlatformEmulator;
afterEach(() => platform.close());

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-models-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const REGISTER = 'POST /api/models/wine/versions';

const run = async (args: readonly string[], answers: Answers = {}) => {
  platform = await platformEmulator({
    'POST /api/uploads': () => ({
      status: 201,
      body: { upload_id: 'up-1', url: `${platform.endpoint}/uploads/secret-place`, method: 'PUT' },
    }),
    'PUT /uploads/secret-place': () => ({ status: 204 }),
    [REGISTER]: () => ({ status: 201, body: aModelVersion() }),
    ...answers,
  });
  return runCli(['models', ...args], { endpoint: platform.endpoint });
};

const asked = (call: string) =>
  platform.asked.find(({ method, path }) => `${method} ${path}` === call);
const bodyOf = (call: string) => JSON.parse(asked(call)?.body.toString() ?? 'null');

const mlflowFolder = () => {
  const model = join(folder, 'model');
  mkdirSync(join(model, 'data'), { recursive: true });
  writeFileSync(join(model, 'MLmodel'), 'flavors: {}');
  writeFileSync(join(model, 'data', 'model.onnx'), 'x'.repeat(100_000));
  return model;
};

const namesIn = async (archive: Buffer): Promise<Set<string>> => {
  const file = join(folder, 'sent.tar.gz');
  writeFileSync(file, archive);
  const names = new Set<string>();
  await list({ file, onReadEntry: ({ path, type }) => type === 'File' && names.add(path) });
  return names;
};

describe('models register', () => {
  it('packs a directory, sends it without a credential and registers the upload', async () => {
    const result = await run([
      'register',
      'wine',
      mlflowFolder(),
      '--description',
      'first',
      '--tag',
      'a=b=c',
    ]);
    expect(result).toMatchObject({ code: 0, stdout: 'wine/1  onnx, 1 column\n' });
    const sent = asked('PUT /uploads/secret-place');
    expect(sent?.headers.authorization).toBeUndefined();
    expect(Number(sent?.headers['content-length'])).toBe(sent?.body.length);
    expect(await namesIn(sent?.body ?? Buffer.of())).toEqual(
      new Set(['./MLmodel', './data/model.onnx']),
    );
    expect(bodyOf(REGISTER)).toEqual({
      ...{ source: { upload: 'up-1' }, description: 'first', tags: { a: 'b=c' } },
    });
  });

  it('leaves no archive behind, also when sending fails', async () => {
    const { TMPDIR } = process.env;
    const temporary = join(folder, 'temporary');
    mkdirSync(temporary);
    process.env.TMPDIR = temporary;
    const result = await run(['register', 'wine', mlflowFolder()], {
      'PUT /uploads/secret-place': () => problem(413, 'body-too-large', 'at most 1 GB'),
    });
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('at most 1 GB');
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('never tells the address of an upload, which is its own permission', async () => {
    const result = await run(['register', 'wine', mlflowFolder(), '--debug'], {
      'PUT /uploads/secret-place': () => ({ breaks: true }),
    });
    expect(result.code).toBe(1);
    expect(result.stderr).not.toContain('secret-place');
  });

  it('sends an .onnx file as it is, with the answers it must give', async () => {
    const file = join(folder, 'wine.onnx');
    writeFileSync(file, 'onnx');
    writeFileSync(join(folder, 'expected.json'), '{"predictions":[5.5]}');
    await run(['register', 'wine', file, '--expected', join(folder, 'expected.json')]);
    expect(asked('PUT /uploads/secret-place')?.body.toString()).toBe('onnx');
    expect(bodyOf(REGISTER)).toMatchObject({ expected: { predictions: [5.5] } });
  });

  it("prints the platform's JSON with --json", async () => {
    const result = await run(['register', 'wine', mlflowFolder(), '--json']);
    expect(JSON.parse(result.stdout)).toEqual(aModelVersion());
    expect(result.stderr).toBe('');
  });

  it('packs no file from outside the model', async () => {
    const model = mlflowFolder();
    symlinkSync('/etc/passwd', join(model, 'data', 'requirements.txt'));
    const result = await run(['register', 'wine', model]);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('out of the model is not packed');
    expect(platform.asked).toHaveLength(0);
  });

  it('packs what a link within the model points to', async () => {
    const model = mlflowFolder();
    symlinkSync('model.onnx', join(model, 'data', 'latest.onnx'));
    expect((await run(['register', 'wine', model])).code).toBe(0);
    const names = await namesIn(asked('PUT /uploads/secret-place')?.body ?? Buffer.of());
    expect(names).toContain('./data/latest.onnx');
  });

  it.each([
    ['missing', 'there is no such file or folder'],
    ['.', 'there is neither an MLmodel file nor one .onnx file'],
    ['model.pkl', 'give an MLflow model directory'],
  ])('refuses %s before anything is sent', async (name, message) => {
    writeFileSync(join(folder, 'model.pkl'), '');
    const result = await run(['register', 'wine', join(folder, name)]);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(message);
    expect(platform.asked).toHaveLength(0);
  });

  it('tells why the platform refused a model', async () => {
    const result = await run(['register', 'wine', mlflowFolder()], {
      [REGISTER]: () => problem(400, 'bad-request', 'the operator FancyOp is not supported'),
    });
    expect(result.code).toBe(1);
    expect(result.stderr).toBe('error: the operator FancyOp is not supported\n  request req-1\n');
  });
});

describe('models register --image', () => {
  const IMAGE = `111122223333.dkr.ecr.eu-west-1.amazonaws.com/mlflow@sha256:${'0'.repeat(64)}`;

  it('registers an image with its variables and signature, and sends nothing else', async () => {
    const signature = { inputs: [{ name: 'age', type: 'long' }], outputs: [{ type: 'double' }] };
    const file = join(folder, 'signature.json');
    writeFileSync(file, JSON.stringify(signature));
    const args = ['--image', IMAGE, '--env', 'A=1', '--env', 'B=x=y', '--signature', file];
    expect(await run(['register', 'wine', ...args])).toMatchObject({ code: 0 });
    expect(bodyOf(REGISTER)).toEqual({
      source: { image: { uri: IMAGE, environment: { A: '1', B: 'x=y' }, signature } },
    });
    expect(platform.asked).toHaveLength(1);
  });

  it('sends any folder for its container', async () => {
    const weights = join(folder, 'weights');
    mkdirSync(weights);
    writeFileSync(join(weights, 'model.safetensors'), 'x');
    expect((await run(['register', 'wine', weights, '--image', IMAGE])).code).toBe(0);
    expect(await namesIn(asked('PUT /uploads/secret-place')?.body ?? Buffer.of())).toEqual(
      new Set(['./model.safetensors']),
    );
    expect(bodyOf(REGISTER)).toEqual({
      source: { image: { uri: IMAGE, data: { upload: 'up-1' } } },
    });
  });

  it('takes a folder that names an image by itself', async () => {
    writeFileSync(join(folder, 'tidegate-image.json'), '{}');
    expect((await run(['register', 'wine', folder])).code).toBe(0);
    expect(bodyOf(REGISTER)).toEqual({ source: { upload: 'up-1' } });
  });

  it.each([
    [[], 'give a model, or --image'],
    [['.', '--env', 'A=1'], 'give --image, too'],
    [['.', '--signature', 'signature.json'], 'give --image, too'],
    [['--image', IMAGE, '--env', 'A'], 'name=value'],
  ])('refuses %j', async (args, message) => {
    const result = await run(['register', 'wine', ...args]);
    expect([result.code, platform.asked.length]).toEqual([2, 0]);
    expect(result.stderr).toContain(message);
  });

  it('refuses a signature that is not there or no JSON', async () => {
    const file = join(folder, 'signature.json');
    const register = () => run(['register', 'wine', '--image', IMAGE, '--signature', file]);
    expect((await register()).stderr).toContain('there is no such file');
    await platform.close();
    writeFileSync(file, 'inputs: []');
    expect((await register()).stderr).toContain('is not JSON, such as {"inputs"');
  });
});

describe('models import', () => {
  it('has the platform fetch it from MLflow', async () => {
    const result = await run(['import', 'wine', 'models:/red@champion']);
    expect(result.code).toBe(0);
    expect(bodyOf(REGISTER)).toEqual({ source: { mlflow: 'models:/red@champion' } });
  });

  it.each(['red/1', 'models:/red', 'models:/', 'runs:/x/y'])('refuses %s', async (source) => {
    expect((await run(['import', 'wine', source])).code).toBe(2);
    expect(platform.asked).toHaveLength(0);
  });
});

describe('looking at models', () => {
  const AT = '2026-11-20T10:00:00.000Z';
  const model = {
    ...{ name: 'wine', latest_version: 1, created_by: 'ada' },
    ...{ created_at: AT, updated_at: AT, revision: 1 },
  };
  const { signature: _, expected: __, ...summary } = aModelVersion();

  it('lists them', async () => {
    const result = await run(['list'], { 'GET /api/models': () => ({ body: pageOf([model]) }) });
    expect(result.stdout).toMatch(/^NAME +LATEST +CREATED BY +UPDATED\nwine +1 +ada +2026-11-2/);
  });

  it('shows one with its versions', async () => {
    const body = { ...model, versions: pageOf([summary]) };
    const answers = { 'GET /api/models/wine': () => ({ body }) };
    expect((await run(['show', 'wine'], answers)).stdout).toContain('onnx');
    await platform.close();
    expect(JSON.parse((await run(['show', 'wine', '--json'], answers)).stdout)).toEqual(body);
  });

  it('shows one version with what it takes', async () => {
    const result = await run(['show', 'wine/1'], {
      'GET /api/models/wine/versions/1': () => ({ body: aModelVersion() }),
    });
    expect(result.stdout).toMatch(/model +wine\/1/);
    expect(result.stdout).toMatch(/alcohol +double +yes/);
  });

  it('says of how many rows the expected answers are', async () => {
    const shown = async (predictions: number[] | null) => {
      const input = { columns: ['alcohol'], data: [[1], [2], [3]] };
      const expected = { input, predictions, probabilities: null, origin: 'recorded' };
      const { stdout } = await run(['show', 'wine/1'], {
        'GET /api/models/wine/versions/1': () => ({ body: aModelVersion({ expected }) }),
      });
      return /expected +(.*\S)/.exec(stdout)?.[1];
    };
    expect(await shown([5])).toBe('recorded answers of the first 1 of 3 rows');
    expect(await shown([5, 6, 7])).toBe('recorded answers');
    expect(await shown(null)).toBe('recorded answers');
  });

  it('shows the image that runs one, and of its variables the names', async () => {
    const container = { image: 'registry/own@sha256:0', environment_names: ['A', 'B'], data: true };
    const source = { image: { uri: container.image } };
    const result = await run(['show', 'wine/1'], {
      'GET /api/models/wine/versions/1': () => ({ body: aModelVersion({ container, source }) }),
    });
    expect(result.stdout).toMatch(/source +image registry\/own@sha256:0/);
    expect(result.stdout).toMatch(/variables +A, B/);
  });

  it('refuses what is no version', async () => {
    expect((await run(['show', 'wine/first'])).code).toBe(2);
  });

  it('deletes a version when told yes', async () => {
    const answers = { 'DELETE /api/models/wine/versions/1': () => ({ status: 204 }) };
    expect((await run(['delete', 'wine/1'], answers)).code).toBe(2);
    expect(platform.asked).toHaveLength(0);
    await platform.close();
    expect((await run(['delete', 'wine/1', '--yes'], answers)).code).toBe(0);
  });
});
