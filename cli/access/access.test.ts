import {
  type Answers,
  type PlatformEmulator,
  platformEmulator,
} from '../testing/platform-emulator';
import { aKey, anOperator, pageOf } from '../testing/resources';
import { runCli } from '../testing/run-cli';

let platform: PlatformEmulator;
afterEach(() => platform.close());

const run = async (args: readonly string[], answers: Answers) => {
  platform = await platformEmulator(answers);
  return runCli(args, { endpoint: platform.endpoint });
};
const lastBody = () => JSON.parse(platform.asked.at(-1)?.body.toString() || 'null');
const lastPath = () => platform.asked.at(-1)?.path;

const KEYS = '/api/services/wine/keys';

describe('keys', () => {
  const create = { [`POST ${KEYS}`]: () => ({ status: 201, body: aKey({ key: 'tgk-new' }) }) };
  const listed = (...keys: readonly object[]) => ({
    [`GET ${KEYS}`]: () => ({ body: pageOf(keys) }),
  });

  it('are printed alone on stdout, with a word that it is the only time', async () => {
    const result = await run(['keys', 'create', 'wine', 'my-app'], create);
    expect(result).toEqual({
      ...{ code: 0, stdout: 'tgk-new\n' },
      stderr: 'This key is shown this once: keep it now.\n',
    });
    expect(lastBody()).toEqual({ name: 'my-app' });
  });

  it('have scopes, an end and a quota', async () => {
    const scopes = ['--scope', 'predict', '--scope', 'labels'];
    await run(
      ['keys', 'create', 'wine', 'a1', ...scopes, '--expires', '90d', '--quota', '10/day'],
      create,
    );
    expect(lastBody()).toMatchObject({
      scopes: ['predict', 'labels'],
      throttle: { quota: { limit: 10, period: 'day' } },
    });
    const days = (Date.parse(lastBody().expires_at) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(90);
  });

  it('have no other scopes', async () => {
    expect((await run(['keys', 'create', 'wine', 'a1', '--scope', 'all'], create)).code).toBe(2);
    expect(platform.asked).toHaveLength(0);
  });

  it('are rotated by name, the active one of that name', async () => {
    const result = await run(['keys', 'rotate', 'wine', 'my-app', '--grace', '60'], {
      ...listed(aKey({ id: 'old', status: 'revoked' }), aKey({ id: 'key-2' })),
      [`POST ${KEYS}/key-2/rotate`]: () => ({ body: aKey({ key: 'tgk-next' }) }),
    });
    expect(result).toMatchObject({ code: 0, stdout: 'tgk-next\n' });
    expect(lastBody()).toEqual({ grace_s: 60 });
  });

  it('are revoked by id', async () => {
    const result = await run(['keys', 'revoke', 'wine', 'key-1'], {
      ...listed(aKey()),
      [`DELETE ${KEYS}/key-1`]: () => ({ body: aKey({ status: 'revoked' }) }),
    });
    expect(result).toMatchObject({ code: 0, stdout: 'my-app is revoked\n' });
    expect(lastPath()).toBe(`${KEYS}/key-1`);
  });

  it('are not guessed when a name is ambiguous', async () => {
    const result = await run(
      ['keys', 'revoke', 'wine', 'my-app'],
      listed(aKey({ id: 'a' }), aKey({ id: 'b' })),
    );
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('give the id of one\n  a, b');
    expect(platform.asked.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('are listed', async () => {
    const throttle = { rate: 5, burst: 10, quota: { limit: 1000, period: 'day' } };
    const result = await run(['keys', 'list', 'wine'], listed(aKey({ throttle })));
    expect(result.stdout).toMatch(/my-app +key-1 +active +predict +5\/s, burst 10, 1,000 a day/);
  });
});

describe('a key with only a quota', () => {
  it('shows no rate that holds nobody back', async () => {
    const throttle = { rate: 1_000_000, burst: 1_000_000, quota: { limit: 10, period: 'day' } };
    const result = await run(['keys', 'list', 'wine'], {
      [`GET ${KEYS}`]: () => ({ body: pageOf([aKey({ throttle })]) }),
    });
    expect(result.stdout).toMatch(/predict +10 a day +-/);
  });
});

describe('operators', () => {
  it('get their token once', async () => {
    const result = await run(['operators', 'create', 'ci', '--role', 'editor', '--grant', 'data'], {
      'POST /api/operators': () => ({ status: 201, body: anOperator({ token: 'tgo-new' }) }),
    });
    expect(result).toMatchObject({ code: 0, stdout: 'tgo-new\n' });
    expect(lastBody()).toEqual({ name: 'ci', role: 'editor', data: true });
  });

  it('have one of three roles', async () => {
    expect((await run(['operators', 'create', 'ci', '--role', 'god'], {})).code).toBe(2);
  });

  it('are rotated and removed by name', async () => {
    const answers: Answers = {
      'GET /api/operators': () => ({ body: pageOf([anOperator()]) }),
      'POST /api/operators/op-1/rotate': () => ({ body: anOperator({ token: 'tgo-next' }) }),
      'DELETE /api/operators/op-1': () => ({ status: 204 }),
    };
    expect((await run(['operators', 'rotate', 'ada'], answers)).stdout).toBe('tgo-next\n');
    await platform.close();
    expect((await run(['operators', 'delete', 'ada', '--yes'], answers)).code).toBe(0);
    await platform.close();
    expect((await run(['operators', 'list'], answers)).stdout).toMatch(/ada +op-1 +admin +yes/);
  });
});

describe('who is asking, and who did what', () => {
  it('is shown', async () => {
    const { created_by, created_at, updated_at, revision, ...me } = anOperator();
    const result = await run(['whoami'], { 'GET /api/me': () => ({ body: me }) });
    expect(result.stdout).toBe(`ada, admin with data, at ${platform.endpoint}\n`);
  });

  it('is audited', async () => {
    const entry = {
      ...{ id: 'a1', time: '2026-11-20T10:00:00.000Z', operator: 'ada', action: 'setTraffic' },
      ...{ resource: '/api/services/wine/traffic', status: 200, request_id: 'r1' },
    };
    const answers = { 'GET /api/audit': () => ({ body: pageOf([entry]) }) };
    expect((await run(['audit'], answers)).stdout).toContain('setTraffic');
    await platform.close();
    expect(JSON.parse((await run(['audit', '--json'], answers)).stdout)).toEqual([entry]);
  });
});
