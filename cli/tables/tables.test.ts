import {
  type Answers,
  type PlatformEmulator,
  platformEmulator,
} from '../testing/platform-emulator';
import { pageOf } from '../testing/resources';
import { runCli } from '../testing/run-cli';

let platform: PlatformEmulator;
afterEach(() => platform.close());

const WINE = {
  ...{ name: 'inference.wine', service: 'wine' },
  columns: [
    { name: 'request_id', type: 'string' },
    { name: 'alcohol', type: 'double' },
  ],
};
const REQUESTS = { name: 'inference.requests', service: null, columns: [] };
const ANSWERS: Answers = {
  'GET /api/tables': ({ query }) => ({
    body: query.cursor ? pageOf([WINE]) : pageOf([REQUESTS], 'next'),
  }),
  'POST /api/services/wine/tables/refresh': () => ({
    body: { run_id: 'run-1', status: 'succeeded', rows: 12_000, errors: 0, labels: 3 },
  }),
  'POST /api/services/wine/erasures': () => ({
    body: { erasure_id: 'erasure-1', requests: 2, rows: 10, errors: 0, labels: 1 },
  }),
};
const run = async (...args: readonly string[]) => {
  platform = await platformEmulator(ANSWERS);
  return runCli(args, { endpoint: platform.endpoint });
};

describe('tables', () => {
  it('are listed', async () => {
    expect((await run('tables', 'list')).stdout).toMatch(/inference\.wine +wine +2/);
    await platform.close();
    expect(JSON.parse((await run('tables', 'list', '--json')).stdout)).toEqual([REQUESTS, WINE]);
  });

  it.each(['wine', 'inference.wine'])('are shown with their columns: %s', async (name) => {
    expect((await run('tables', 'show', name)).stdout).toMatch(/alcohol +double/);
    await platform.close();
    expect(JSON.parse((await run('tables', 'show', name, '--json')).stdout)).toEqual(WINE);
  });

  it('are found in a database of another name', async () => {
    const table = { ...WINE, name: 'scores.wine' };
    platform = await platformEmulator({ 'GET /api/tables': () => ({ body: pageOf([table]) }) });
    const show = (name: string) =>
      runCli(['tables', 'show', name, '--json'], { endpoint: platform.endpoint });
    expect(JSON.parse((await show('wine')).stdout)).toEqual(table);
    expect(JSON.parse((await show('scores.wine')).stdout)).toEqual(table);
    expect((await show('inference.wine')).code).toBe(1);
  });

  it('that are not there are told so', async () => {
    const { code, stderr } = await run('tables', 'show', 'beer');
    expect([code, stderr]).toEqual([1, expect.stringContaining('no table beer')]);
  });

  it('are refreshed', async () => {
    const { stdout } = await run('tables', 'refresh', 'wine');
    expect(stdout).toBe('12,000 rows, 0 errors and 3 labels came in\n');
    await platform.close();
    await run('tables', 'refresh', 'wine', '--since', '2026-11-01T00:00:00Z');
    expect(JSON.parse(platform.asked[0]?.body.toString() ?? '')).toEqual({
      from: '2026-11-01T00:00:00.000Z',
    });
  });

  it('lose whole requests, when that is meant', async () => {
    const given = ['tables', 'erase', 'wine', '--client-request-id', 'a-1', 'a-2'];
    const { stdout } = await run(...given, '--yes');
    expect(stdout).toBe('2 requests went, with 10 rows, 0 errors and 1 labels\n');
    expect(JSON.parse(platform.asked[0]?.body.toString() ?? '')).toEqual({
      client_request_ids: ['a-1', 'a-2'],
    });
    await platform.close();
    expect((await run(...given)).code).toBe(2);
    expect(platform.asked).toEqual([]);
  });

  it.each([[[]], [['--column', 'age']], [['--request-id', 'a', '--client-request-id', 'b']]])(
    'lose nothing when it is not clear what: %j',
    async (options) => {
      const { code, stderr } = await run('tables', 'erase', 'wine', '--yes', ...options);
      expect([code, stderr]).toEqual([2, expect.stringContaining('give --request-id')]);
    },
  );

  it('are completed by name', async () => {
    const { stdout } = await run('__complete', '--', 'tables', 'show', 'inference.w');
    expect(stdout).toBe('inference.wine\n');
  });
});
