import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { caller, until } from '../support/api';
import { type Running, startPlatform } from '../support/platform';
import { wineBody } from '../support/wine';
import { connectTo, requestText } from './raw-socket';

const ROUNDS = 8;
const CLIENTS = 6;
const manifest = `
services:
  wine:
    auth: true
    throttle: { rate: 100000, burst: 100000 }
    versions:
      v1: { model: ./examples/wine/model, weight: 50 }
      v2: { model: ./examples/wine/model-v2, weight: 50 }
    keys: [load]
`;

interface Line {
  readonly request_id: string;
  readonly client_request_id: string;
  readonly status_code: number;
  readonly response: { readonly predictions: readonly number[] };
}

/** What stands in the log's segments, which are whole lines but for the end of the last. */
const captured = (data: string): Line[] =>
  readdirSync(join(data, 'capture'))
    .filter((file) => file.endsWith('.ndjson'))
    .flatMap((file) => {
      const lines = readFileSync(join(data, 'capture', file), 'utf8').split('\n');
      return lines.slice(0, -1).map((line) => JSON.parse(line) as Line);
    });

describe('a platform that is killed under load, again and again', () => {
  const sent = new Set<string>();
  const answered = new Map<string, string>();
  const counts: number[] = [];
  let last: Running;
  let key = '';

  /** Asks as fast as answers come, until the connection breaks. */
  const load = async (url: string, name: string): Promise<void> => {
    const line = await connectTo(url);
    for (let count = 0; ; count += 1) {
      const id = `${name}-${count}`;
      const body = JSON.stringify({ ...wineBody, client_request_id: id });
      sent.add(id);
      line.write(requestText('POST', '/services/wine/predict', [`X-Api-Key: ${key}`], body));
      const answer = await line.answer();
      if (!answer) return;
      expect(answer.status).toBe(200);
      answered.set(id, JSON.parse(answer.text).request_id);
    }
  };

  beforeAll(async () => {
    let data: string | undefined;
    for (let round = 0; round < ROUNDS; round += 1) {
      last = await startPlatform({ manifest, ...(data !== undefined && { data }) });
      data = last.data;
      if (round === 0) key = last.key('wine', 'load');
      // The key of the first start opens all later ones.
      expect(last.key('wine', 'load')).toBe(key);
      const clients = Array.from({ length: CLIENTS }, (_, client) =>
        load(last.url, `round ${round}, client ${client}, request`),
      );
      await sleep(300 + Math.random() * 700);
      await last.kill();
      await Promise.all(clients);
      counts.push(answered.size);
    }
    last = await startPlatform({ manifest, data: last.data });
  }, 60_000);
  afterAll(async () => {
    expect(await last.stop()).toBe(0);
  });

  it('was loaded in every round', () => {
    const grown = counts.map((count, round) => count - (counts[round - 1] ?? 0));
    expect(Math.min(...grown)).toBeGreaterThan(20);
  });

  it('has every answered request in its log exactly once, and none that nobody sent', () => {
    const lines = captured(last.data);
    const ids = lines.map(({ client_request_id: id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(lines.map(({ request_id: id }) => id)).size).toBe(lines.length);
    const known = new Map(lines.map((line) => [line.client_request_id, line]));
    const lost = [...answered].filter(([id, request]) => known.get(id)?.request_id !== request);
    expect(lost).toEqual([]);
    expect(ids.filter((id) => !sent.has(id))).toEqual([]);
    // At most one request of each client was on its way when the process was killed.
    expect(lines.length - answered.size).toBeLessThanOrEqual(ROUNDS * CLIENTS);
    for (const { status_code: status, response } of lines) {
      expect(status).toBe(200);
      expect(response.predictions).toHaveLength(wineBody.dataframe_split.data.length);
    }
  });

  it('finds them through its API, page by page', async () => {
    const operator = caller(last.url, last.token);
    const found = new Set<string>();
    let cursor: string | null = null;
    for (let pages = 0; pages < 500; pages += 1) {
      const search: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { status, body } = await operator(`/api/services/wine/requests?limit=200${search}`);
      expect(status).toBe(200);
      for (const item of body.items) {
        expect(found.has(item.client_request_id)).toBe(false);
        found.add(item.client_request_id);
      }
      cursor = body.next_cursor;
      if (cursor === null) break;
    }
    expect([...answered.keys()].filter((id) => !found.has(id))).toEqual([]);
    expect([...found].filter((id) => !sent.has(id))).toEqual([]);
  }, 30_000);

  it('serves as before: services, weights, keys, and what an operator changed', async () => {
    const operator = caller(last.url, last.token);
    const { body } = await operator('/api/services/wine');
    expect(body).toMatchObject({ status: 'running', traffic: { v1: 50, v2: 50 } });
    const { body: made } = await operator('/api/services/wine/keys', { body: { name: 'late' } });
    await operator('/api/services/wine/traffic', { method: 'PUT', body: { v1: 100 } });
    await last.kill();
    last = await startPlatform({ manifest, data: last.data });
    const again = caller(last.url, last.token);
    await until(
      () => again('/api/services/wine'),
      (answer) => answer.body.status === 'running' && answer.body.traffic.v1 === 100,
    );
    const { status } = await caller(last.url, made.key)('/services/wine/predict', {
      body: wineBody,
    });
    expect(status).toBe(200);
    const { body: kept } = await again('/api/services/wine/keys');
    expect(kept.items.map(({ name }: { name: string }) => name).toSorted()).toEqual([
      'late',
      'load',
    ]);
  }, 30_000);
});
