import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { caller } from '../support/api';
import {
  type Running,
  startPlatform,
  temporaryFolder,
  wineModel,
  wineModelV2,
} from '../support/platform';
import { example, expected, wineBody } from '../support/wine';
import { tidegateFor } from './cli-process';

const csv = `${[example.columns, ...example.data].map((row) => row.join()).join('\n')}\n`;
const near = expected.predictions.map((value) => expect.closeTo(value, 4));

describe('the command line against a platform', () => {
  let platform: Running;
  let tidegate: ReturnType<typeof tidegateFor>;
  let key = '';

  const json = async (args: string, options = {}) => {
    const { code, stdout, stderr } = await tidegate(`${args} --json`, options);
    expect([args, code, code === 0 ? '' : stderr]).toEqual([args, 0, '']);
    return stdout === '' ? null : JSON.parse(stdout);
  };
  const status = async (credential: string) => {
    const call = caller(platform.url, credential);
    return (await call('/services/wine/predict', { body: wineBody })).status;
  };

  beforeAll(async () => {
    platform = await startPlatform();
    tidegate = tidegateFor(platform.data, temporaryFolder());
  }, 60_000);
  afterAll(() => platform.stop());

  it('registers models, and shows them', async () => {
    const first = await json(`models register wine ${wineModel} --tag team=cellar`);
    expect(first).toMatchObject({ model: 'wine', version: 1, tags: { team: 'cellar' } });
    expect(await json(`models register wine ${wineModelV2}`)).toMatchObject({ version: 2 });
    expect(await json('models list')).toMatchObject([{ name: 'wine', latest_version: 2 }]);
    expect(await json('models show wine/1')).toMatchObject({ digest: first.digest });
  });

  it('creates a service and comes back when it runs', async () => {
    const created = await json('services create wine --model wine/1 --rate 1000 --wait');
    expect(created).toMatchObject({ name: 'wine', status: 'running', traffic: { v1: 100 } });
    const { code, stdout } = await tidegate('services list');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/wine\s+running/)]);
  });

  it('prints a new key alone, which opens the service and no other', async () => {
    const { code, stdout } = await tidegate('keys create wine my-app');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^tgk-[A-Za-z0-9]{40}\n$/)]);
    key = stdout.trim();
    expect(await status(key)).toBe(200);
  });

  it.each([
    ['CSV', csv],
    ['JSON', JSON.stringify(wineBody)],
    [
      'a JSON of columns',
      JSON.stringify({
        instances: example.data.map((row) =>
          Object.fromEntries(row.map((cell, i) => [example.columns[i], cell])),
        ),
      }),
    ],
  ])('predicts from stdin: %s', async (_, input) => {
    const answer = await json('predict wine', { input, env: { TIDEGATE_KEY: key } });
    expect(answer.predictions).toEqual(near);
    const { code, stdout } = await tidegate('predict wine', { input });
    expect(code).toBe(0);
    expect(stdout.trim().split('\n').map(Number)).toEqual(near);
  });

  it('predicts a whole file in calls that the service can take', async () => {
    const file = join(__dirname, '../../examples/wine/winequality-red.csv');
    const rows = readFileSync(file, 'utf8').trim().split('\n').length - 1;
    const { code, stdout } = await tidegate(`predict wine ${file} --csv`);
    expect([code, stdout.trim().split('\n').length]).toEqual([0, rows + 1]);
  });

  it('asks the tables, takes all rows of them, and labels them', async () => {
    expect(await json('tables refresh wine')).toMatchObject({ status: 'succeeded' });
    const [table] = (await json('tables list')).filter(
      ({ name }: { name: string }) => name === 'inference.wine',
    );
    expect(await json('tables show wine')).toEqual(table);

    const newest = 'SELECT example_id, prediction FROM inference.wine ORDER BY example_id DESC;';
    const shown = await json('sql --max-rows 2', { input: newest });
    expect(shown).toMatchObject({ rows: [[expect.any(String), expect.any(Number)], {}] });
    expect(shown.truncated).toBe(true);
    const whole = await tidegate('sql --csv', { input: newest });
    const total = await json('sql', { input: 'SELECT count(*) FROM inference.wine' });
    expect(whole.stdout.trim().split('\n')).toHaveLength(total.rows[0][0] + 1);

    const [[example]] = shown.rows;
    const labels = await tidegate('labels push wine -', {
      input: `example_id,label\n${example},7`,
    });
    expect(labels).toMatchObject({ code: 0, stdout: '1 label accepted\n' });
    await json('tables refresh wine');
    const asked = `SELECT label FROM inference.wine WHERE example_id = '${example}'`;
    expect(await json('sql', { input: asked })).toMatchObject({ rows: [[7]] });
  });

  it('adds a version, shares traffic out, and compares', async () => {
    expect(await json('versions add wine --model wine/2 --wait')).toMatchObject({
      name: 'v2',
      status: 'running',
      traffic: 0,
    });
    expect(await json('services traffic wine v1=90 v2=10 --wait')).toMatchObject({
      traffic: { v1: 90, v2: 10 },
    });
    const input = JSON.stringify(wineBody);
    const pinned = await json('predict wine --version v2 --client-request-id order-7', { input });
    expect(pinned).toMatchObject({ service_version: 'v2', client_request_id: 'order-7' });
    const { versions } = await json('compare wine', { input });
    expect(versions).toMatchObject({
      v1: { predictions: near },
      v2: { predictions: pinned.predictions },
    });
  });

  it('finds requests by the id that the caller gave', async () => {
    const [found, ...others] = await json('requests find wine --client-request-id order-7');
    expect(others).toEqual([]);
    expect(found).toMatchObject({ service_version: 'v2', status_code: 200, row_count: 5 });
    const shown = await json(`requests show wine ${found.request_id}`);
    expect(JSON.parse(shown.response).predictions).toHaveLength(5);
  });

  it('rotates and revokes keys', async () => {
    const { stdout } = await tidegate('keys rotate wine my-app --grace 60');
    expect(await Promise.all([key, stdout.trim()].map(status))).toEqual([200, 200]);
    expect((await tidegate('keys revoke wine my-app')).code).toBe(0);
    expect(await Promise.all([key, stdout.trim()].map(status))).toEqual([403, 403]);
    expect(await json('keys list wine')).toMatchObject([{ name: 'my-app', status: 'revoked' }]);
  });

  it('shows what happened, and what replicas printed', async () => {
    const events = await json('events wine');
    expect(events.map(({ type }: { type: string }) => type)).toContain('started');
    expect(Array.isArray(await json('logs wine'))).toBe(true);
    const { code, stdout } = await tidegate('events wine');
    expect([code, stdout]).toEqual([0, expect.stringContaining('started')]);
  });

  it('finds nothing wrong with a platform that runs', async () => {
    const { code, stdout } = await tidegate('doctor');
    expect([code, stdout]).toEqual([0, expect.stringContaining('wine')]);
  });

  it('admits an operator, whose token does what the role may', async () => {
    const { stdout } = await tidegate('operators create ci --role viewer');
    const env = { TIDEGATE_TOKEN: stdout.trim() };
    expect(await json('whoami', { env })).toMatchObject({ name: 'ci', role: 'viewer' });
    expect(await json('services list', { env })).toHaveLength(1);
    const refused = await tidegate('services stop wine', { env });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('editor');
    expect((await tidegate('operators delete ci --yes')).code).toBe(0);
    expect((await tidegate('services list', { env })).code).toBe(1);
    const names = (await json('operators list')).map(({ name }: { name: string }) => name);
    expect(names).toEqual(['admin']);
  });

  it('stops a service and deletes it', async () => {
    expect(await json('services stop wine --wait')).toMatchObject({ status: 'stopped' });
    expect((await tidegate('services delete wine --yes')).code).toBe(0);
    expect(await json('services list')).toEqual([]);
  });

  it.each([
    ['fails with 1 when the platform says no', 'services show nothing', 1, 'no service nothing'],
    [
      'fails with 1 when nobody answers',
      'services list --endpoint http://127.0.0.1:1',
      1,
      '127.0.0.1:1',
    ],
    ['fails with 2 when it is called wrongly', 'services frobnicate', 2, 'frobnicate'],
    ['fails with 2 without its arguments', 'predict', 2, 'service'],
    [
      'fails with 1 when its input is not there',
      'predict wine no-such-file.csv',
      1,
      'no-such-file.csv',
    ],
  ])('%s', async (_, args, code, words) => {
    const failed = await tidegate(args, { env: { TIDEGATE_TOKEN: platform.token } });
    expect(failed).toMatchObject({ code, stdout: '' });
    expect(failed.stderr).toContain(words);
    expect(failed.stderr).not.toContain('    at ');
    expect(failed.stderr).not.toContain(platform.token);
  });

  it('tells a wrong row by its place, and the platform’s problem with --json', async () => {
    await json('services create wine --model wine/1 --wait');
    const input = csv.replace(/\n[\d.]+,/, '\nmuch,');
    const told = await tidegate('predict wine', { input });
    expect(told).toMatchObject({ code: 1, stdout: '' });
    expect(told.stderr).toContain('fixed_acidity');
    expect(told.stderr).not.toContain('much');
    const { code, stderr } = await tidegate('predict wine --json', { input });
    expect([code, JSON.parse(stderr)]).toEqual([
      1,
      expect.objectContaining({ type: 'urn:tidegate:invalid-input', status: 400 }),
    ]);
  });

  it('writes a manifest that the platform starts with', async () => {
    const folder = temporaryFolder();
    const init = tidegateFor(platform.data, folder);
    expect((await init(`init ${wineModel} --service cellar`)).code).toBe(0);
    const manifest = readFileSync(join(folder, 'tidegate.yaml'), 'utf8');
    const again = await init(`init ${wineModel} --service cellar`);
    expect(again.code).not.toBe(0);
    expect(readFileSync(join(folder, 'tidegate.yaml'), 'utf8')).toBe(manifest);
    const args = ['--manifest', join(folder, 'tidegate.yaml')];
    const started = await startPlatform({ args });
    expect(started.output()).toContain('cellar: running');
    await started.stop();
  });
});
