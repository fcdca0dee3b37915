import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileArtifactStore } from '../adapters/embedded/file-artifact-store';
import { mlflowRegistry } from '../adapters/embedded/mlflow-registry';
import { packageSources } from '../adapters/embedded/package-sources';
import { sqliteRecordStore } from '../adapters/embedded/sqlite-record-store';
import { modelRecords } from '../core/models/model-records';
import { registerVersion } from '../core/models/register-version';
import { DomainError } from '../core/shared/domain-error';
import { packageChecks } from '../model-server/package-checks';
import { describePython } from './support/python';

const ROOT = join(__dirname, '..');
const MINUTES = 60_000;

describePython('importing a model from an MLflow tracking server', (python) => {
  const folder = mkdtempSync(join(tmpdir(), 'mlflow-import-'));
  let server: ChildProcess;
  let trackingUri: string;

  beforeAll(async () => {
    const port = await freePort();
    trackingUri = `http://127.0.0.1:${port}`;
    const store = ['--backend-store-uri', `sqlite:///${folder}/mlflow.db`];
    const artifacts = ['--artifacts-destination', join(folder, 'artifacts')];
    const where = ['--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
    server = spawn(python, ['-m', 'mlflow', 'server', ...store, ...artifacts, ...where], {
      // A group of its own, so that its workers go with it.
      detached: true,
      stdio: 'ignore',
      cwd: folder,
    });
    await reachable(`${trackingUri}/health`);
    run(python, [join(ROOT, 'examples/wine/train.py'), '--out', join(folder, 'wine')]);
    await alias('champion', '2');
  }, 4 * MINUTES);

  afterAll(async () => {
    const gone = new Promise((resolve) => server.once('exit', resolve));
    if (server.pid) process.kill(-server.pid, 'SIGKILL');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (command: string, rest: readonly string[]) => {
    const env = { ...process.env, MLFLOW_TRACKING_URI: trackingUri };
    const { status, stderr } = spawnSync(command, rest, { env, encoding: 'utf8', cwd: folder });
    expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
  };

  const alias = (name: string, version: string) =>
    fetch(`${trackingUri}/api/2.0/mlflow/registered-models/alias`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'wine-red', alias: name, version }),
    });

  const open = () => {
    const now = () => new Date('2026-11-21T12:00:00Z');
    const uploads = {
      take: async () => {
        throw new DomainError('bad-request', 'nothing is uploaded here');
      },
    };
    const scratch = join(folder, 'scratch');
    let id = 0;
    const sources = packageSources({
      uploads,
      roots: [],
      mlflow: mlflowRegistry({ trackingUri }),
      scratch,
      newId: () => String(++id),
    });
    const models = modelRecords(sqliteRecordStore(':memory:', { now }));
    const artifacts = fileArtifactStore(join(folder, 'packages'));
    const checks = packageChecks({ workerFile: join(ROOT, '.build/model-worker.mjs') });
    const register = registerVersion({ models, artifacts, sources, checks, now });
    const importing = (mlflow: string) =>
      register({
        model: 'wine-red',
        source: { mlflow },
        description: '',
        tags: {},
        created_by: 'ann',
      });
    return { importing, scratch };
  };

  it('takes a version by its number, gates it and leaves no copy behind', async () => {
    const { importing, scratch } = open();
    const version = await importing('models:/wine-red/1');
    expect(version).toMatchObject({
      version: 1,
      flavor: 'onnx',
      runtime: 'onnx',
      source: { mlflow: 'models:/wine-red/1' },
      signature: { matrix: true, positional: false, output: { type: 'double', width: 1 } },
      expected: { origin: 'recorded' },
    });
    expect(existsSync(scratch) ? readdirSync(scratch) : []).toEqual([]);
  });

  it('resolves an alias to its number once, and follows it when it moves', async () => {
    const { importing } = open();
    await expect(importing('models:/wine-red@champion')).resolves.toMatchObject({
      source: { mlflow: 'models:/wine-red/2' },
      signature: { output: { classes: ['3', '4', '5', '6', '7', '8'] } },
    });
    await alias('champion', '1');
    await expect(importing('models:/wine-red@champion')).resolves.toMatchObject({
      version: 2,
      source: { mlflow: 'models:/wine-red/1' },
    });
  });

  it('hands on what MLflow says of a version, alias or model that is not there', async () => {
    const { importing } = open();
    await expect(importing('models:/wine-red/99')).rejects.toMatchObject({
      kind: 'bad-request',
      message: expect.stringMatching(/MLflow answers 404: .*wine-red/),
    });
    await expect(importing('models:/wine-red@nobody')).rejects.toMatchObject({
      kind: 'bad-request',
    });
    await expect(importing('runs:/abc/model')).rejects.toMatchObject({ kind: 'bad-request' });
  });

  it('writes the very packages that are committed, whoever trains them', () => {
    for (const name of ['model', 'model-v2']) {
      for (const file of ['MLmodel', 'input_example.json', 'serving_input_example.json']) {
        const text = (root: string) =>
          readFileSync(join(root, name, file), 'utf8').replace(/python_version: .*/, '');
        expect(text(join(folder, 'wine'))).toBe(text(join(ROOT, 'examples/wine')));
      }
    }
  });
});

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });

const reachable = async (url: string): Promise<void> => {
  const deadline = Date.now() + 2 * MINUTES;
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    if (Date.now() > deadline) throw new Error(`${url} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
};
