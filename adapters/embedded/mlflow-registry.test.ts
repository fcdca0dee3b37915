import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { mlflowRegistry } from './mlflow-registry';

// The answers are those of MLflow 3.17.2; infra-tests/mlflow-import.test.ts asks a real one.
const ALIAS = '/api/2.0/mlflow/registered-models/alias';
const DOWNLOAD = '/api/2.0/mlflow/model-versions/get-download-uri';
const FILES = '/api/2.0/mlflow-artifacts/artifacts';
const ARTIFACTS = { artifact_uri: 'mlflow-artifacts:/1/models/m-1/artifacts' };
const file = (path: string) => ({ path, is_dir: false, file_size: 1 });

type Answers = Readonly<Record<string, unknown>>;

describe('an MLflow tracking server', () => {
  let server: Server;
  let answers: Answers;
  let asked: IncomingMessage[];
  const folder = mkdtempSync(join(tmpdir(), 'registry-'));

  beforeEach(async () => {
    asked = [];
    server = createServer((request: IncomingMessage, response: ServerResponse) => {
      asked.push(request);
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      const path = searchParams.get('path');
      const answer = answers[path === null ? pathname : `${pathname}?${path}`];
      if (typeof answer === 'function') answer(response);
      else if (typeof answer === 'string') response.end(answer);
      else if (answer !== undefined) response.end(JSON.stringify(answer));
      else response.writeHead(404).end('{"message": "no such thing"}');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const download = (uri: string, given: Answers, more = {}) => {
    answers = given;
    return mlflowRegistry({ trackingUri: `${address()}/`, ...more }).download(uri, folder);
  };
  const listing = (files: unknown[]): Answers => ({
    [DOWNLOAD]: ARTIFACTS,
    [`${FILES}?1/models/m-1/artifacts`]: { files },
  });
  const refused = (message: RegExp) => ({
    kind: 'bad-request',
    message: expect.stringMatching(message),
  });

  it('downloads every file of a version, from folders within folders', async () => {
    const found = await download('models:/wine red/3', {
      ...listing([file('MLmodel'), { path: 'code', is_dir: true }]),
      [`${FILES}?1/models/m-1/artifacts/code`]: { files: [file('code/ä b.py')] },
      [`${FILES}/1/models/m-1/artifacts/MLmodel`]: 'flavors: {}',
      [`${FILES}/1/models/m-1/artifacts/code/%C3%A4%20b.py`]: 'pass',
    });
    expect(found).toBe('models:/wine red/3');
    expect(readFileSync(join(folder, 'MLmodel'), 'utf8')).toBe('flavors: {}');
    expect(readFileSync(join(folder, 'code/ä b.py'), 'utf8')).toBe('pass');
  });

  it('resolves an alias to the version it names', async () => {
    const given = {
      ...listing([file('MLmodel')]),
      [ALIAS]: { model_version: { version: '7' } },
      [`${FILES}/1/models/m-1/artifacts/MLmodel`]: '',
    };
    await expect(download('models:/wine@champion', given)).resolves.toBe('models:/wine/7');
  });

  it('logs in as MLflow’s own clients do', async () => {
    await download('models:/w/1', {}, { login: { token: 't' } }).catch(() => undefined);
    const login = { username: 'ann', password: 'p:w' };
    await download('models:/w/1', {}, { login }).catch(() => undefined);
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer t',
      `Basic ${Buffer.from('ann:p:w').toString('base64')}`,
    ]);
  });

  it('tries again when the server fails, and says what it says when it refuses', async () => {
    let failures = 2;
    const sometimes = (response: ServerResponse) =>
      failures-- > 0 ? response.writeHead(503).end() : response.end('x');
    await download('models:/w/1', {
      ...listing([file('MLmodel')]),
      [`${FILES}/1/models/m-1/artifacts/MLmodel`]: sometimes,
    });
    await expect(download('models:/w/1', {})).rejects.toMatchObject(
      refused(/MLflow answers 404: no such thing/),
    );
    await expect(download('models:/w@a', { [ALIAS]: {} })).rejects.toMatchObject(refused(/as a/));
    await expect(download('models:/w/1', { [DOWNLOAD]: '<html>' })).rejects.toMatchObject(
      refused(/no JSON/),
    );
  });

  it.each(['..', '.', 'a\\b', '', 'x/..'])(
    'does not write to a listed file called %j',
    async (path) => {
      await expect(download('models:/w/1', listing([file(path)]))).rejects.toMatchObject(
        refused(/no plain name/),
      );
    },
  );

  it('keeps a listed path within the folder', async () => {
    const given = listing([file('../../escaped')]);
    await download('models:/w/1', given).catch(() => undefined);
    expect(existsSync(join(dirname(folder), 'escaped'))).toBe(false);
  });

  it('gives up on folders without end', async () => {
    const deep = (response: ServerResponse) =>
      response.end(JSON.stringify({ files: [{ path: 'a', is_dir: true }] }));
    const folders = Array.from({ length: 30 }, (_, i) => '/a'.repeat(i));
    const given = Object.fromEntries(
      folders.map((under) => [`${FILES}?1/models/m-1/artifacts${under}`, deep]),
    );
    await expect(
      download('models:/w/1', { [DOWNLOAD]: ARTIFACTS, ...given }),
    ).rejects.toMatchObject(refused(/plain name/));
  });

  it.each([
    ['s3://bucket/1/model', /s3 storage/],
    ['file:///home/ann/mlruns/1', /file storage/],
    ['mlflow-artifacts://other:5000/1/model', /serve-artifacts/],
    ['', /unknown storage/],
  ])('does not read %j itself, and says the way out', async (artifact_uri, message) => {
    await expect(download('models:/w/1', { [DOWNLOAD]: { artifact_uri } })).rejects.toMatchObject(
      refused(message),
    );
  });

  it.each(['models:/w', 'models:/w/latest', 'runs:/1/model', 'models:/w/1/x', 'models:/../1@', ''])(
    'does not understand %j',
    async (uri) => {
      await expect(download(uri, {})).rejects.toMatchObject(refused(/models:\/name\/3/));
      expect(asked).toEqual([]);
    },
  );

  it('asks again for an answer that broke off', async () => {
    let breaks = 1;
    const brittle = (response: ServerResponse) => {
      const text = JSON.stringify(ARTIFACTS);
      if (breaks-- <= 0) response.end(text);
      else {
        response.writeHead(200, { 'content-length': text.length });
        response.write(text.slice(0, 9), () => response.destroy());
      }
    };
    await download('models:/w/1', {
      ...listing([file('MLmodel')]),
      [DOWNLOAD]: brittle,
      [`${FILES}/1/models/m-1/artifacts/MLmodel`]: 'x',
    });
    expect(asked.filter(({ url }) => url?.startsWith(DOWNLOAD))).toHaveLength(2);
  });

  it('says that a file broke off', async () => {
    const half = (response: ServerResponse) =>
      response.writeHead(200, { 'content-length': 9 }).write('half', () => response.destroy());
    const given = {
      ...listing([file('MLmodel')]),
      [`${FILES}/1/models/m-1/artifacts/MLmodel`]: half,
    };
    await expect(download('models:/w/1', given)).rejects.toMatchObject(
      refused(/broke off: .*again/),
    );
  });

  it.each(['mlruns', 'sqlite:///mlflow.db', 'databricks', 'file:///home/ann/mlruns'])(
    'says what it needs instead of %s, which MLflow takes as well',
    async (trackingUri) => {
      const other = mlflowRegistry({ trackingUri });
      await expect(other.download('models:/w/1', folder)).rejects.toMatchObject(
        refused(/MLFLOW_TRACKING_URI.*http.*mlflow server/),
      );
    },
  );

  it('says that it cannot be reached', async () => {
    const nowhere = mlflowRegistry({ trackingUri: 'http://127.0.0.1:9' });
    await expect(nowhere.download('models:/w/1', folder)).rejects.toMatchObject(
      refused(/127.0.0.1:9 cannot be reached/),
    );
  });
});
