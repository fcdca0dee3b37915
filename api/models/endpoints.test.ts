import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileArtifactStore } from '../../adapters/embedded/file-artifact-store';
import { packageSources } from '../../adapters/embedded/package-sources';
import { uploads } from '../../adapters/embedded/package-upload';
import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import { deleteModelVersion } from '../../core/models/delete-model-version';
import { modelRecords } from '../../core/models/model-records';
import { registerVersion } from '../../core/models/register-version';
import { packageChecks } from '../../model-server/package-checks';
import type { RouteOf } from '../routes';
import { modelEndpoints } from './endpoints';

const ROOT = join(__dirname, '../..');
const home = mkdtempSync(join(tmpdir(), 'api-models-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const now = () => new Date('2026-01-01T12:00:00Z');
let id = 0;
const newId = () => `id-${++id}`;

/** The routes of models over real parts: the wine models are registered by their paths. */
const open = () => {
  const data = join(home, newId());
  mkdirSync(data);
  const models = modelRecords(sqliteRecordStore(':memory:', { now }));
  const artifacts = fileArtifactStore(join(data, 'packages'));
  const kept = uploads({ folder: join(data, 'uploads'), now, newId, newToken: () => 'secret' });
  const sources = packageSources({
    uploads: kept,
    roots: [join(ROOT, 'examples/wine'), data],
    mlflow: null,
    scratch: join(data, 'scratch'),
    newId,
  });
  const checks = packageChecks({ workerFile: join(ROOT, '.build/model-worker.mjs') });
  const routes = modelEndpoints({
    models,
    registerVersion: registerVersion({ models, artifacts, sources, checks, now }),
    deleteModelVersion: deleteModelVersion({
      models,
      artifacts,
      usedBy: async (_, version) => (version === 2 ? 'wine' : undefined),
    }),
    createUpload: () => kept.create('http://127.0.0.1:8080'),
  });
  const ask = async (
    route: RouteOf<'models'>,
    path: Record<string, string> = {},
    body?: unknown,
    query: Record<string, string> = {},
  ) =>
    routes[route]({
      path,
      query,
      headers: {},
      body: new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body)),
      requestId: 'r',
      operator: { id: 'o', name: 'ann', role: 'editor', data: false },
    });
  return { ask, receive: kept.receive, data };
};
const wine = (name: string) => ({ source: { path: join(ROOT, 'examples/wine', name) } });

describe('the control API of models', () => {
  it('registers, shows, lists and deletes versions', async () => {
    const { ask } = open();
    const model = 'wine-red';
    const made = await ask('registerVersion', { model }, { ...wine('model'), tags: { a: 'b' } });
    expect(made).toMatchObject({
      status: 201,
      headers: { etag: '"1"' },
      body: {
        ...{ model, version: 1, flavor: 'onnx', runtime: 'onnx', tags: { a: 'b' } },
        ...{ description: '', created_by: 'ann', updated_at: '2026-01-01T12:00:00.000Z' },
        signature: { output: { type: 'double', width: 1, classes: null } },
        container: null,
        expected: { origin: 'given' },
      },
    });
    await ask('registerVersion', { model }, wine('model-v2'));
    const shown = await ask('getModelVersion', { model, number: '1' });
    expect(shown.body).toEqual(made.body);
    await expect(ask('getModel', { model })).resolves.toMatchObject({
      body: {
        name: model,
        latest_version: 2,
        versions: { items: [{ version: 2 }, { version: 1 }], next_cursor: null },
      },
    });
    await expect(ask('listModels')).resolves.toMatchObject({
      body: { items: [{ name: model }], next_cursor: null },
    });
    await expect(ask('deleteModelVersion', { model, number: '2' })).rejects.toMatchObject({
      kind: 'in-use',
    });
    await expect(ask('deleteModelVersion', { model, number: '1' })).resolves.toMatchObject({
      status: 204,
      body: null,
    });
    await expect(ask('getModelVersion', { model, number: '1' })).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  it('takes a package that was sent, once', async () => {
    const { ask, receive } = open();
    const { body } = await ask('createUpload');
    const { upload_id, url, method } = body as { upload_id: string; url: string; method: string };
    expect([method, url]).toEqual([
      'PUT',
      `http://127.0.0.1:8080/api/uploads/${upload_id}?token=secret`,
    ]);
    async function* file() {
      yield new TextEncoder().encode('this is no model');
    }
    await receive(upload_id, 'secret', file());
    const register = () =>
      ask('registerVersion', { model: 'wine-red' }, { source: { upload: upload_id } });
    await expect(register()).rejects.toMatchObject({
      kind: 'bad-request',
      message: expect.stringMatching(/no ONNX model/),
    });
    await expect(register()).rejects.toMatchObject({ message: expect.stringMatching(/upload/) });
  });

  it('holds a package against the answers that came with the registration', async () => {
    const { ask } = open();
    const expected = { predictions: [5.5772, 5.6663, 5.887, 5.3043, 9] };
    await expect(
      ask('registerVersion', { model: 'wine-red' }, { ...wine('model'), expected }),
    ).rejects.toMatchObject({ message: expect.stringMatching(/row 4: predicted 5.95/) });
  });

  it.each([
    [{}, /source/],
    [{ source: {} }, /source/],
    [{ source: { path: 'a', upload: 'b' } }, /source/],
    [{ source: { s3: 's3://bucket/key' } }, /AWS home/],
    [{ source: { image: { uri: 'a' } } }, /container image works in the AWS home/],
    [{ source: { image: 'a' } }, /one of .*{image: {uri/],
    [{ source: { image: { uri: '' } } }, /source/],
    [{ source: { image: { uri: 'a', data: { path: '/etc' } } } }, /source/],
    [{ source: { image: { uri: 'a', environment: { A: 1 } } } }, /source/],
    [{ source: { image: { uri: 'a', signature: {} } } }, /source/],
    [{ source: { image: { uri: 'a', command: ['serve'] } } }, /no home gives containers a command/],
    [
      { source: { image: { uri: 'a', credentials: {} } } },
      /log in to a registry with is for its stage/,
    ],
    [{ source: { mlflow: 'models:/a/1' } }, /MLFLOW_TRACKING_URI/],
    [{ source: { path: '/etc' } }, /TIDEGATE_MODEL_ROOTS/],
    [{ source: { upload: 'x' }, extra: 1 }, /body/],
    [{ source: { upload: 'x' }, tags: { a: 1 } }, /tags/],
    [{ source: { upload: 'x' }, expected: { predictions: [] } }, /expected/],
    [{ source: { upload: 'x' }, description: 'x'.repeat(1001) }, /description/],
  ])('refuses %j', async (body, message) => {
    const { ask } = open();
    await expect(ask('registerVersion', { model: 'wine-red' }, body)).rejects.toMatchObject({
      kind: 'bad-request',
      message: expect.stringMatching(message),
    });
  });

  it('refuses names and numbers that are none, and says what is not there', async () => {
    const { ask } = open();
    const refused = { kind: 'bad-request' };
    const missing = { kind: 'not-found' };
    await expect(ask('getModel', { model: 'A' })).rejects.toMatchObject(refused);
    for (const number of ['0', '1.5', 'x', '1000000000']) {
      await expect(ask('getModelVersion', { model: 'wine', number })).rejects.toMatchObject(
        refused,
      );
    }
    await expect(ask('getModel', { model: 'wine' })).rejects.toMatchObject(missing);
    await expect(ask('getModelVersion', { model: 'wine', number: '1' })).rejects.toMatchObject(
      missing,
    );
    await expect(ask('deleteModelVersion', { model: 'wine', number: '1' })).rejects.toMatchObject(
      missing,
    );
    await expect(ask('listModels', {}, undefined, { limit: '0' })).rejects.toMatchObject(refused);
  });
});
