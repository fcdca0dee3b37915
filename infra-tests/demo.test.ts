import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { caller } from './support/api';
import { startPlatform, temporaryFolder } from './support/platform';

const MINUTE = 60_000;
const root = resolve(__dirname, '..');
const NODE = join(root, 'node_modules/.bin/node');
const DEMO = join(root, 'bin/demo.mjs');

/** The statements that a run of the demo has printed, in order. */
const statementsIn = (told: string): readonly string[] =>
  [...told.matchAll(/^\d+\. .*\n\n((?: {4}.*\n)+)/gm)].map(([, text = '']) =>
    text.replaceAll(/^ {4}/gm, '').trim(),
  );

const demoOn = (data: string): string => {
  const env = { ...process.env, TIDEGATE_DATA: data };
  const options = { env, encoding: 'utf8', timeout: MINUTE } as const;
  const { status, stdout, stderr } = spawnSync(NODE, [DEMO], options);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
};

describe('npm run demo', () => {
  it(
    'makes what is missing, plays, and can be run again; each of its ten questions has an answer',
    async () => {
      const platform = await startPlatform();
      const operator = caller(platform.url, platform.token);
      const sql = async (statement: string) => {
        const { status, body } = await operator('/api/query', { body: { sql: statement } });
        expect({ statement, status }).toEqual({ statement, status: 200 });
        return body.rows as unknown[][];
      };
      const first = demoOn(platform.data);
      expect(first).toContain('Making its version v2');
      expect(first).toContain('6 wrong ones refused');
      expect(first).toMatch(/v2 +\d+ +\d+ +0\.\d+ +0\.\d+/);
      const statements = statementsIn(first);
      expect(statements).toHaveLength(10);
      for (const statement of statements) expect((await sql(statement)).length).toBeGreaterThan(0);

      const [totals] = await sql('SELECT count(*), count(label) FROM inference.wine');
      expect(totals).toEqual([2099, 1440]);
      const { body: service } = await operator('/api/services/wine');
      expect(service.traffic).toEqual({ v1: 100 });

      expect(demoOn(platform.data)).not.toContain('Making');
      const [again] = await sql('SELECT count(*), count(label) FROM inference.wine');
      expect(again).toEqual([4198, 2880]);
      const { body: keys } = await operator('/api/services/wine/keys');
      expect(keys.items).toHaveLength(3);
      await platform.stop();
    },
    2 * MINUTE,
  );

  it(
    'starts a platform where none runs, and ends with it',
    async () => {
      const data = join(temporaryFolder(), 'data');
      const env = { ...process.env, TIDEGATE_DATA: data, TIDEGATE_PORT: '0' };
      const demo = spawn(NODE, [DEMO], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
      const ended = once(demo, 'exit');
      let told = '';
      demo.stderr.on('data', (text) => {
        told += text;
      });
      for await (const text of demo.stdout) {
        told += text;
        if (told.includes('Ctrl-C stops it')) break;
      }
      const [, url = ''] = /goes on serving on (\S+);/.exec(told) ?? [told];
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      demo.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
      await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
    },
    2 * MINUTE,
  );

  it('says in one line what is in its way', async () => {
    const platform = await startPlatform({
      manifest: 'services: { wine: { versions: { v1: { model: ./examples/wine/model } } } }',
    });
    const env = { ...process.env, TIDEGATE_DATA: platform.data };
    const { status, stderr } = spawnSync(NODE, [DEMO], { env, encoding: 'utf8', timeout: MINUTE });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^The demo ended: .*manifest.*\n$/);
    await platform.stop();
  });

  it('asks what the README asks', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const code = `import { QUESTIONS } from '${root}/bin/demo-questions.mjs'; console.log(JSON.stringify(QUESTIONS))`;
    const { stdout } = spawnSync(NODE, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    const questions: { readonly asks: string; readonly sql: string }[] = JSON.parse(stdout);
    const missing = questions.filter(({ sql }) => !readme.includes(sql));
    expect(missing.map(({ asks }) => asks)).toEqual([]);
  });
});
