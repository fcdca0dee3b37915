import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { type Caller, caller, until } from './support/api';
import { type Running, startPlatform, temporaryFolder } from './support/platform';

const ROWS = 1_000_000;
const MILLION = `SELECT range AS i, repeat('x', 100) AS padding FROM range(${ROWS})`;
const LONG =
  'SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b WHERE a.range > b.range';
const MB = 1_000_000;

/** Bytes of memory that a process holds. */
const memoryOf = (pid: number | undefined): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

/** Results that a process has open, though they are in no folder. */
const held = (pid: number | undefined): string[] => {
  const folder = `/proc/${pid}/fd`;
  const targets = readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(join(folder, fd))];
    } catch {
      // Closed meanwhile.
      return [];
    }
  });
  return targets.filter((target) => target.includes('query-results'));
};

describe('the whole result of a query', () => {
  let platform: Running;
  let operator: Caller;
  const results = () => readdirSync(join(platform.data, 'query-results'));
  const idOf = async (sql: string, more: object = {}): Promise<string> => {
    const { status, body } = await operator('/api/query', { body: { sql, max_rows: 1, ...more } });
    expect(status).toBeLessThan(300);
    return body.query_id;
  };
  const open = (id: string, format: string, signal?: AbortSignal) =>
    fetch(`${platform.url}/api/queries/${id}/result?format=${format}`, {
      headers: { authorization: `Bearer ${platform.token}` },
      ...(signal && { signal }),
    });

  beforeAll(async () => {
    const { data, kill } = await startPlatform();
    writeFileSync(join(data, 'query-results/left-over.csv'), 'x');
    await kill();
    platform = await startPlatform({ data });
    operator = caller(platform.url, platform.token);
  }, 60_000);
  afterAll(async () => {
    expect(await platform.stop()).toBe(0);
  });

  it('leaves nothing of a process before', () => {
    expect(results()).toEqual([]);
  });

  it('comes as CSV, a million rows, without filling the memory of the server', async () => {
    const id = await idOf(MILLION);
    const before = memoryOf(platform.process.pid);
    const response = await open(id, 'csv');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${id}.csv"`);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const hash = createHash('sha256');
    let [bytes, lines, most] = [0, 0, before];
    for await (const piece of response.body ?? []) {
      hash.update(piece);
      bytes += piece.length;
      for (const byte of piece) if (byte === 0x0a) lines += 1;
      most = Math.max(most, memoryOf(platform.process.pid));
    }
    expect(lines).toBe(ROWS + 1);
    expect(bytes).toBeGreaterThan(100 * MB);
    // Less than it has, with room for what a busy machine leaves uncollected.
    expect(most - before).toBeLessThan(75 * MB);
    expect(results()).toEqual([]);
    const expected = createHash('sha256').update('i,padding\n');
    const padding = 'x'.repeat(100);
    for (let i = 0; i < ROWS; i += 1) expected.update(`${i},${padding}\n`);
    expect(hash.digest('hex')).toBe(expected.digest('hex'));
  }, 60_000);

  it('comes as Parquet that others read', async () => {
    const response = await open(await idOf(`${MILLION} -- all of them`), 'parquet');
    expect(response.headers.get('content-type')).toBe('application/vnd.apache.parquet');
    const file = join(temporaryFolder(), 'result.parquet');
    writeFileSync(file, new Uint8Array(await response.arrayBuffer()));
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const read = await connection.runAndReadAll(
      `SELECT count(*), sum(i)::BIGINT, min(length(padding)) FROM '${file}'`,
    );
    expect(read.getRowsJson()).toEqual([[`${ROWS}`, `${(ROWS * (ROWS - 1)) / 2}`, '100']]);
    connection.closeSync();
    instance.closeSync();
  }, 60_000);

  it('leaves no file behind when its caller goes away', async () => {
    const leaving = new AbortController();
    const response = await open(await idOf(MILLION), 'csv', leaving.signal);
    await response.body?.getReader().read();
    leaving.abort();
    expect(results()).toEqual([]);
    await until(
      async () => held(platform.process.pid),
      (files) => files.length === 0,
    );
  }, 60_000);

  it('is not there of a query that nobody asked, that failed or was cancelled', async () => {
    const nobody = await operator('/api/queries/nobody/result');
    expect(nobody).toMatchObject({ status: 404, body: { type: 'urn:tidegate:not-found' } });
    expect(nobody.headers.get('content-type')).toBe('application/problem+json');

    const slow = await idOf(LONG, { wait_s: 0 });
    const early = await operator(`/api/queries/${slow}/result`);
    expect(early).toMatchObject({ status: 409, body: { type: 'urn:tidegate:not-stopped' } });
    expect((await operator(`/api/queries/${slow}`, { method: 'DELETE' })).status).toBe(204);
    const cancelled = () => operator(`/api/queries/${slow}`);
    await until(cancelled, ({ body }) => body.status === 'cancelled');
    const none = await operator(`/api/queries/${slow}/result?format=parquet`);
    expect(none).toMatchObject({ status: 404 });
    expect(none.body.detail).toContain('was cancelled');

    const failing = await idOf("SELECT error('it must not be')", { wait_s: 0 });
    const failed = () => operator(`/api/queries/${failing}`);
    await until(failed, ({ body }) => body.status === 'failed');
    const neither = await operator(`/api/queries/${failing}/result`);
    expect(neither).toMatchObject({ status: 404 });
    expect(neither.body.detail).toContain('failed');
    expect(results()).toEqual([]);
  });

  it('has two formats', async () => {
    const id = await idOf('SELECT 1');
    expect((await operator(`/api/queries/${id}/result?format=xml`)).status).toBe(400);
    expect((await operator(`/api/queries/${id}/result`)).text).toBe('1\n1\n');
  });

  it('ends when its query is cancelled meanwhile', async () => {
    // Its first row is there at once, its last never.
    const id = await idOf('SELECT a.range FROM range(10000000) a, range(10000000) b');
    const waiting = operator(`/api/queries/${id}/result?format=parquet`);
    await until(
      async () => results(),
      (files) => files.length === 1,
    );
    await operator(`/api/queries/${id}`, { method: 'DELETE' });
    const { status, body } = await waiting;
    expect([status, body.detail]).toEqual([400, expect.stringContaining('cancelled')]);
    expect(results()).toEqual([]);
  });

  it('is on record, with who looked', async () => {
    const { body } = await operator('/api/audit');
    const entries = body.items.filter(
      ({ action }: { action: string }) => action === 'getQueryResult',
    );
    expect(entries.length).toBeGreaterThan(5);
    expect(entries[0]).toMatchObject({ operator: 'admin' });
  });
});
