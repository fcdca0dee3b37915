import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { idOf, lineOf } from '../adapters/embedded/tables/tables-fixture';
import { type Caller, caller, until } from './support/api';
import { type Running, startPlatform, temporaryFolder } from './support/platform';
import { wineBody } from './support/wine';

const root = join(__dirname, '..');
const MANIFEST = `
services:
  wine:
    versions: { v1: { model: ./examples/wine/model, weight: 100 } }
`;
const split = wineBody.dataframe_split;
const twoRows = { dataframe_split: { ...split, data: split.data.slice(0, 2) } };
const NOBODY = '01980000-0000-7000-8000-000000000000';

let platform: Running;
let operator: Caller;
let labels: (body: unknown, headers?: Record<string, string>) => ReturnType<Caller>;
beforeAll(async () => {
  platform = await startPlatform({ manifest: MANIFEST });
  operator = caller(platform.url, platform.token);
  labels = (body, headers = {}) => operator('/services/wine/labels', { body, headers });
}, 60_000);
afterAll(() => platform.stop());

const sql = async (text: string): Promise<unknown[][]> => {
  const answer = await operator('/api/query', { body: { sql: text } });
  expect(answer.status).toBe(200);
  return answer.body.rows;
};
const untilRows = (text: string, wanted: unknown[][]) =>
  until(
    () => sql(text),
    (rows) => JSON.stringify(rows) === JSON.stringify(wanted),
  );
const predict = async (client_request_id?: string): Promise<string> => {
  const body = { ...twoRows, ...(client_request_id !== undefined && { client_request_id }) };
  const answer = await until(
    () => operator('/services/wine/predict', { body }),
    ({ status }) => status !== 503,
  );
  expect(answer.status).toBe(200);
  return String(answer.headers.get('x-request-id'));
};
const labelsOf = (id: string): string =>
  `SELECT label FROM inference.wine WHERE request_id = '${id}' ORDER BY row_index`;

/** The log's newest segment, and an answered request of it. */
const lastCaptured = () => {
  const capture = join(platform.data, 'capture');
  const files = readdirSync(capture)
    .filter((file) => file.endsWith('.ndjson'))
    .sort()
    .map((file) => join(capture, file));
  const lines = files.flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(0, -1));
  const answered = lines
    .filter((line) => line.includes('"status_code":200'))
    .map((line) => JSON.parse(line));
  return { file: files.at(-1) ?? '', captured: answered[0] };
};

describe('labels over HTTP', () => {
  it('need a key with their scope', async () => {
    const body = { labels: [{ example_id: `${NOBODY}-0`, label: 1 }] };
    const keyWith = async (scopes: readonly string[]) => {
      const made = await operator('/api/services/wine/keys', {
        body: { name: `for-${scopes.join('-')}`, scopes },
      });
      return caller(platform.url, made.body.key);
    };
    const path = '/services/wine/labels';
    const onlyLabels = await keyWith(['labels']);
    expect(await onlyLabels(path, { body })).toMatchObject({ status: 202 });
    expect(await (await keyWith(['predict']))(path, { body })).toMatchObject({ status: 403 });
    expect(await caller(platform.url)(path, { body })).toMatchObject({ status: 401 });
    expect(await onlyLabels('/services/wine/predict', { body: twoRows })).toMatchObject({
      status: 403,
    });
  });

  it('are the same as JSON and as CSV, and change nothing when they come again', async () => {
    const id = await predict();
    const [first, again, csv] = [
      await labels({
        labels: [
          { example_id: `${id}-0`, label: 6 },
          { request_id: id, row: 1, label: 5 },
        ],
      }),
      await labels({
        labels: [
          { label: 6, example_id: `${id}-0` },
          { request_id: id, row: 1, label: 5 },
        ],
      }),
      await labels(`example_id,request_id,row,label\r\n${id}-0,,,6\r\n,${id},1,5\r\n`, {
        'content-type': 'text/csv',
      }),
    ];
    expect(first).toMatchObject({ status: 202, body: { accepted: 2 } });
    expect(again.body).toEqual(first.body);
    expect(csv.body).toEqual(first.body);
    await untilRows(labelsOf(id), [[6], [5]]);
    // Also when it is in the tables already.
    expect(
      (
        await labels({
          labels: [
            { example_id: `${id}-0`, label: 6 },
            { request_id: id, row: 1, label: 5 },
          ],
        })
      ).body,
    ).toEqual(first.body);
    await operator('/api/services/wine/tables/refresh', { method: 'POST' });
    const batch = `FROM inference.labels WHERE batch_id = '${first.body.batch_id}'`;
    expect(await sql(`SELECT count(*) ${batch}`)).toEqual([[2]]);
  });

  it('are refused whole with their faults, and other bodies by their kind', async () => {
    const before = await sql('SELECT count(*) FROM inference.labels');
    const refused = await labels({
      labels: [
        { example_id: `${NOBODY}-0`, label: 1 },
        { example_id: `${NOBODY}-0`, label: 'private' },
      ],
    });
    expect(refused).toMatchObject({
      status: 400,
      body: { type: 'urn:tidegate:invalid-input', errors: [{ row: 1 }] },
    });
    expect(refused.text).not.toContain('private');
    expect(await labels('{')).toMatchObject({
      status: 400,
      body: { type: 'urn:tidegate:malformed-body' },
    });
    expect(await labels('x', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
    expect(await labels('x'.repeat(4_000_001))).toMatchObject({ status: 413 });
    expect(await operator('/services/wine/labels')).toMatchObject({ status: 405 });
    expect(await operator('/services/nobody/labels', { body: {} })).toMatchObject({ status: 404 });
    await operator('/api/services/wine/tables/refresh', { method: 'POST' });
    expect(await sql('SELECT count(*) FROM inference.labels')).toEqual(before);
  });

  it('by a client’s id wait for their request, and go to each of several, which is told', async () => {
    await labels({ labels: [{ client_request_id: 'order-1', row: 1, label: 8 }] });
    await untilRows(`SELECT count(*) FROM inference.labels WHERE client_request_id = 'order-1'`, [
      [1],
    ]);
    const [first, second] = [await predict('order-1'), await predict('order-1')];
    await untilRows(labelsOf(first), [[null], [8]]);
    await untilRows(labelsOf(second), [[null], [8]]);
    const events = await until(
      () => operator('/api/services/wine/events'),
      ({ text }) => text.includes('labels-ambiguous'),
    );
    expect(events.body.items).toContainEqual(
      expect.objectContaining({ type: 'labels-ambiguous', level: 'warning', count: 1 }),
    );
    expect(platform.output()).toContain('wine: labels-ambiguous: 1 ');
  });

  it('are corrected by later ones, not by those that arrive later but are older', async () => {
    const id = await predict();
    const at = (label: number, labelled_at?: string) =>
      labels({ labels: [{ request_id: id, label, labelled_at }] });
    await at(1, '2026-11-20T10:00:00Z');
    await untilRows(labelsOf(id), [[1], [null]]);
    await at(2, '2026-11-20T11:00:00Z');
    await at(3, '2026-11-20T09:00:00Z');
    await operator('/api/services/wine/tables/refresh', { method: 'POST' });
    expect(await sql(labelsOf(id))).toEqual([[2], [null]]);
    await at(4, '2026-11-20T10:59:59.999Z');
    await at(5, '2026-11-20T11:00:00Z');
    await operator('/api/services/wine/tables/refresh', { method: 'POST' });
    expect(await sql(labelsOf(id))).toEqual([[5], [null]]);
  });

  it('are taken for a service that is stopped', async () => {
    const id = await predict();
    await operator('/api/services/wine/stop', { method: 'POST' });
    await until(
      () => operator('/api/services/wine'),
      ({ body }) => body.status === 'stopped',
    );
    expect(await labels({ labels: [{ request_id: id, label: 3 }] })).toMatchObject({ status: 202 });
    await untilRows(labelsOf(id), [[3], [null]]);
    await operator('/api/services/wine/start', { method: 'POST' });
  });
});

describe('labels that were accepted', () => {
  it('are there after a kill right after the answer', async () => {
    const id = await predict();
    await untilRows(labelsOf(id), [[null], [null]]);
    const sent = await labels({ labels: [{ request_id: id, row: 1, label: 7 }] });
    await platform.kill();
    expect(sent.status).toBe(202);
    platform = await startPlatform({ manifest: MANIFEST, data: platform.data });
    operator = caller(platform.url, platform.token);
    await untilRows(labelsOf(id), [[null], [7]]);
    await untilRows(`SELECT row_index, label FROM inference.labels WHERE request_id = '${id}'`, [
      [1, '7'],
    ]);
  }, 60_000);

  it('and what was captured are told of where they come to no rows', async () => {
    await platform.kill();
    const time = new Date().toISOString();
    const strange = lineOf(time, 1, { model_name: 'another', request: 'x', response: 'y' });
    appendFileSync(lastCaptured().file, `no record\n${JSON.stringify(strange)}\n`);
    platform = await startPlatform({ manifest: MANIFEST, data: platform.data });
    operator = caller(platform.url, platform.token);
    const events = await until(
      () => operator('/api/services/wine/events'),
      ({ text }) => text.includes('rows-not-unpacked'),
    );
    expect(events.body.items).toContainEqual(
      expect.objectContaining({ type: 'rows-not-unpacked', level: 'warning', count: 1 }),
    );
    expect(platform.output()).toContain('log-malformed: 1 ');
  }, 60_000);

  it('find a row that comes after a week, once the tables are refreshed', async () => {
    const [time, received] = [9, 8].map((days) => new Date(Date.now() - days * 86_400_000));
    const id = idOf(String(time?.toISOString()), 4711);
    const label = {
      service: 'wine',
      example_id: `${id}-0`,
      label: '4',
      batch_id: 'b',
      position: 0,
    };
    const received_at = received?.toISOString();
    const refresh = async () =>
      (await operator('/api/services/wine/tables/refresh', { method: 'POST' })).body;
    const anew = async (write: () => void) => {
      await platform.kill();
      write();
      platform = await startPlatform({ manifest: MANIFEST, data: platform.data });
      operator = caller(platform.url, platform.token);
    };
    const line = JSON.stringify({ ...label, received_at, labelled_at: received_at });
    await anew(() => writeFileSync(join(platform.data, 'labels/b.ndjson'), `${line}\n`));
    await refresh();
    await until(
      () => operator('/api/services/wine/events'),
      ({ text }) => text.includes('labels-unmatched'),
    );
    await anew(() => {
      const { file, captured } = lastCaptured();
      const request_time = time?.toISOString();
      const late = { ...captured, request_id: id, request_time, client_request_id: null };
      const request_date = request_time?.slice(0, 10);
      appendFileSync(file, `${JSON.stringify({ ...late, request_date })}\n`);
    });
    await untilRows(labelsOf(id), [[null], [null]]);
    expect(await refresh()).toMatchObject({ status: 'succeeded', labels: 1 });
    expect(await sql(labelsOf(id))).toEqual([[4], [null]]);
    expect(await refresh()).toMatchObject({ labels: 0 });
    // One that is in SQL and not in its row's file yet came in before.
    await labels({ labels: [{ request_id: id, row: 1, label: 5 }] });
    await untilRows(labelsOf(id), [[4], [5]]);
    expect(await refresh()).toMatchObject({ labels: 0 });
  }, 60_000);

  it('are whole files: a full disk refuses a batch and leaves nothing of it', () => {
    const scratch = temporaryFolder();
    const script = join(scratch, 'labels-on-full-disk.cjs');
    const source = join(root, 'infra-tests/support/labels-on-full-disk.ts');
    const how = ['--bundle', '--platform=node', '--log-level=warning', `--outfile=${script}`];
    execFileSync(join(root, 'node_modules/.bin/esbuild'), [source, ...how]);
    const disk = join(scratch, 'disk');
    mkdirSync(disk);
    const mount = 'mount -t tmpfs -o size=1m tmpfs "$1"';
    const onDisk = (steps: string) => {
      const args = ['sh', '-c', `${mount}${steps}`, 'sh', disk, process.execPath, script];
      return spawnSync('unshare', ['--map-root-user', '--mount', ...args], { encoding: 'utf8' });
    };
    if (onDisk('').status !== 0 && !process.env.CI) {
      console.info(
        'A full disk is not tried here: it needs unshare and the right to mount a tmpfs',
      );
      return;
    }
    const done = onDisk(' && "$2" "$3" "$1"');
    expect(done.stderr).toBe('');
    const { n, last, full, again, after } = JSON.parse(done.stdout);
    expect({ last, again }).toEqual({ last: 'unavailable', again: 'kept' });
    expect(n).toBeGreaterThan(2);
    const batches = (count: number) =>
      new Set(Array.from({ length: count }, (_, i) => `batch-${i + 1}.ndjson`));
    expect(new Set(full)).toEqual(batches(n - 1));
    expect(new Set(after)).toEqual(batches(n));
  });
});
