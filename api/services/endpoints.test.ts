import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileLogStore } from '../../adapters/embedded/file-log-store';
import { openServices } from '../../core/services/services-fixture';
import type { Endpoint, HttpRequest } from '../http';
import { serviceEndpoints } from './endpoints';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-endpoints-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ann = { id: 'o1', name: 'ann', role: 'editor', data: false } as const;

interface Sent {
  readonly path?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

const send = async (endpoint: Endpoint, { path = {}, query = {}, headers = {}, body }: Sent) => {
  const request: HttpRequest = {
    path,
    query,
    headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    body: new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body)),
    requestId: '0198',
    operator: ann,
  };
  const answer = await endpoint(request);
  return { ...answer, json: JSON.parse(JSON.stringify(answer.body)) };
};

const path = { service: 'wine' };
const v1 = { service: 'wine', version: 'v1' };
const model = { name: 'wine', version: 1 };

const open = () => {
  const opened = openServices();
  const { needs, host, events } = opened;
  const logs = fileLogStore({
    folder: mkdtempSync(join(folder, 'logs-')),
    now: needs.now,
    report: (error) => {
      throw error;
    },
  });
  const endpoints = serviceEndpoints({
    services: needs.services,
    createService: opened.create,
    updateService: opened.update,
    deleteService: opened.delete,
    startService: opened.start,
    stopService: opened.stop,
    setTraffic: opened.traffic,
    addVersion: opened.add,
    updateVersion: opened.updateVersion,
    deleteVersion: opened.deleteVersion,
    startVersion: opened.startVersion,
    stopVersion: opened.stopVersion,
    statesOf: needs.statesOf,
    host,
    events,
    logs,
    now: needs.now,
    baseUrl: () => 'http://127.0.0.1:8080',
  });
  const create = (body: object) => send(endpoints.createService, { body });
  return { ...opened, endpoints, logs, make: create };
};

describe('the API of services', () => {
  it('creates a service with what is not said at its default', async () => {
    const { make } = open();
    const { status, json, headers } = await make({ name: 'wine' });
    expect(status).toBe(201);
    expect(headers.etag).toBe(`"${json.revision}"`);
    expect(json).toEqual({
      name: 'wine',
      kind: 'ml',
      description: '',
      status: 'draft',
      status_reason: null,
      auth: true,
      throttle: { rate: 100, burst: 200, quota: null },
      capture: { sample: 1, columns: {}, client_ip: false, when: 'after' },
      retention: { requests_days: null, rows_days: null, labels_days: null },
      max_rows: 512,
      max_queue: 1000,
      timeout_ms: 25_000,
      cors_origins: [],
      positional: false,
      traffic: {},
      versions_running: 0,
      versions_total: 0,
      managed_by: 'api',
      url: 'http://127.0.0.1:8080/services/wine/predict',
      created_by: 'ann',
      created_at: '2026-01-01T12:00:00.000Z',
      updated_at: '2026-01-01T12:00:00.000Z',
      revision: 1,
    });
  });

  it('creates a service with its versions at once', async () => {
    const { make } = open();
    const versions = { v1: { model }, v2: { model, start: false } };
    const { json } = await make({ name: 'wine', versions });
    expect(json).toMatchObject({
      status: 'running',
      traffic: { v1: 100 },
      versions_running: 1,
      versions_total: 2,
    });
  });

  it.each([
    [{}, 'body.name'],
    [{ name: 'Wine' }, 'body.name'],
    [{ name: 'w'.repeat(33) }, 'body.name'],
    [{ name: 'wine', colour: 'red' }, 'body'],
    [{ name: 'wine', kind: 'llm' }, 'body.kind'],
    [{ name: 'wine', max_rows: 10_001 }, 'body.max_rows'],
    [{ name: 'wine', timeout_ms: 30_000 }, 'body.timeout_ms'],
    [{ name: 'wine', throttle: { rate: 0, burst: 1 } }, 'body.throttle.rate'],
    [{ name: 'wine', capture: { sample: 2 } }, 'body.capture.sample'],
    [{ name: 'wine', capture: { when: 'never' } }, 'body.capture.when'],
    [{ name: 'wine', capture: { columns: { a: 'encrypt' } } }, 'body.capture.columns.a'],
    [{ name: 'wine', cors_origins: ['example.org'] }, 'body.cors_origins.0'],
    [{ name: 'wine', cors_origins: ['https://['] }, 'body.cors_origins.0'],
    [{ name: 'wine', versions: { v1: {} } }, 'body.versions.v1.model'],
    [{ name: 'wine', versions: { v1: { model, compute: {} } } }, 'body.versions.v1.compute'],
    [
      { name: 'wine', versions: { v1: { model, environment: { 'A=B': '1' } } } },
      'body.versions.v1.environment.A=B',
    ],
    [
      JSON.parse('{"name": "wine", "capture": {"columns": {"__proto__": "hash"}}}'),
      'body.capture.columns.__proto__',
    ],
    [JSON.parse('{"name": "wine", "versions": {"__proto__": {}}}'), 'body.versions.__proto__'],
  ])('refuses %j with its place', async (body, place) => {
    const { make } = open();
    await expect(make(body)).rejects.toMatchObject({
      kind: 'bad-request',
      faults: [{ path: place }],
    });
  });

  it('shows versions without the values of their environment', async () => {
    const { make, endpoints } = open();
    await make({ name: 'wine' });
    const body = { name: 'v1', model, environment: { TOKEN: 'hush' } };
    const { status, json } = await send(endpoints.addVersion, { path, body });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      service: 'wine',
      name: 'v1',
      status: 'running',
      status_reason: null,
      model,
      compute: { serverless: { memory_mb: 2048, concurrency: 10 } },
      environment_names: ['TOKEN'],
      traffic: 100,
      replicas: { wanted: 1, running: 1 },
      cost: { billing_mode: 'none', per_hour: 0, currency: 'USD', priced_at: null },
      created_by: 'ann',
    });
    expect(JSON.stringify(json)).not.toContain('hush');
    const list = await send(endpoints.listVersions, { path });
    expect(list.json).toEqual({ items: [json], next_cursor: null });
  });

  it('pages services and versions', async () => {
    const { make, endpoints } = open();
    for (const name of ['cider', 'beer', 'wine']) await make({ name });
    const names = async (query: Record<string, string>) => {
      const { json } = await send(endpoints.listServices, { query });
      return [json.items.map(({ name }: { name: string }) => name), json.next_cursor];
    };
    await expect(names({ limit: '2' })).resolves.toEqual([['beer', 'cider'], 'cider']);
    await expect(names({ limit: '2', cursor: 'cider' })).resolves.toEqual([['wine'], null]);
    for (const name of ['v2', 'v1'])
      await send(endpoints.addVersion, { path, body: { name, model } });
    const { json } = await send(endpoints.listVersions, { path, query: { limit: '1' } });
    expect(json).toMatchObject({ items: [{ name: 'v2' }], next_cursor: 'v2' });
    const next = await send(endpoints.listVersions, { path, query: { cursor: 'v2' } });
    expect(next.json).toMatchObject({ items: [{ name: 'v1' }], next_cursor: null });
  });

  it('guards a write by the revision that was seen', async () => {
    const { make, endpoints } = open();
    const { json } = await make({ name: 'wine' });
    const headers = { 'if-match': `"${json.revision}"` };
    const write = (description: string) =>
      send(endpoints.updateService, { path, headers, body: { description } });
    await expect(write('red')).resolves.toMatchObject({ json: { description: 'red' } });
    await expect(write('white')).rejects.toMatchObject({ kind: 'revision-conflict' });
    const weak = send(endpoints.stopService, { path, headers: { 'if-match': 'W/"1"' } });
    await expect(weak).rejects.toMatchObject({ kind: 'bad-request' });
  });

  it('stops, starts and deletes', async () => {
    const { make, endpoints, services } = open();
    await make({ name: 'wine', versions: { v1: { model }, v2: { model } } });
    await send(endpoints.setTraffic, { path, body: { v1: 0, v2: 100 } });
    const stopped = await send(endpoints.stopVersion, { path: v1 });
    expect(stopped.json).toMatchObject({ status: 'stopped', traffic: 0 });
    const started = await send(endpoints.startVersion, { path: v1 });
    expect(started.json).toMatchObject({ status: 'running' });
    await send(endpoints.stopVersion, { path: v1 });
    await expect(send(endpoints.deleteVersion, { path: v1 })).resolves.toMatchObject({
      status: 204,
      body: null,
    });
    const { json } = await send(endpoints.stopService, { path });
    expect(json).toMatchObject({ status: 'stopped', versions_running: 0, versions_total: 1 });
    const again = await send(endpoints.startService, { path });
    expect(again.json).toMatchObject({ status: 'running', traffic: { v2: 100 } });
    await send(endpoints.stopService, { path });
    const query = { purge: 'true' };
    await expect(send(endpoints.deleteService, { path, query })).resolves.toMatchObject({
      status: 204,
    });
    await expect(services.find('wine')).resolves.toBeUndefined();
  });

  it('changes a version in place', async () => {
    const { make, endpoints } = open();
    await make({ name: 'wine', versions: { v1: { model } } });
    const body = { description: 'first', model: { name: 'wine', version: 2 } };
    const { json } = await send(endpoints.updateVersion, { path: v1, body });
    expect(json).toMatchObject(body);
    const got = await send(endpoints.getVersion, { path: v1 });
    expect(got.json).toEqual(json);
    const renamed = send(endpoints.updateVersion, { path: v1, body: { name: 'v2' } });
    await expect(renamed).rejects.toMatchObject({ kind: 'bad-request' });
  });

  it('takes what instances are scaled by, answers it, and adds nothing where nothing is said', async () => {
    const { make, endpoints } = open();
    const range = { type: 'ml.m5.large', min: 1, max: 4 };
    const scaled = (scaling?: object) => ({ instances: { ...range, ...(scaling && { scaling }) } });
    await make({ name: 'wine', versions: { v1: { model, compute: scaled() } } });
    const asked = async (compute: object) =>
      (await send(endpoints.updateVersion, { path: v1, body: { compute } })).json.compute;
    const { json } = await send(endpoints.getVersion, { path: v1 });
    expect(json.compute).toEqual(scaled());
    const busy = scaled({ by: 'concurrency', target: 8 });
    expect(await asked(busy)).toEqual(busy);
    for (const scaling of [{ by: 'cpu', target: 8 }, { by: 'concurrency' }, { target: 0 }]) {
      await expect(asked(scaled(scaling))).rejects.toMatchObject({ kind: 'bad-request' });
    }
    const fixed = { instances: { type: 'ml.m5.large', count: 2, scaling: busy.instances.scaling } };
    await expect(asked(fixed)).rejects.toMatchObject({ kind: 'bad-request' });
  });

  it('lists instances of a version and restarts one', async () => {
    const { make, endpoints } = open();
    const compute = { instances: { type: 'ml.m5.large', count: 2 } };
    await make({ name: 'wine', versions: { v1: { model, compute }, v2: { model } } });
    const { json } = await send(endpoints.listInstances, { path: v1 });
    expect(json.items.map(({ id }: { id: string }) => id)).toEqual(['v1-1', 'v1-2']);
    const restart = (instance: string) =>
      send(endpoints.restartInstance, { path: { ...v1, instance } });
    await expect(restart('v1-2')).resolves.toMatchObject({ status: 204 });
    await expect(restart('v2-1')).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('shows events, last seen first', async () => {
    const { make, endpoints, events } = open();
    await make({ name: 'wine' });
    await events.settled();
    const { json } = await send(endpoints.listEvents, { path });
    expect(json.items).toMatchObject([{ resource_kind: 'service', type: 'draft', count: 1 }]);
  });

  it('finds logs of the last day, or of the range that is asked for', async () => {
    const { make, endpoints, logs, needs } = open();
    await make({ name: 'wine' });
    const at = (ms: number) => new Date(needs.now().getTime() + ms).toISOString();
    const line = { level: 'info', version: 'v1', instance: 'v1-1' } as const;
    logs.append('wine', { ...line, time: at(-48 * 3600_000), message: 'long ago' });
    logs.append('wine', { ...line, time: at(-1000), message: 'Just now' });
    const found = async (query: Record<string, string>) => {
      const { json } = await send(endpoints.findLogs, { path, query });
      expect(typeof json.next_cursor).toBe('string');
      return json.items.map(({ message }: { message: string }) => message);
    };
    await expect(found({})).resolves.toEqual(['Just now']);
    await expect(found({ from: at(-72 * 3600_000) })).resolves.toEqual(['long ago', 'Just now']);
    await expect(found({ q: 'JUST' })).resolves.toEqual(['Just now']);
    await expect(found({ version: 'v2' })).resolves.toEqual([]);
    const wrong: Record<string, string>[] = [
      { from: at(0), to: at(-1000) },
      { from: 'yesterday' },
      { limit: '1001' },
      { q: 'x'.repeat(257) },
    ];
    for (const query of wrong) {
      await expect(found(query)).rejects.toMatchObject({ kind: 'bad-request' });
    }
  });

  it('knows no other services and versions', async () => {
    const { make, endpoints } = open();
    const all: [Endpoint, Sent][] = [
      [endpoints.getService, {}],
      [endpoints.updateService, { body: {} }],
      [endpoints.deleteService, {}],
      [endpoints.startService, {}],
      [endpoints.stopService, {}],
      [endpoints.setTraffic, { body: { v1: 100 } }],
      [endpoints.listVersions, {}],
      [endpoints.addVersion, { body: { name: 'v1', model } }],
      [endpoints.listEvents, {}],
      [endpoints.findLogs, {}],
    ];
    for (const [endpoint, sent] of all) {
      await expect(send(endpoint, { path, ...sent })).rejects.toMatchObject({
        kind: 'service-not-found',
      });
    }
    await make({ name: 'wine' });
    const ofVersion: [Endpoint, Sent][] = [
      [endpoints.getVersion, {}],
      [endpoints.updateVersion, { body: {} }],
      [endpoints.deleteVersion, {}],
      [endpoints.startVersion, {}],
      [endpoints.stopVersion, {}],
      [endpoints.listInstances, {}],
    ];
    for (const [endpoint, sent] of ofVersion) {
      await expect(send(endpoint, { path: v1, ...sent })).rejects.toMatchObject({
        kind: 'version-not-found',
      });
    }
  });
});
