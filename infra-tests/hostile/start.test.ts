import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { caller, until } from '../support/api';
import { type Running, spawnPlatform, startPlatform, temporaryFolder } from '../support/platform';
import { wineBody } from '../support/wine';

const wine = `
services:
  wine:
    auth: false
    throttle: { rate: 100000, burst: 100000 }
    versions:
      v1: { model: ./examples/wine/model }
`;
const freshData = (): string => join(temporaryFolder(), 'data');

interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
}

/** How a start that must not succeed ends. */
const endOf = async (
  data: string,
  options: Parameters<typeof spawnPlatform>[1] = {},
): Promise<Ended> => {
  const { child, output } = spawnPlatform(data, options);
  const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
  const [code] = await once(child, 'close');
  clearTimeout(late);
  return { code, lines: output().trim().split('\n') };
};

describe('a start that must not be', () => {
  let running: Running;
  beforeAll(async () => {
    running = await startPlatform({ manifest: wine });
  }, 60_000);
  afterAll(async () => {
    expect((await caller(running.url)('/services/wine/predict', { body: wineBody })).status).toBe(
      200,
    );
    expect(await running.stop()).toBe(0);
  });

  it('is that of a second process on the same data', async () => {
    const { code, lines } = await endOf(running.data, { manifest: wine });
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [
        expect.stringMatching(new RegExp(`in use by process ${running.process.pid}:.*--data`)),
      ],
    });
  });

  it('is that of many at once: one of them wins', async () => {
    const data = freshData();
    const all = Array.from({ length: 4 }, () => spawnPlatform(data, { manifest: wine }));
    const codes = all.map(async ({ child }) => (await once(child, 'exit'))[0] as number | null);
    await until(
      async () => all.filter(({ output }) => output().includes('is ready on')).length,
      (ready) => ready === 1,
    );
    await until(
      async () => all.filter(({ child }) => child.exitCode === 1).length,
      (ended) => ended === 3,
    );
    for (const { child } of all) child.kill('SIGTERM');
    expect((await Promise.all(codes)).toSorted()).toEqual([0, 1, 1, 1]);
  }, 40_000);

  it('is that on a port in use, and leaves its data to the next', async () => {
    const data = freshData();
    const { port } = new URL(running.url);
    const { code, lines } = await endOf(data, { manifest: wine, args: ['--port', port] });
    expect(code).toBe(1);
    expect(lines[0]).toMatch(`port ${port} on 127.0.0.1 is in use`);
    expect(lines.join()).not.toMatch(/\bat .*\.mjs/);
    const next = await startPlatform({ manifest: wine, data });
    expect(await next.stop()).toBe(0);
  }, 40_000);

  it('is that on data of a newer version, in the folder or in its databases', async () => {
    for (const spoil of [
      (data: string) => writeFileSync(join(data, 'version'), '99\n'),
      (data: string) => new DatabaseSync(join(data, 'records.db')).exec('PRAGMA user_version = 99'),
      (data: string) => new DatabaseSync(join(data, 'quotas.db')).exec('PRAGMA user_version = 99'),
    ]) {
      const data = freshData();
      await (await startPlatform({ data })).stop();
      spoil(data);
      const { code, lines } = await endOf(data);
      expect({ code, lines }).toEqual({
        code: 1,
        lines: [expect.stringMatching(/written by a newer Tidegate.*update this one/)],
      });
    }
  }, 40_000);

  it.each([
    ['YAML that is none', 'services: [', /tidegate\.yaml:\d+:\d+: /],
    ['a tab', 'services:\n\twine: {}', /tidegate\.yaml:2:\d+: /],
    ['a list', '- wine', /tidegate\.yaml:1:1: /],
    ['an unknown field', 'services:\n  wine: { frob: 1 }', /tidegate\.yaml:2:\d+: services\.wine/],
    ['a bad name', 'services:\n  Wine: {}', /tidegate\.yaml:2:3: services\.Wine/],
    ['a reserved name', 'services:\n  labels: {}', /tidegate\.yaml:2:3: services\.labels/],
    ['a service twice', 'services:\n  wine: {}\n  wine: {}', /tidegate\.yaml:3:3: /],
    [
      'weights that are no hundred',
      'services:\n  wine:\n    versions:\n      v1: { model: ./examples/wine/model, weight: 99 }',
      /tidegate\.yaml:3:\d+: services\.wine\.versions/,
    ],
    [
      'a model that is not there',
      'services:\n  wine:\n    versions:\n      v1: { model: ./nowhere }',
      /tidegate\.yaml:4:\d+: services\.wine\.versions\.v1\.model: .*nowhere/,
    ],
    [
      'a model that is none',
      'services:\n  wine:\n    versions:\n      v1: { model: ./docs }',
      /tidegate\.yaml:4:\d+: services\.wine\.versions\.v1\.model: /,
    ],
    [
      'a model that does not load',
      'services:\n  wine:\n    versions:\n      v1: { model: ./model-server/fixtures/unsupported-op.onnx }',
      /tidegate\.yaml:4:\d+: services\.wine\.versions\.v1\.model: .*Frobnicate/,
    ],
    [
      'aliases without end',
      `a: &a [x,x]\n${[...'bcdefghijklmnopqrstu'].map((name, at) => `${name}: &${name} [${`*${'abcdefghijklmnopqrst'[at]},`.repeat(9)}]`).join('\n')}\nservices: {}`,
      /tidegate\.yaml/,
    ],
  ])('is that with a manifest with %s', async (_, manifest, line) => {
    const { code, lines } = await endOf(freshData(), { manifest });
    expect(code).toBe(1);
    expect(lines[0]).toMatch(line);
    expect(lines.join('\n')).not.toMatch(/\bat .*\.mjs|"level"/);
  });

  it('is that with a manifest that is not there', async () => {
    const args = ['--manifest', '/nowhere/tidegate.yaml'];
    expect(await endOf(freshData(), { args })).toEqual({
      code: 1,
      lines: [expect.stringContaining('no manifest /nowhere/tidegate.yaml')],
    });
  });

  it("is that on a folder that cannot be written, is no folder, or is somebody else's", async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'file');
    writeFileSync(file, 'x');
    const foreign = join(folder, 'foreign');
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'thesis.tex'), 'x');
    for (const data of [file, join(file, 'data'), '/sys/tidegate', '/dev/null/data', foreign]) {
      const { code, lines } = await endOf(data);
      expect({ code, lines }).toEqual({ code: 1, lines: [expect.stringContaining(data)] });
    }
    expect(readdirSync(foreign)).toEqual(['thesis.tex']);
  });

  it.each([
    ['credentials.json', '{'],
    ['version', 'x'],
    ['records.db', 'this is no database, but it is long enough to be taken for one'.repeat(100)],
    ['quotas.db', 'this is no database, but it is long enough to be taken for one'.repeat(100)],
  ])('is that on data whose %s is spoilt', async (name, text) => {
    const data = freshData();
    await (await startPlatform({ data })).stop();
    writeFileSync(join(data, name), text);
    const { code, lines } = await endOf(data);
    expect({ code, first: lines[0], count: lines.length }).toEqual({
      code: 1,
      first: expect.stringContaining(name),
      count: 1,
    });
  });

  it.each([
    [['--host', '0.0.0.0'], 2, /--tls-cert/],
    [['--host', '::'], 2, /--tls-cert/],
    [['--host', '192.0.2.1', '--behind-proxy'], 1, /no address of this machine/],
    [['--port', '70000'], 2, /65535/],
    [['--port', '-1'], 2, /65535/],
    [['--port', 'http'], 2, /65535/],
    [['--tls-cert', '/nowhere.pem'], 2, /go together/],
    [['--tls-cert', '/nowhere.pem', '--tls-key', '/nowhere.pem'], 1, /nowhere\.pem cannot be read/],
    [['--tls-cert', '/etc/hostname', '--tls-key', '/etc/hostname'], 1, /certificate|PEM/i],
  ])('is that with %j', async (args, code, line) => {
    const ended = await endOf(freshData(), { args });
    expect(ended).toMatchObject({ code, lines: [expect.stringMatching(line)] });
  });

  it('is that with a token that is too easy to guess', async () => {
    for (const token of ['secret', 'tgo-short', 'tgk-0123456789012345678901234567890123456789']) {
      const { code, lines } = await endOf(freshData(), { env: { TIDEGATE_OPERATOR_TOKEN: token } });
      expect({ code, lines }).toEqual({
        code: 1,
        lines: [expect.stringContaining('TIDEGATE_OPERATOR_TOKEN')],
      });
      expect(lines.join()).not.toContain(token);
    }
  });
});
