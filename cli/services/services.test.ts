import { PassThrough } from 'node:stream';
import {
  type Answers,
  type PlatformEmulator,
  platformEmulator,
  problem,
  type Told,
} from '../testing/platform-emulator';
import { aService, aVersion, pageOf } from '../testing/resources';
import { type CliRun, runCli } from '../testing/run-cli';

let platform: PlatformEmulator;
afterEach(() => platform.close());

const run = async (args: readonly string[], answers: Answers, options: Partial<CliRun> = {}) => {
  platform = await platformEmulator(answers);
  return runCli(args, { endpoint: platform.endpoint, ...options });
};
const bodyOf = (call: string) => {
  const found = platform.asked.find(({ method, path }) => `${method} ${path}` === call);
  return JSON.parse(found?.body.toString() || 'null');
};
const inTurn = (...turns: readonly Told[]) => {
  let at = 0;
  return () => turns[Math.min(at++, turns.length - 1)] as Told;
};

const CREATE = 'POST /api/services';
const WINE = '/api/services/wine';

describe('services create', () => {
  it('makes the service and its first version in one call', async () => {
    const options = ['--rate', '5', '--quota', '1000/day', '--sample', '0.1', '--hash', 'id'];
    const more = ['--mask', 'pH', '--drop', 'name', '--no-auth', '--max-rows', '64'];
    const days = ['--rows-days', '400', '--captured', 'before'];
    const result = await run(
      [
        'services',
        'create',
        'wine',
        '--model',
        'red/3',
        '--version-name',
        'a1',
        ...options,
        ...more,
        ...days,
      ],
      { [CREATE]: () => ({ status: 201, body: aService({ status: 'starting' }) }) },
    );
    expect(result).toMatchObject({ code: 0, stdout: 'wine is starting\n' });
    expect(bodyOf(CREATE)).toEqual({
      ...{ name: 'wine', auth: false, max_rows: 64 },
      throttle: { rate: 5, burst: 10, quota: { limit: 1000, period: 'day' } },
      capture: {
        ...{ sample: 0.1, when: 'before' },
        columns: { id: 'hash', pH: 'mask', name: 'drop' },
      },
      retention: { rows_days: 400 },
      versions: { a1: { model: { name: 'red', version: 3 } } },
    });
  });

  it('leaves to the platform what is not said', async () => {
    await run(['services', 'create', 'wine'], {
      [CREATE]: () => ({ status: 201, body: aService({ status: 'draft' }) }),
    });
    expect(bodyOf(CREATE)).toEqual({ name: 'wine' });
  });

  it('waits until it runs', async () => {
    const starting = { body: aService({ status: 'starting' }) };
    const result = await run(['services', 'create', 'wine', '--model', 'red/3', '--wait'], {
      [CREATE]: () => ({ status: 201, ...starting }),
      [`GET ${WINE}`]: inTurn(starting, starting, { body: aService() }),
    });
    expect(result).toMatchObject({ code: 0, stdout: 'wine is running\n' });
  });

  it('says why it does not run', async () => {
    const failed = aService({ status: 'failed', status_reason: 'v1: model.onnx is missing' });
    const result = await run(['services', 'create', 'wine', '--model', 'red/3', '--wait'], {
      [CREATE]: () => ({ status: 201, body: aService({ status: 'starting' }) }),
      [`GET ${WINE}`]: () => ({ body: failed }),
    });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toBe('error: wine failed: v1: model.onnx is missing\n');
  });

  it('gives up waiting', async () => {
    const starting = { body: aService({ status: 'starting' }) };
    const args = [
      'services',
      'create',
      'wine',
      '--model',
      'red/3',
      '--wait',
      '--wait-timeout',
      '1',
    ];
    const result = await run(args, {
      [CREATE]: () => ({ status: 201, ...starting }),
      [`GET ${WINE}`]: () => starting,
    });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('wine is still starting after 1 s');
  });

  it('lists every fault of what was asked', async () => {
    const errors = [
      { path: 'body.throttle.rate', code: 'too_big', message: 'too much' },
      { path: 'body.name', code: 'invalid', message: 'reserved' },
    ];
    const result = await run(['services', 'create', 'wine'], {
      [CREATE]: () => problem(400, 'bad-request', '2 faults', { errors }),
    });
    expect(result.stderr).toBe(
      'error: 2 faults\n  body.throttle.rate: too much\n  body.name: reserved\n  request req-1\n',
    );
  });

  it.each([
    ['--wait'],
    ['--model', 'wine'],
    ['--quota', '5/year'],
    ['--sample', '2'],
    ['--rows-days', '0'],
    ['--requests-days', 'never'],
    ['--no-such-option'],
  ])('is called wrongly with %s', async (...args) => {
    const result = await run(['services', 'create', 'wine', ...args], {});
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/^error: /);
    expect(platform.asked).toHaveLength(0);
  });
});

describe('services', () => {
  it('are listed over all pages, as a table or an array', async () => {
    const answers: Answers = {
      'GET /api/services': ({ query }) => ({
        body: query.cursor
          ? pageOf([aService({ name: 'zebra' })])
          : pageOf([aService({ status_reason: 'v2: \x1b[2Jbroken' })], 'wine'),
      }),
    };
    const table = await run(['services', 'list'], answers);
    expect(table.stdout).toContain('zebra');
    expect(table.stdout).toContain('\\u001b[2Jbroken');
    await platform.close();
    const array = await run(['services', 'list', '--json'], answers);
    expect(JSON.parse(array.stdout).map(({ name }: { name: string }) => name)).toEqual([
      'wine',
      'zebra',
    ]);
  });

  it('are listed up to the limit', async () => {
    const result = await run(['services', 'list', '--limit', '1'], {
      'GET /api/services': ({ query }) => ({
        body: pageOf(query.limit === '1' ? [aService()] : [], 'wine'),
      }),
    });
    expect(platform.asked).toHaveLength(1);
    expect(result.stderr).toContain('raise --limit');
  });

  it('are listed page by page when asked', async () => {
    const result = await run(['services', 'list', '--page', 'wine', '--json'], {
      'GET /api/services': ({ query }) => ({ body: pageOf([aService()], `after-${query.cursor}`) }),
    });
    expect(JSON.parse(result.stdout)).toEqual(pageOf([aService()], 'after-wine'));
  });

  it('have nothing on stdout when there are none', async () => {
    const answers = { 'GET /api/services': () => ({ body: pageOf([]) }) };
    expect((await run(['services', 'list'], answers)).stdout).toBe('');
    await platform.close();
    expect((await run(['services', 'list', '--json'], answers)).stdout).toBe('[]\n');
  });

  it.each([40, 60, 80, 120])('fit a terminal of %i columns', async (terminal) => {
    const long = aService({ name: 'quality-of-wine', description: 'all the words '.repeat(20) });
    const answers = { 'GET /api/services': () => ({ body: pageOf([long]) }) };
    const { stdout } = await run(['services', 'list', '--no-color'], answers, { terminal });
    const lines = stdout.split('\n');
    const isTable = lines[0]?.startsWith('NAME');
    if (isTable)
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(terminal);
    else expect(lines[0]).toMatch(/^name +quality-of-wine$/);
  });

  it('are coloured for a terminal, unless its owner said no', async () => {
    const answers = { 'GET /api/services': () => ({ body: pageOf([aService()]) }) };
    const shown = async (args: readonly string[], options: Partial<CliRun>) => {
      const { stdout } = await run(['services', 'list', ...args], answers, options);
      await platform.close();
      return stdout.includes('\x1b[32mrunning');
    };
    expect(await shown([], { terminal: 100 })).toBe(true);
    expect(await shown(['--no-color'], { terminal: 100 })).toBe(false);
    expect(await shown([], { terminal: 100, env: { NO_COLOR: '1' } })).toBe(false);
    expect(await shown([], {})).toBe(false);
  });

  it('are shown one by one', async () => {
    const result = await run(['services', 'show', 'wine'], {
      [`GET ${WINE}`]: () => ({ body: aService() }),
    });
    expect(result.stdout).toMatch(/captured +100 %, hash user_id/);
  });

  it('show a share of captured requests, and days, as a person would write them', async () => {
    const service = aService({
      capture: { sample: 0.07, columns: {}, client_ip: false, when: 'before' },
      retention: { requests_days: 90, rows_days: null, labels_days: 365 },
    });
    const result = await run(['services', 'show', 'wine'], {
      [`GET ${WINE}`]: () => ({ body: service }),
    });
    expect(result.stdout).toMatch(/captured +7 %, before the answer\n/);
    expect(result.stdout).toMatch(/kept +requests 90 days, rows for ever, labels 365 days\n/);
  });

  it('have their quota taken away', async () => {
    await run(['services', 'update', 'wine', '--quota', 'none'], {
      [`GET ${WINE}`]: () => ({ body: aService() }),
      [`PATCH ${WINE}`]: () => ({ body: aService() }),
    });
    expect(bodyOf(`PATCH ${WINE}`)).toEqual({ throttle: { quota: null } });
  });

  it('are kept for days, or for ever again', async () => {
    const days = ['--requests-days', '90', '--labels-days', 'none'];
    const result = await run(['services', 'update', 'wine', ...days], {
      [`GET ${WINE}`]: () => ({ body: aService() }),
      [`PATCH ${WINE}`]: () => ({ body: aService() }),
    });
    expect(result.code).toBe(0);
    expect(bodyOf(`PATCH ${WINE}`)).toEqual({
      retention: { requests_days: 90, labels_days: null },
    });
  });

  it('are changed only where told, guarded by the revision that was seen', async () => {
    const result = await run(['services', 'update', 'wine', '--mask', 'pH', '--rate', '5'], {
      [`GET ${WINE}`]: () => ({ body: aService() }),
      [`PATCH ${WINE}`]: () => ({ body: aService() }),
    });
    expect(result.code).toBe(0);
    expect(bodyOf(`PATCH ${WINE}`)).toEqual({
      throttle: { rate: 5 },
      capture: { columns: { user_id: 'hash', pH: 'mask' } },
    });
    expect(platform.asked.at(-1)?.headers['if-match']).toBe('"3"');
  });

  it('store a column as it is again', async () => {
    await run(['services', 'update', 'wine', '--keep', 'user_id'], {
      [`GET ${WINE}`]: () => ({ body: aService() }),
      [`PATCH ${WINE}`]: () => ({ body: aService() }),
    });
    expect(bodyOf(`PATCH ${WINE}`)).toEqual({ capture: { columns: {} } });
  });

  it('are not changed by nothing', async () => {
    const result = await run(['services', 'update', 'wine'], {
      [`GET ${WINE}`]: () => ({ body: aService() }),
    });
    expect(result).toMatchObject({ code: 2, stderr: 'error: nothing to change was given\n' });
  });

  it('are stopped and waited for', async () => {
    const result = await run(['services', 'stop', 'wine', '--wait'], {
      [`POST ${WINE}/stop`]: () => ({ body: aService({ status: 'stopping' }) }),
      [`GET ${WINE}`]: inTurn(
        { body: aService({ status: 'stopping' }) },
        { body: aService({ status: 'stopped' }) },
      ),
    });
    expect(result.stdout).toBe('wine is stopped\n');
  });

  it('share traffic out', async () => {
    const updating = aService({ status: 'updating', traffic: { v1: 90, v2: 10 } });
    const result = await run(['services', 'traffic', 'wine', 'v1=90', 'v2=10', '--wait'], {
      [`PUT ${WINE}/traffic`]: () => ({ body: updating }),
      [`GET ${WINE}`]: inTurn({ body: updating }, { body: { ...updating, status: 'running' } }),
    });
    expect(result.stdout).toBe('wine: v1 90 %, v2 10 %\n');
    expect(bodyOf(`PUT ${WINE}/traffic`)).toEqual({ v1: 90, v2: 10 });
  });

  it.each([[['v1=90']], [['v1=90', 'v1=10']], [['v1']], [[]]])(
    'refuse the split %j',
    async (split) => {
      expect((await run(['services', 'traffic', 'wine', ...split], {})).code).toBe(2);
      expect(platform.asked).toHaveLength(0);
    },
  );

  it('are deleted after a yes on the terminal', async () => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    stdin.write('y\n');
    const result = await run(
      ['services', 'delete', 'wine', '--purge'],
      { [`DELETE ${WINE}`]: () => ({ status: 204 }) },
      { stdin, terminal: 100 },
    );
    expect(result.code).toBe(0);
    expect(result.stderr).toContain('with its keys and tables');
    expect(platform.asked[0]?.query).toEqual({ purge: 'true' });
  });

  it('are not deleted without --yes where nobody can be asked', async () => {
    const answers = { [`DELETE ${WINE}`]: () => ({ status: 204 }) };
    expect((await run(['services', 'delete', 'wine'], answers)).code).toBe(2);
    expect(platform.asked).toHaveLength(0);
    await platform.close();
    expect((await run(['services', 'delete', 'wine', '--yes', '--json'], answers)).stdout).toBe('');
  });
});

describe('versions', () => {
  const VERSIONS = `${WINE}/versions`;

  it('are added under the next free name', async () => {
    const result = await run(['versions', 'add', 'wine', '--model', 'red/4', '--env', 'A=b'], {
      [`GET ${VERSIONS}`]: () => ({ body: pageOf([aVersion(), aVersion({ name: 'v7' })]) }),
      [`POST ${VERSIONS}`]: () => ({ status: 201, body: aVersion({ name: 'v8', traffic: 0 }) }),
    });
    expect(result.stdout).toBe('wine v8 is running\n');
    expect(result.stderr).toContain('gets no traffic yet');
    expect(bodyOf(`POST ${VERSIONS}`)).toEqual({
      ...{ name: 'v8', model: { name: 'red', version: 4 }, environment: { A: 'b' }, start: true },
    });
  });

  it('say why one does not run', async () => {
    const failed = aVersion({ status: 'failed', status_reason: 'out of memory' });
    const args = ['versions', 'add', 'wine', '--model', 'red/4', '--name', 'v1', '--wait'];
    const result = await run(args, {
      [`POST ${VERSIONS}`]: () => ({ status: 201, body: aVersion({ status: 'starting' }) }),
      [`GET ${VERSIONS}/v1`]: () => ({ body: failed }),
    });
    expect(result).toMatchObject({ code: 1, stderr: 'error: wine v1 failed: out of memory\n' });
  });

  it('are not added without a model', async () => {
    expect((await run(['versions', 'add', 'wine'], {})).code).toBe(2);
  });

  it('are listed, shown, changed, started, stopped and deleted', async () => {
    const v1 = `${VERSIONS}/v1`;
    const answers: Answers = {
      [`GET ${VERSIONS}`]: () => ({ body: pageOf([aVersion()]) }),
      [`GET ${v1}`]: () => ({ body: aVersion() }),
      [`PATCH ${v1}`]: () => ({ body: aVersion() }),
      [`POST ${v1}/start`]: () => ({ body: aVersion() }),
      [`POST ${v1}/stop`]: () => ({ body: aVersion({ status: 'stopping' }) }),
      [`DELETE ${v1}`]: () => ({ status: 204 }),
    };
    const outputs = [];
    for (const args of [
      ['list', 'wine'],
      ['show', 'wine', 'v1'],
      ['update', 'wine', 'v1', '--compute', 'ml.m5.large:1-2'],
      ['start', 'wine', 'v1', '--wait'],
      ['stop', 'wine', 'v1'],
      ['delete', 'wine', 'v1', '--yes'],
    ]) {
      const { code, stdout } = await run(['versions', ...args], answers);
      await platform.close();
      outputs.push(code, stdout.split('\n')[0]);
    }
    expect(outputs).toEqual([
      ...[0, expect.stringMatching(/^VERSION +STATUS/), 0, expect.stringMatching(/wine v1/)],
      ...[0, 'wine v1 is running', 0, 'wine v1 is running', 0, 'wine v1 is stopping', 0, ''],
    ]);
  });

  it.each([
    [undefined, '1 to 4 × ml.m5.large'],
    [{ by: 'invocations', target: 300 }, '1 to 4 × ml.m5.large, 300 a minute each'],
    [{ by: 'concurrency', target: 8 }, '1 to 4 × ml.m5.large, 8 at once each'],
  ])('say what their instances are scaled by (%j)', async (scaling, text) => {
    const compute = { instances: { type: 'ml.m5.large', min: 1, max: 4, scaling } };
    const answers = { [`GET ${VERSIONS}/v1`]: () => ({ body: aVersion({ compute }) }) };
    const { stdout } = await run(['versions', 'show', 'wine', 'v1'], answers);
    expect(stdout).toMatch(new RegExp(`^compute +${text}$`, 'm'));
  });

  it('have replicas, which are all restarted when none is named', async () => {
    const instance = (id: string) => ({
      ...{ id, version: 'v1', status: 'running', restarts: 2, started_at: null },
      ...{ cpu_percent: 12.4, memory_bytes: 150_000_000 },
    });
    const answers: Answers = {
      [`GET ${VERSIONS}/v1/instances`]: () => ({ body: pageOf([instance('i1'), instance('i2')]) }),
      [`POST ${VERSIONS}/v1/instances/i1/restart`]: () => ({ status: 204 }),
      [`POST ${VERSIONS}/v1/instances/i2/restart`]: () => ({ status: 204 }),
    };
    const seen = await run(['versions', 'instances', 'wine', 'v1'], answers);
    expect(seen.stdout).toMatch(/i1 +running +2 +- +12 % +150.0 MB/);
    await platform.close();
    await run(['versions', 'restart', 'wine', 'v1'], answers);
    expect(platform.asked.filter(({ method }) => method === 'POST')).toHaveLength(2);
    await platform.close();
    await run(['versions', 'restart', 'wine', 'v1', 'i2'], answers);
    expect(platform.asked.map(({ path }) => path)).toEqual([`${VERSIONS}/v1/instances/i2/restart`]);
  });
});
