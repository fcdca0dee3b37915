import {
  type Answers,
  type PlatformEmulator,
  platformEmulator,
} from '../testing/platform-emulator';
import { pageOf } from '../testing/resources';
import { runCli } from '../testing/run-cli';

let platform: PlatformEmulator;
afterEach(() => platform.close());

const run = async (args: readonly string[], answers: Answers) => {
  platform = await platformEmulator(answers);
  return runCli(args, { endpoint: platform.endpoint });
};

const AT = '2026-11-20T10:00:00.000Z';
const event = (message: string) => ({
  ...{ first_seen: AT, last_seen: AT, level: 'warning', resource_kind: 'version' },
  ...{ resource_name: 'v1', type: 'replica-died', message, count: 3 },
});
const line = (message: string, more: object = {}) => ({
  ...{ time: AT, level: 'info', version: 'v1', instance: 'i1', message },
  ...more,
});

describe('events', () => {
  it('are listed', async () => {
    const result = await run(['events', 'wine', '--since', '2d'], {
      'GET /api/services/wine/events': () => ({ body: pageOf([event('exit code 1')]) }),
    });
    expect(result.stdout).toMatch(/warning +version v1 +replica-died +3 +exit code 1/);
    expect(Date.parse(platform.asked[0]?.query.from ?? '')).toBeLessThan(Date.now() - 86_400_000);
  });
});

describe('following', () => {
  it.each([
    ['events', '--limit', '5'],
    ['events', '--page'],
    ['logs', '--limit', '5'],
    ['logs', '--until', '1h'],
  ])('has no end, so %s does not take %s with it', async (command, ...more) => {
    const result = await run([command, 'wine', '--follow', ...more], {});
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('cannot be used with');
    expect(platform.asked).toHaveLength(0);
  });
});

describe('logs', () => {
  const LOGS = 'GET /api/services/wine/logs';
  const pages: Answers = {
    [LOGS]: ({ query: { cursor = '0' } }) => ({
      body: {
        items: cursor === '2' ? [] : [line(`line ${cursor}`)],
        next_cursor: String(Math.min(2, Number(cursor) + 1)),
      },
    }),
  };

  it('are printed to their end for now', async () => {
    const result = await run(['logs', 'wine'], pages);
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/v1 i1 {2}line 0\n.*v1 i1 {2}line 1\n$/);
  });

  it('are an array with --json', async () => {
    const { stdout } = await run(['logs', 'wine', '--json'], pages);
    expect(JSON.parse(stdout)).toEqual([line('line 0'), line('line 1')]);
  });

  it('end at the limit', async () => {
    const result = await run(['logs', 'wine', '--limit', '1'], pages);
    expect(result.stdout.trim().split('\n')).toHaveLength(1);
    expect(result.stderr).toContain('raise --limit');
  });

  it('are asked for by version, replica, time and text', async () => {
    const filters = [
      '--version',
      'v2',
      '--instance',
      'i9',
      '--since',
      '2h',
      '--until',
      '1h',
      '--grep',
      'Out of',
    ];
    await run(['logs', 'wine', ...filters], pages);
    const { from = '', to = '', ...query } = platform.asked[0]?.query ?? {};
    expect(query).toMatchObject({ version: 'v2', instance: 'i9', q: 'Out of' });
    expect(Date.parse(to) - Date.parse(from)).toBe(3_600_000);
  });

  it('cannot send anything to the terminal but text', async () => {
    const message = 'Traceback\n  \x1b]0;owned\x07 done';
    const result = await run(['logs', 'wine'], {
      [LOGS]: ({ query }) => ({
        body: { items: query.cursor ? [] : [line(message, { level: 'error' })], next_cursor: '1' },
      }),
    });
    expect(result.stdout).toContain('error Traceback\n      \\u001b]0;owned\\u0007 done\n');
  });

  it('say where they were looked for when there are none', async () => {
    const result = await run(['logs', 'wine'], {
      [LOGS]: () => ({ body: { items: [], next_cursor: 'x' } }),
    });
    expect(result).toMatchObject({ code: 0, stdout: '' });
    expect(result.stderr).toContain('only the last hour');
  });
});
