import { readdirSync } from 'node:fs';
import { caller, until } from '../support/api';
import { wineBody } from '../support/wine';
import { canMount, capturedLines, type OnSmallDisk, startOnSmallDisk } from './small-disk';

const token = `tgo-${'a1'.repeat(20)}`;
const manifest = `
services:
  wine:
    auth: false
    throttle: { rate: 100000, burst: 100000, quota: { limit: 1000000, period: day } }
    versions:
      v1: { model: ./examples/wine/model }
`;

describe('a full disk', () => {
  if (!canMount() && process.env.CI !== 'true') {
    it('is not tried here: it takes unshare and the right to mount', () => {
      expect(canMount()).toBe(false);
    });
    return;
  }
  let running: OnSmallDisk;
  const answered: string[] = [];
  const predict = async (count: number, headers = {}): Promise<void> => {
    for (let done = 0; done < count; done += 20) {
      const calls = Array.from({ length: Math.min(20, count - done) }, () =>
        caller(running.url)('/services/wine/predict', { body: wineBody, headers }),
      );
      for (const { status, body } of await Promise.all(calls)) {
        expect(status).toBe(200);
        answered.push(body.request_id);
      }
    }
  };
  const operator = (path: string, options = {}) => caller(running.url, token)(path, options);
  const losses = async (): Promise<number> => {
    const { body } = await operator('/api/services/wine/events?limit=200');
    const lost = body.items.filter(({ type }: { type: string }) => type === 'capture-lost');
    return lost.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
  };

  let keys = 0;
  /** Also what SQLite has of its own, and what the tables' builder has freed meanwhile. */
  const fillUp = async (): Promise<void> => {
    running.fill();
    for (let status = 201; status === 201; keys += 1) {
      const key = await operator('/api/services/wine/keys', { body: { name: `k${keys}` } });
      status = key.status;
    }
  };

  beforeAll(async () => {
    running = await startOnSmallDisk('8m', manifest, token);
  }, 60_000);
  afterAll(async () => {
    expect(await running.stop()).toBe(0);
  });

  it('lets predictions go on, whose loss is counted, told and over when there is room again', async () => {
    await predict(100);
    running.fill();
    await predict(300);
    const whole = capturedLines(running.data);
    expect(whole.length).toBeGreaterThanOrEqual(100);
    expect(whole.length).toBeLessThan(400);
    // The event cannot be written either, yet.
    await until(
      async () => running.output(),
      (output) => output.includes('answered but not captured: the disk is full'),
    );
    running.free();
    await predict(50);
    const lines = capturedLines(running.data).map(({ request_id: id }) => id);
    const kept = new Set(lines);
    expect(kept.size).toBe(lines.length);
    expect(answered.slice(-50).filter((id) => !kept.has(id))).toEqual([]);
    const lost = answered.filter((id) => !kept.has(id));
    expect(lost.length).toBeGreaterThan(0);
    await until(losses, (count) => count === lost.length);
  }, 60_000);

  it('refuses changes in clear words, loses none, and takes them when there is room again', async () => {
    const models = (await operator('/api/models')).body.items;
    const upload = (await operator('/api/uploads', { method: 'POST' })).body;
    const model = models[0].name;
    const mine = { name: 'mine', versions: { v1: { model: { name: model, version: 1 } } } };
    expect((await operator('/api/services', { body: mine })).status).toBe(201);
    await until(
      () => operator('/api/services/mine'),
      ({ body }) => body.status === 'running',
    );
    const changes: [string, object][] = [
      ['/api/services', { body: { name: 'more', description: 'x'.repeat(900) } }],
      ['/api/services/mine', { method: 'PATCH', body: { max_rows: 100 } }],
      ['/api/services/wine/keys', { body: { name: 'late' } }],
      ['/api/operators', { body: { name: 'eve', role: 'viewer' } }],
      ['/api/services/mine/stop', { method: 'POST' }],
    ];
    for (const [path, options] of changes) {
      await fillUp();
      const { status, body, headers } = await operator(path, options);
      expect({ path, status, type: body.type, detail: body.detail }).toEqual({
        path,
        status: 503,
        type: 'urn:tidegate:unavailable',
        detail: expect.stringContaining('disk'),
      });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const sent = await operator(upload.url, { method: 'PUT', body: new Uint8Array(500_000) });
    expect(sent).toMatchObject({ status: 503, body: { type: 'urn:tidegate:unavailable' } });
    await predict(100);
    const before = (await operator('/api/services/mine')).body;
    expect(before).toMatchObject({ status: 'running', max_rows: 512 });
    expect((await operator('/api/services')).body.items).toHaveLength(2);
    expect((await operator('/api/models')).body.items).toEqual(models);
    expect((await caller(running.url)('/readyz')).status).toBeLessThan(504);
    running.free();
    for (const [path, options] of changes) {
      const { status } = await operator(path, options);
      expect({ path, isDone: status < 300 }).toEqual({ path, isDone: true });
    }
    await until(
      () => operator('/api/services/mine'),
      ({ body }) => body.status === 'stopped' && body.max_rows === 100,
    );
    const { body } = await operator('/api/audit?limit=200');
    const actions = new Set(body.items.map(({ action }: { action: string }) => action));
    expect([...actions]).toEqual(expect.arrayContaining(['createService', 'stopService']));
    expect(readdirSync(running.data).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    await predict(1);
  }, 60_000);

  it('too small to begin with ends a start in one clear line', async () => {
    for (const size of ['4k', '40k', '120k']) {
      const start = startOnSmallDisk(size, manifest, token);
      await expect(start).rejects.toThrow(/starting:\nerror: .*disk.*\n$/);
    }
  });
});
