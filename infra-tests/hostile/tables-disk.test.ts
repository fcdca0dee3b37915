import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Duck, openDuck } from '../../adapters/embedded/tables/duckdb';
import { caller, until } from '../support/api';
import { wineBody } from '../support/wine';
import { childrenOf, commandOf } from './children-of';
import { canMount, type OnSmallDisk, startOnSmallDisk } from './small-disk';

const token = `tgo-${'a1'.repeat(20)}`;
const manifest = `
services:
  wine:
    auth: false
    throttle: { rate: 100000, burst: 100000 }
    versions:
      v1: { model: ./examples/wine/model }
`;
const ROWS = wineBody.dataframe_split.data.length;
/** What is left of the disk when it fills up: a build gets so far with it, and no farther. */
const LEFT = [0, 8, 32, 96, 256].map((kilobytes) => kilobytes * 1024);

describe('tables on a full disk', () => {
  if (!canMount() && process.env.CI !== 'true') {
    it('are not tried here: it takes unshare and the right to mount', () => {
      expect(canMount()).toBe(false);
    });
    return;
  }
  let running: OnSmallDisk;
  let reader: Duck;
  const answered: string[] = [];
  const operator = (path: string, options = {}) => caller(running.url, token)(path, options);
  const predict = async (count: number): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (let done = 0; done < count; done += 20) {
      const calls = Array.from({ length: Math.min(20, count - done) }, () =>
        caller(running.url)('/services/wine/predict', { body: wineBody }),
      );
      for (const { status, body } of await Promise.all(calls)) {
        expect(status).toBe(200);
        ids.push(body.request_id);
      }
    }
    answered.push(...ids);
    return ids;
  };
  const sql = async (statement: string) => {
    const { status, body } = await operator('/api/query', { body: { sql: statement } });
    expect({ status, detail: body.detail }).toEqual({ status: 200 });
    return body.rows;
  };
  const counted = async () =>
    sql('SELECT count(*), count(DISTINCT example_id), count(label) FROM inference.wine');
  const refresh = () => operator('/api/services/wine/tables/refresh', { method: 'POST' });
  /** As somebody sees the rows who knows nothing of the platform. */
  const foreign = async () => {
    const [found] = await reader.rows(
      `SELECT count(*)::INTEGER AS rows, count(DISTINCT example_id)::INTEGER AS ids,
         count(prediction)::INTEGER AS whole, count(label)::INTEGER AS labels
       FROM read_parquet('${running.data}/tables/wine/**/*.parquet', union_by_name = true)`,
    );
    return found;
  };
  const builder = async (): Promise<number> => {
    const of = (pid: number) => commandOf(pid).includes('tables-worker.mjs build');
    const [found] = await until(
      async () => childrenOf(running.process.pid ?? 0).filter(of),
      ({ length }) => length > 0,
    );
    return Number(found);
  };
  const halted = async (work: () => Promise<unknown>): Promise<void> => {
    const pid = await builder();
    process.kill(pid, 'SIGSTOP');
    try {
      await work();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  };

  beforeAll(async () => {
    running = await startOnSmallDisk('40m', manifest, token);
    reader = await openDuck({ memory: '200MB', threads: 1, spill: null });
  }, 60_000);
  afterAll(async () => {
    reader.close();
    expect(await running.stop()).toBe(0);
  });

  const drafts = async () =>
    readdirSync(join(running.data, 'tables.work')).filter((file) => file !== 'spill');
  const troubles = (): number => running.output().split('a build failed: the disk').length;
  /** Refused in clear words, to be tried again; what had room enough all the same is done. */
  const expectFull = ({ status, body, headers }: Awaited<ReturnType<typeof refresh>>): void => {
    if (status < 300) return;
    const { type, detail } = body;
    expect({ status, type, detail }).toEqual({
      ...{ status: 503, type: 'urn:tidegate:unavailable' },
      detail: expect.stringContaining('disk that holds the data is full'),
    });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  };

  it('hold what they held, and then all that was captured, wherever a build is cut off', async () => {
    const failures = [];
    for (const left of LEFT) {
      await predict(100);
      expect((await refresh()).status).toBe(200);
      const [before, told] = [await foreign(), troubles()];
      expect(before).toEqual(whole(answered.length));
      await halted(async () => {
        await predict(100);
        running.fill(left);
      });
      const refreshed = await refresh();
      expectFull(refreshed);
      if (refreshed.status !== 200) {
        failures.push(left);
        expect(await foreign()).toEqual(before);
        await until(
          async () => troubles(),
          (count) => count > told,
        );
        // What came to nothing takes no room from what is served.
        await until(drafts, ({ length }) => length === 0);
      }
      running.free();
      await until(counted, ([row]) => row[0] === answered.length * ROWS);
      expect(await counted()).toEqual([
        Array(2)
          .fill(answered.length * ROWS)
          .concat(0),
      ]);
      expect(await foreign()).toEqual(whole(answered.length));
    }
    expect(failures).toContain(0);
    expect(failures.length).toBeGreaterThan(LEFT.length / 2);
  }, 120_000);

  it('get all labels that were accepted, and none that was refused, wherever a merge is cut off', async () => {
    let labelled = 0;
    const push = (ids: readonly string[], label: number) => {
      const labels = ids.map((id) => ({ request_id: id, row: 0, label }));
      return operator('/services/wine/labels', { body: { labels } });
    };
    const failures = [];
    for (const [n, left] of LEFT.entries()) {
      const [first = [], second = []] = [await predict(40), await predict(40)];
      expect((await refresh()).status).toBe(200);
      expect((await push(first, n)).status).toBe(202);
      await until(counted, ([row]) => row[2] === labelled + first.length);
      running.fill(left);
      const refused = await push(second, 100 + n);
      expectFull(refused);
      const refreshed = await refresh();
      expectFull(refreshed);
      if (refreshed.status !== 200) {
        failures.push(left);
        expect(await foreign()).toEqual(whole(answered.length, labelled));
      }
      running.free();
      const accepted = first.length + (refused.status === 202 ? second.length : 0);
      await until(counted, ([row]) => row[2] === labelled + accepted);
      expect(await push(second, 100 + n)).toMatchObject({ status: 202 });
      expect((await refresh()).status).toBe(200);
      labelled += first.length + second.length;
      expect(await foreign()).toEqual(whole(answered.length, labelled));
      const kept = `SELECT count(*) FROM inference.labels WHERE label IN ('${n}', '${100 + n}')`;
      expect(await sql(kept)).toEqual([[first.length + second.length]]);
    }
    expect(failures).toContain(0);
  }, 120_000);

  it('go on after a kill, with a disk that was full when their process began', async () => {
    const killed = await builder();
    // Not in the middle of a build: the next process would find the room that its drafts took.
    process.kill(killed, 'SIGSTOP');
    expect(await drafts()).toEqual([]);
    await predict(20);
    running.fill();
    process.kill(killed, 'SIGKILL');
    await until(
      async () => running.output(),
      (output) => output.includes('the process of the tables ended (SIGKILL)'),
    );
    expect(await builder()).not.toBe(killed);
    await until(
      async () => running.output(),
      (output) =>
        output.includes('the process of the tables ended (the disk that holds the data is full'),
    );
    running.free();
    await until(refresh, ({ status }) => status === 200);
    expect(await foreign()).toMatchObject({ rows: answered.length * ROWS });
    expect(running.output()).not.toMatch(/^ +at /m);
  }, 60_000);
});

const whole = (requests: number, labels = 0) => {
  const rows = requests * ROWS;
  return { rows, ids: rows, whole: rows, labels };
};
