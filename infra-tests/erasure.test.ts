import { readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type Caller, caller, until } from './support/api';
import { type Running, startPlatform, wineModel } from './support/platform';
import { wineBody } from './support/wine';

const manifest = `
services:
  wine:
    auth: false
    versions: { v1: { model: ${wineModel} } }
  other:
    auth: false
    versions: { v1: { model: ${wineModel} } }
`;

/** Files under a folder that hold a text, by their paths within it. */
const filesWith = (folder: string, text: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text))
    .map((path) => path.slice(folder.length + 1));

describe('what was captured', () => {
  let platform: Running;
  let operator: Caller;
  beforeAll(async () => {
    platform = await startPlatform({ manifest });
    operator = caller(platform.url, platform.token);
  }, 30_000);
  afterAll(() => platform.stop());

  const predict = async (service: string, client: string): Promise<string> => {
    const { headers } = await caller(platform.url)(`/services/${service}/predict`, {
      body: wineBody,
      headers: { 'x-client-request-id': client },
    });
    return headers.get('x-request-id') ?? '';
  };
  const sql = async (text: string) =>
    (await operator('/api/query', { body: { sql: text } })).body.rows;
  const refresh = (service: string) =>
    operator(`/api/services/${service}/tables/refresh`, { method: 'POST' });
  const erase = (body: object) => operator('/api/services/wine/erasures', { body });
  const rows = wineBody.dataframe_split.data.length;

  it('can be erased by request, by its caller’s id and by a value, and leaves nothing behind', async () => {
    const [first, second, third] = [
      await predict('wine', 'customer-0815'),
      await predict('wine', 'customer-4711'),
      await predict('other', 'customer-4711'),
    ];
    const labels = [
      { request_id: first, label: 5 },
      { client_request_id: 'customer-4711', label: 6 },
    ];
    await operator('/services/wine/labels', { body: { labels } });
    await refresh('wine');
    expect(await sql('SELECT count(*) FROM inference.labels')).toEqual([[2]]);

    expect(await erase({ request_ids: [first] })).toMatchObject({
      status: 200,
      body: { requests: 1, rows, errors: 0, labels: 1 },
    });
    expect(filesWith(platform.data, 'customer-0815')).toEqual([]);
    expect(await erase({ client_request_ids: ['customer-4711'] })).toMatchObject({
      body: { requests: 1, rows, labels: 1 },
    });
    expect(await sql('SELECT DISTINCT request_id FROM inference.requests')).toEqual([[third]]);
    expect(await sql('SELECT count(*) FROM inference.labels')).toEqual([[0]]);
    expect((await operator(`/api/services/wine/requests/${second}`)).status).toBe(404);
    expect((await operator(`/api/services/other/requests/${third}`)).status).toBe(200);

    const fourth = await predict('wine', 'customer-1234');
    expect(await erase({ column: 'alcohol', value: 99 })).toMatchObject({ body: { requests: 0 } });
    expect(await erase({ column: 'none', value: 99 })).toMatchObject({ status: 400 });
    expect(await erase({ column: 'request_id', value: fourth })).toMatchObject({
      body: { requests: 1, rows },
    });
    expect(filesWith(platform.data, 'customer-1234')).toEqual([]);
    await predict('wine', 'still-served');
    const { run_id } = (await refresh('wine')).body;
    expect(await sql('SELECT count(*) FROM inference.wine')).toEqual([[rows]]);

    const tables = (name: string, rest: string) => operator(`/api/services/${name}/tables/${rest}`);
    expect(await tables('wine', `runs/${run_id}`)).toMatchObject({
      status: 200,
      body: { run_id, kind: 'refresh', status: 'succeeded', requests: 0, error: null },
    });
    expect((await tables('other', `runs/${run_id}`)).status).toBe(404);
    expect(await tables('wine', 'status')).toMatchObject({
      status: 200,
      body: { waiting_since: null, built_at: expect.stringContaining('T') },
    });
    expect((await tables('nowhere', 'status')).status).toBe(404);
  }, 60_000);

  it('can be erased and found by its caller’s id also where it was refused', async () => {
    const refused = async (body: object | string, headers = {}) => {
      const answer = await caller(platform.url)('/services/wine/predict', { body, headers });
      expect(answer.status).toBe(400);
      return answer.headers.get('x-request-id');
    };
    const [kept, malformed, untyped] = [
      await refused('{"note": "of-customer-1"', { 'x-client-request-id': 'kept-refused' }),
      await refused('{"note": "of-customer-2"', { 'x-client-request-id': 'refused-1' }),
      await refused({ instances: 'of-customer-3', client_request_id: 'refused-2' }),
    ];
    await refresh('wine');
    const found = async (client: string) => {
      const path = `/api/services/wine/requests?client_request_id=${client}`;
      return (await operator(path)).body.items.map(
        (item: { request_id: string }) => item.request_id,
      );
    };
    expect(await found('refused-1')).toEqual([malformed]);
    expect(await found('refused-2')).toEqual([untyped]);
    expect(await erase({ client_request_ids: ['refused-1', 'refused-2'] })).toMatchObject({
      status: 200,
      body: { requests: 2, rows: 0 },
    });
    expect(filesWith(platform.data, 'of-customer-2')).toEqual([]);
    expect(filesWith(platform.data, 'of-customer-3')).toEqual([]);
    expect(await found('kept-refused')).toEqual([kept]);
  }, 60_000);

  it('leaves the log a day after it came into the tables, though nothing else comes', async () => {
    const id = await predict('other', 'of-yesterday');
    await refresh('other');
    await platform.stop();
    const inLog = () => filesWith(join(platform.data, 'capture'), id);
    const yesterday = new Date(Date.now() - 25 * 3_600_000);
    expect(inLog()).toHaveLength(1);
    for (const file of inLog())
      utimesSync(join(platform.data, 'capture', file), yesterday, yesterday);
    const { data } = platform;
    platform = await startPlatform({ manifest, data });
    operator = caller(platform.url, platform.token);
    await until(
      async () => inLog(),
      ({ length }) => length === 0,
    );
    expect((await operator(`/api/services/other/requests/${id}`)).status).toBe(200);
  }, 60_000);

  it('goes with its service when that is asked for, and only then', async () => {
    const named = async (name: string) => {
      await operator('/api/services', {
        body: { name, auth: false, versions: { v1: { model: { name: 'wine', version: 1 } } } },
      });
      await until(
        () => operator(`/api/services/${name}`),
        ({ body }) => body.status === 'running',
      );
      await predict(name, `asked-${name}`);
      await operator(`/api/services/${name}/stop`, { method: 'POST' });
      await until(
        () => operator(`/api/services/${name}`),
        ({ body }) => body.status === 'stopped',
      );
    };
    await named('kept-one');
    await named('purged-one');
    await refresh('kept-one');
    expect(await sql('SELECT count(*) FROM inference.purged_one')).toEqual([[rows]]);
    const gone = await operator('/api/services/purged-one?purge=true', { method: 'DELETE' });
    expect(gone.status).toBe(204);
    expect(filesWith(platform.data, 'asked-purged-one')).toEqual([]);
    expect((await operator('/api/services/kept-one', { method: 'DELETE' })).status).toBe(204);
    expect(await sql('SELECT count(*) FROM inference.kept_one')).toEqual([[rows]]);
    expect(
      await operator('/api/query', { body: { sql: 'FROM inference.purged_one' } }),
    ).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('does not exist') },
    });
    expect(await sql(`SELECT DISTINCT service FROM inference.requests ORDER BY 1`)).toEqual([
      ['kept-one'],
      ['other'],
      ['wine'],
    ]);

    // What is left of a service that is gone can still be taken out, once.
    const late = () => operator('/api/services/kept-one?purge=true', { method: 'DELETE' });
    expect((await late()).status).toBe(204);
    expect(filesWith(platform.data, 'asked-kept-one')).toEqual([]);
    expect(await late()).toMatchObject({
      status: 404,
      body: { type: 'urn:tidegate:service-not-found' },
    });
  }, 60_000);
});
