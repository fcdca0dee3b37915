import { spawn } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { tidegateFor } from './clients/cli-process';
import { type Caller, caller, until } from './support/api';
import {
  type Running,
  startPlatform,
  temporaryFolder,
  wineModel,
  wineModelV2,
} from './support/platform';
import { example, expected } from './support/wine';

const ROOT = resolve(__dirname, '..');
const FOLDER = join(ROOT, 'examples/pipeline');
const MINUTE = 60_000;

describe('the example pipeline', () => {
  let platform: Running;
  let operator: Caller;
  const rows = join(temporaryFolder(), 'rows.csv');

  beforeAll(async () => {
    writeFileSync(rows, [example.columns, ...example.data].map((row) => row.join()).join('\n'));
    platform = await startPlatform();
    operator = caller(platform.url, platform.token);
    const tidegate = tidegateFor(platform.data, temporaryFolder());
    for (const command of [
      `models register wine ${wineModel}`,
      'services create wine --model wine/1 --wait',
    ]) {
      expect(await tidegate(command)).toMatchObject({ code: 0 });
    }
  }, MINUTE);
  afterAll(() => platform.stop());

  /** Starts the script as the workflow does; its options override these. */
  const promote = (folder: string, ...options: readonly string[]) => {
    const given = ['--service', 'wine', '--package', folder, '--rows', rows];
    const quick = ['--watch', '0', '--every', '1'];
    const script = join(FOLDER, 'promote.mjs');
    const child = spawn(process.execPath, [script, ...given, ...quick, ...options], {
      env: { ...process.env, TIDEGATE_DATA: platform.data },
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
    }
    const ended = new Promise<{ code: number | null; printed: string }>((done, fail) => {
      child.once('error', fail);
      child.once('close', (code) => done({ code, printed }));
    });
    return { child, ended };
  };

  const service = async () => (await operator('/api/services/wine')).body;
  const versions = async (): Promise<readonly string[]> =>
    (await operator('/api/services/wine/versions')).body.items.map(
      ({ name }: { readonly name: string }) => name,
    );
  const whileShared = () =>
    until(service, ({ traffic }) => Object.keys(traffic).length === 2).then(
      ({ traffic }) => traffic,
    );
  const untouched = async (): Promise<void> => {
    expect(await service()).toMatchObject({ status: 'running', traffic: { v1: 100 } });
    expect(await versions()).toEqual(['v1']);
  };

  it('refuses a model whose answers are not the expected ones, and the traffic stays', async () => {
    const folder = join(temporaryFolder(), 'model');
    cpSync(wineModel, folder, { recursive: true });
    const predictions = expected.predictions.map((value) => value + 1);
    writeFileSync(join(folder, 'expected_output.json'), JSON.stringify({ predictions }));
    const { code, printed } = await promote(folder).ended;
    expect([code, printed]).toEqual([1, expect.stringMatching(/^refused at registration: .*5\.5/)]);
    await untouched();
  });

  it(
    'lets a model go again that cannot answer the rows, before anybody asked it',
    async () => {
      const empty = join(temporaryFolder(), 'rows.csv');
      writeFileSync(empty, 'alcohol\n9.4\n');
      const { code, printed } = await promote(wineModelV2, '--rows', empty).ended;
      expect([code, printed]).toEqual([1, expect.stringContaining('refused at the rows: ')]);
      expect(printed).toContain('v2 is taken back: the traffic is as it was');
      expect(printed).not.toContain('gets');
      await untouched();
    },
    MINUTE,
  );

  it(
    'takes a version back for which the check says no, while it gets a little',
    async () => {
      const check = `test "$SERVICE/$VERSION" = wine/v2 && echo an alarm rings >&2 && exit 1`;
      const { code, printed } = await promote(wineModelV2, '--check', check).ended;
      expect([code, printed]).toEqual([1, expect.stringContaining('v2 gets 10 %')]);
      expect(printed).toContain('refused at 10 % of the traffic: an alarm rings\n');
      await untouched();
    },
    MINUTE,
  );

  it(
    'takes it back when the job is cancelled',
    async () => {
      const { child, ended } = promote(wineModelV2, '--watch', '600', '--weight', '25');
      expect(await whileShared()).toEqual({ v1: 75, v2: 25 });
      child.kill('SIGINT');
      const { code, printed } = await ended;
      expect([code, printed]).toEqual([1, expect.stringContaining('it was cancelled')]);
      await untouched();
    },
    MINUTE,
  );

  it(
    'gives a good model a tenth of the traffic, and after a while all of it',
    async () => {
      const { ended } = promote(wineModelV2, '--watch', '2', '--check', 'test -n "$VERSION"');
      expect(await whileShared()).toEqual({ v1: 90, v2: 10 });
      const { code, printed } = await ended;
      expect([code, printed]).toEqual([0, expect.stringContaining('v2 gets all of the traffic')]);
      expect(await service()).toMatchObject({ status: 'running', traffic: { v2: 100 } });
      expect(await versions()).toEqual(['v1', 'v2']);
    },
    MINUTE,
  );

  it('is called by the workflow with options that it knows', () => {
    const workflow = parse(readFileSync(join(FOLDER, 'promote.yml'), 'utf8'));
    const { steps, permissions } = workflow.jobs.promote;
    expect(permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    const commands: string[] = steps.flatMap(({ run }: { run?: string }) => run ?? []);
    const call = commands.find((command) => command.includes('promote.mjs')) ?? '';
    const known = readFileSync(join(FOLDER, 'promote.mjs'), 'utf8');
    const options = [...call.replace(/'[^']*'/g, '').matchAll(/ --([a-z]+)/g)].map(
      ([, name]) => name,
    );
    expect(options).toEqual(expect.arrayContaining(['service', 'package', 'rows', 'check']));
    for (const name of options) expect(known).toMatch(new RegExp(`^    ${name}: \\{ type:`, 'm'));
  });
});
