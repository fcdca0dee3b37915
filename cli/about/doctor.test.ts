import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Answers,
  type PlatformEmulator,
  platformEmulator,
  problem,
} from '../testing/platform-emulator';
import { anOperator, aService, aVersion, pageOf } from '../testing/resources';
import { runCli } from '../testing/run-cli';
import { checkNode, checkPython } from './machine-checks';
import { wayOutOf } from './way-out';

let platform: PlatformEmulator;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-doctor-'));
});
afterEach(async () => {
  await platform.close();
  rmSync(folder, { recursive: true });
});

const { created_by, created_at, updated_at, revision, ...me } = anOperator();
const HEALTHY: Answers = {
  'GET /healthz': () => ({ body: { status: 'ok' } }),
  'GET /readyz': () => ({ body: { status: 'ready', checks: [] } }),
  'GET /api/me': () => ({ body: me }),
  'GET /api/services': () => ({ body: pageOf([aService()]) }),
  'GET /api/services/wine/versions': () => ({ body: pageOf([aVersion()]) }),
};

interface Found {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
  readonly way_out: string | null;
}

const examine = async (answers: Answers = HEALTHY, mode = 0o600) => {
  platform = await platformEmulator(answers);
  const file = join(folder, 'credentials.json');
  writeFileSync(file, JSON.stringify({ endpoint: platform.endpoint, operator_token: 'tgo-kept' }));
  chmodSync(file, mode);
  return check();
};

const check = async (env: Readonly<Record<string, string>> = {}) => {
  const { code, stdout } = await runCli(['doctor', '--json'], {
    env: { TIDEGATE_DATA: folder, TIDEGATE_TOKEN: '', TIDEGATE_PYTHON: '/no/python', ...env },
  });
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Found[] };
  return { code, ok, of: (name: string) => checks.find((each) => each.name === name), checks };
};

describe('doctor', () => {
  it('finds nothing wrong where nothing is', async () => {
    const { code, ok, checks } = await examine();
    expect({ code, ok }).toEqual({ code: 0, ok: true });
    expect(checks.map(({ name, status }) => [name, status])).toEqual([
      ...[
        ['node', 'ok'],
        ['credentials', 'ok'],
        ['data folder', expect.stringMatching(/ok|note/)],
      ],
      ...[
        ['python', 'note'],
        ['endpoint', 'ok'],
        ['ready', 'ok'],
        ['token', 'ok'],
        ['wine v1', 'ok'],
      ],
    ]);
    expect(platform.asked.find(({ path }) => path === '/api/me')?.headers.authorization).toBe(
      'Bearer tgo-kept',
    );
  });

  it('says why a version does not run, and the way out', async () => {
    const failed = aVersion({
      ...{ status: 'failed', status_reason: 'model.onnx: no such file' },
      replicas: { wanted: 1, running: 0 },
    });
    const { code, of } = await examine({
      ...HEALTHY,
      'GET /api/services/wine/versions': () => ({ body: pageOf([failed]) }),
    });
    expect(code).toBe(1);
    expect(of('wine v1')).toMatchObject({
      status: 'wrong',
      detail: 'failed, 0 of 1 replicas: model.onnx: no such file',
      way_out: expect.stringContaining(
        'register the model again with all its files; see `tidegate logs',
      ),
    });
  });

  it('finds a platform that is not ready', async () => {
    const unready = problem(503, 'unavailable', 'wine: no replica is ready');
    const answers = {
      ...HEALTHY,
      'GET /readyz': () => ({ ...unready, headers: { 'retry-after': '9' } }),
    };
    const { code, of } = await examine(answers);
    expect(code).toBe(1);
    expect(of('ready')).toMatchObject({ status: 'wrong', detail: 'wine: no replica is ready' });
  });

  it('finds a token that is refused', async () => {
    const { code, of } = await examine({
      ...HEALTHY,
      'GET /api/me': () => problem(403, 'forbidden', 'not allowed'),
    });
    expect(code).toBe(1);
    expect(of('token')).toMatchObject({
      status: 'wrong',
      way_out: expect.stringContaining(folder),
    });
  });

  it('finds that nothing runs', async () => {
    await examine();
    await platform.close();
    const { code, of } = await check();
    expect(code).toBe(1);
    expect(of('endpoint')).toMatchObject({
      status: 'wrong',
      detail: expect.stringContaining('no Tidegate at http://127.0.0.1'),
    });
  });

  it('finds files that others can read', async () => {
    const { code, of } = await examine(HEALTHY, 0o644);
    expect(code).toBe(1);
    expect(of('credentials')).toMatchObject({ way_out: expect.stringContaining('chmod 600') });
    await platform.close();
    chmodSync(folder, 0o755);
    expect((await examine()).of('data folder')).toMatchObject({ status: 'wrong' });
  });

  it('goes on where the credentials are damaged or missing', async () => {
    await examine();
    writeFileSync(join(folder, 'credentials.json'), '{');
    const env = { TIDEGATE_ENDPOINT: platform.endpoint, TIDEGATE_TOKEN: 'tgo-given' };
    const damaged = await check(env);
    expect(damaged.of('credentials')).toMatchObject({ status: 'wrong' });
    expect(damaged.of('wine v1')).toMatchObject({ status: 'ok' });
    rmSync(join(folder, 'credentials.json'));
    expect((await check(env)).of('credentials')).toMatchObject({ status: 'ok' });
    expect((await check({ TIDEGATE_ENDPOINT: platform.endpoint })).of('credentials')).toMatchObject(
      {
        status: 'wrong',
      },
    );
  });

  it('says it to people, too', async () => {
    await examine();
    const env = { TIDEGATE_DATA: folder, TIDEGATE_TOKEN: '', TIDEGATE_PYTHON: '/no/python' };
    const { stdout, stderr } = await runCli(['doctor'], { env });
    expect(stdout).toMatch(/ok +token +ada, admin with data/);
    expect(stdout).toMatch(/note +python +no Python/);
    expect(stderr).toBe('');
  });
});

describe('the machine', () => {
  it('needs Node 24', () => {
    expect(checkNode('v24.0.0').status).toBe('ok');
    expect(checkNode('v20.20.2')).toMatchObject({ status: 'wrong', detail: 'v20.20.2 is too old' });
  });

  it('may have a Python without MLflow', async () => {
    platform = await platformEmulator({});
    const python = join(folder, 'python');
    writeFileSync(python, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const found = await checkPython({ env: { TIDEGATE_PYTHON: python }, home: folder });
    expect(found).toMatchObject({
      status: 'note',
      detail: expect.stringContaining('has no MLflow'),
    });
    writeFileSync(python, '#!/bin/sh\necho 3.17.2\n', { mode: 0o755 });
    const fit = await checkPython({ env: { TIDEGATE_PYTHON: python }, home: folder });
    expect(fit).toMatchObject({ status: 'ok', detail: `${python} with MLflow 3.17.2` });
  });
});

describe('the way out', () => {
  it.each([
    ['MLflow is not installed for python3', 'install it'],
    ['the process was killed (SIGKILL), out of memory', 'more memory'],
    ['the digest differs: model.onnx was changed', 'changed after registration'],
    ['EACCES: permission denied', 'let the user'],
    ['its model wine/3 is not registered any more', 'register the model again'],
    ['nothing listens on port 9000', 'SAGEMAKER_BIND_TO_PORT'],
    ['the operator Frobnicate is not supported', 'see `tidegate logs wine --version v1`'],
    ["ImportError: cannot import name 'cheap'", 'see `tidegate logs wine --version v1`'],
    ['something else', 'see `tidegate logs wine --version v1`'],
    [null, 'see `tidegate logs wine --version v1`'],
  ])('of %j is to %s', async (reason, way) => {
    platform = await platformEmulator({});
    const told = wayOutOf(reason, 'wine', 'v1');
    if (way.startsWith('see ')) expect(told).toBe(way);
    else expect(told).toContain(way);
  });
});
