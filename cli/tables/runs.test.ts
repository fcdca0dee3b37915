import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { cliProgram } from '../testing/cli-process';
import {
  type Answers,
  type PlatformEmulator,
  platformEmulator,
  problem,
  type Told,
} from '../testing/platform-emulator';
import { runCli } from '../testing/run-cli';

let platform: PlatformEmulator;
afterEach(() => platform.close());

describe('refreshes and erasures that take long', () => {
  const RUN = '019a0000-0000-7000-8000-000000000001';
  const ROUTE = `GET /api/services/wine/tables/runs/${RUN}`;
  const counts = { requests: 2, rows: 10, errors: 0, labels: 1 };
  const none = { requests: null, rows: null, errors: null, labels: null };
  const state = (kind: 'refresh' | 'erasure', status: string, more: object = none) => ({
    body: { run_id: RUN, kind, status, error: null, ...more },
  });
  const later = () => ({ status: 202, body: { run_id: RUN } });
  const begins: Answers = {
    'POST /api/services/wine/tables/refresh': later,
    'POST /api/services/wine/erasures': later,
  };
  const running = async (answers: Answers, ...args: readonly string[]) => {
    platform = await platformEmulator({ ...begins, ...answers });
    return runCli(args, { endpoint: platform.endpoint });
  };
  const erase = ['tables', 'erase', 'wine', '--yes', '--request-id', RUN];

  it('are followed to their end, which is told as if it had come at once', async () => {
    let asked = 0;
    const answers = (kind: 'refresh' | 'erasure'): Answers => ({
      [ROUTE]: () => {
        asked += 1;
        return asked % 3 === 0 ? state(kind, 'succeeded', counts) : state(kind, 'running');
      },
    });
    const { stdout } = await running(answers('refresh'), 'tables', 'refresh', 'wine');
    expect([stdout, asked]).toEqual(['10 rows, 0 errors and 1 labels came in\n', 3]);
    await platform.close();
    const erased = await running(answers('erasure'), ...erase, '--json');
    expect(JSON.parse(erased.stdout)).toEqual({ erasure_id: RUN, ...counts });
    await platform.close();
    const refreshed = await running(answers('refresh'), 'tables', 'refresh', 'wine', '--json');
    const { requests: _, ...told } = counts;
    expect(JSON.parse(refreshed.stdout)).toEqual({ run_id: RUN, status: 'succeeded', ...told });
  });

  it('say why they failed', async () => {
    const failed = state('erasure', 'failed', { ...none, error: 'erase-rows: no room' });
    const { code, stderr } = await running({ [ROUTE]: () => failed }, ...erase);
    expect([code, stderr]).toEqual([1, 'error: erase-rows: no room\n']);
  });

  it('go on when the platform cannot be asked any more, which is said', async () => {
    const gone = () => problem(500, 'internal', 'internal error');
    const { code, stderr } = await running({ [ROUTE]: gone }, 'tables', 'refresh', 'wine');
    expect(code).toBe(1);
    expect(stderr).toContain('internal error');
    expect(stderr).toContain(`look again: tidegate tables status wine --run ${RUN}`);
  });

  it('are followed again by their id', async () => {
    const again = ['tables', 'status', 'wine', '--run', RUN];
    const done = state('erasure', 'succeeded', counts);
    const { stdout } = await running({ [ROUTE]: () => done }, ...again);
    expect(stdout).toBe('2 requests went, with 10 rows, 0 errors and 1 labels\n');
    await platform.close();
    const forgotten = () => problem(404, 'not-found', 'wine has no such run');
    const { code, stderr } = await running({ [ROUTE]: forgotten }, ...again);
    expect([code, stderr]).toEqual([1, expect.not.stringContaining('look again')]);
  });

  it('are left running by Ctrl-C, whether they have an id yet or not', async () => {
    const cli = await cliProgram();
    const interrupted = async (answers: Answers, at: Promise<void>) => {
      platform = await platformEmulator({ ...begins, ...answers });
      const child = spawn(process.execPath, [cli.script, 'tables', 'refresh', 'wine'], {
        env: {
          PATH: process.env.PATH ?? '',
          TIDEGATE_ENDPOINT: platform.endpoint,
          TIDEGATE_TOKEN: 'tgo-test',
        },
      });
      const told = text(child.stderr);
      const ended = once(child, 'close');
      await at;
      child.kill('SIGINT');
      const [code] = await ended;
      await platform.close();
      return { code, stderr: await told };
    };
    const hangingAt = async (route: string) => {
      const asked = Promise.withResolvers<void>();
      const hangs = (): Told => {
        asked.resolve();
        return { hangs: true };
      };
      return interrupted({ [route]: hangs }, asked.promise);
    };
    const followed = await hangingAt(ROUTE);
    expect(followed).toEqual({ code: 1, stderr: expect.stringContaining(`--run ${RUN}\n`) });
    const { code, stderr } = await hangingAt('POST /api/services/wine/tables/refresh');
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('look again: tidegate tables status wine\n'),
    ]);
    expect(stderr).toContain('the platform goes on with it');
    cli.remove();
  }, 60_000);
});

describe('the status of tables', () => {
  it.each([
    [null, null, 'waiting  nothing\nbuilt    never\n', ''],
    [5, 65, 'just now\n', 'tidegate tables refresh wine'],
    [7_300, 90_000, '1 day ago\n', 'comes with the next build'],
  ])(
    'says what waits (%s s) and when they were built (%s s ago)',
    async (since, built, out, err) => {
      const time = (s: number | null) => s && new Date(Date.now() - s * 1000).toISOString();
      const status = { waiting_since: time(since), built_at: time(built) };
      platform = await platformEmulator({
        'GET /api/services/wine/tables/status': () => ({ body: status }),
      });
      const asking = ['tables', 'status', 'wine'];
      const { stdout, stderr } = await runCli(asking, { endpoint: platform.endpoint });
      expect([stdout, stderr]).toEqual([
        expect.stringContaining(out),
        expect.stringContaining(err),
      ]);
      const { stdout: json } = await runCli([...asking, '--json'], { endpoint: platform.endpoint });
      expect(JSON.parse(json)).toEqual(status);
    },
  );
});
