import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOfFolder, fileArtifactStore } from '../../adapters/embedded/file-artifact-store';
import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import type { Answer } from '../inference/answer';
import { DomainError } from '../shared/domain-error';
import { deleteModelVersion } from './delete-model-version';
import { ensureVersion } from './ensure-version';
import { keepFirstAnswers } from './keep-first-answers';
import { modelRecords } from './model-records';
import type { ExpectedAnswers } from './model-version';
import type { PackageChecks, PackageDescription, PackageSources } from './package-source';
import { registerVersion } from './register-version';
import { ONE_COLUMN } from './signature-fixture';

const root = mkdtempSync(join(tmpdir(), 'register-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const now = () => new Date('2026-01-01T12:00:00Z');
const example: ExpectedAnswers = {
  input: { columns: ['x'], data: [[1]] },
  predictions: null,
  probabilities: null,
  origin: 'recorded',
};
const described: PackageDescription = {
  flavor: 'onnx',
  runtime: 'onnx',
  signature: ONE_COLUMN,
  expected: example,
};

let count = 0;
/** Sources are folders named by their path; what is checked is said by each test. */
const open = (more: Partial<PackageChecks> = {}) => {
  const home = join(root, String(++count));
  mkdirSync(home);
  const released: string[] = [];
  const sources: PackageSources = {
    fetch: async (source, options) => {
      if (!('path' in source)) throw new DomainError('bad-request', 'only paths');
      const folder = join(home, source.path);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'model.onnx'), source.path.replace('same-', ''));
      return {
        folder,
        source: options?.trusted ? { path: `trusted:${source.path}` } : source,
        release: async () => {
          released.push(source.path);
        },
      };
    },
  };
  const checks: PackageChecks = {
    inspect: async () => described,
    gate: async (_, { expected }) => expected,
    ...more,
  };
  const models = modelRecords(sqliteRecordStore(':memory:', { now }));
  const packages = join(home, 'packages');
  const artifacts = fileArtifactStore(packages);
  const needs = { models, artifacts, sources, checks, now };
  const used: string[] = [];
  const usedBy = async (model: string, version: number) =>
    used.includes(`${model}/${version}`) ? 'wine' : undefined;
  return {
    models,
    artifacts,
    released,
    used,
    stored: () => (existsSync(packages) ? readdirSync(packages) : []),
    register: registerVersion(needs),
    ensure: ensureVersion({ ...needs, digestOf: digestOfFolder }),
    remove: deleteModelVersion({ models, artifacts, usedBy }),
    keep: keepFirstAnswers({ models }),
  };
};
const from = (path: string, model = 'wine-red') => ({
  model,
  source: { path },
  description: 'a wine',
  tags: { team: 'cellar' },
  created_by: 'ann',
});

describe('registering a model version', () => {
  it('numbers versions from 1 and remembers what they are', async () => {
    const { register, models, artifacts, released } = open();
    const first = await register(from('a'));
    expect(first).toEqual({
      ...{ model: 'wine-red', version: 1, revision: 1, flavor: 'onnx', runtime: 'onnx' },
      ...{ digest: expect.stringMatching(/^sha256:/), size: 1, signature: described.signature },
      ...{ expected: example, description: 'a wine', tags: { team: 'cellar' } },
      ...{ source: { path: 'a' }, created_by: 'ann', created_at: '2026-01-01T12:00:00.000Z' },
    });
    await expect(register(from('b'))).resolves.toMatchObject({ version: 2 });
    await expect(models.find('wine-red')).resolves.toMatchObject({ latest_version: 2 });
    await expect(models.findVersion('wine-red', 1)).resolves.toEqual(first);
    await expect(artifacts.open(first.digest)).resolves.toBeTruthy();
    expect(released).toEqual(['a', 'b']);
  });

  it('gives the same files another number when somebody registers them again', async () => {
    const { register, stored } = open();
    const [one, two] = [await register(from('a')), await register(from('same-a'))];
    expect([one.version, two.version]).toEqual([1, 2]);
    expect(two.digest).toBe(one.digest);
    expect(stored()).toHaveLength(1);
  });

  it('gives everybody a number of their own who registers at the same moment', async () => {
    const { register } = open();
    const all = await Promise.all(Array.from({ length: 8 }, (_, i) => register(from(`m${i}`))));
    expect(all.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('lists models by name and versions newest first, page by page', async () => {
    const { register, models } = open();
    for (const path of 'abcdefghijk') await register(from(path));
    await register(from('z', 'apple'));
    const { items } = await models.list({ limit: 9 });
    expect(items.map(({ name }) => name)).toEqual(['apple', 'wine-red']);
    const page = await models.listVersions('wine-red', { limit: 2 });
    expect(page.items.map(({ version }) => version)).toEqual([11, 10]);
    const rest = await models.listVersions('wine-red', {
      limit: 100,
      cursor: page.next_cursor ?? undefined,
    });
    expect(rest.items.map(({ version }) => version)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(rest.next_cursor).toBeNull();
  });

  it('holds the answers that came with the registration against the model', async () => {
    const seen: unknown[] = [];
    const { register } = open({
      gate: async (_, { expected }) => {
        seen.push(expected);
        return expected;
      },
    });
    const given = { predictions: [5], probabilities: null };
    await register({ ...from('a'), expected: given });
    const input = { columns: ['x'], data: [[2]] };
    await register({ ...from('b'), expected: { ...given, input } });
    expect(seen).toEqual([
      { input: example.input, ...given, origin: 'given' },
      { input, ...given, origin: 'given' },
    ]);
  });

  it('asks for the rows when neither the package nor the registration has them', async () => {
    const { register } = open({ inspect: async () => ({ ...described, expected: null }) });
    const expected = { predictions: [5], probabilities: null };
    await expect(register({ ...from('a'), expected })).rejects.toMatchObject({
      kind: 'bad-request',
      message: expect.stringMatching(/expected.input/),
    });
    await expect(register(from('b'))).resolves.toMatchObject({ expected: null });
  });

  it('refuses an example or answers that no record can hold, and says the way out', async () => {
    const gate = jest.fn(async () => null);
    const { register, stored } = open({ gate });
    const predictions = Array.from({ length: 100 }, () => 'x'.repeat(2_001));
    await expect(
      register({ ...from('a'), expected: { predictions, probabilities: null } }),
    ).rejects.toMatchObject({
      kind: 'bad-request',
      message: expect.stringMatching(
        /^the expected answers .* 200000 can be kept: give fewer .*expected.input/,
      ),
    });
    const input = { columns: ['x'], data: [['☃'.repeat(70_000)]] };
    const long = open({ inspect: async () => ({ ...described, expected: { ...example, input } }) });
    await expect(long.register(from('a'))).rejects.toMatchObject({
      kind: 'bad-request',
      message: expect.stringMatching(/^the example has 2100.. bytes/),
    });
    expect([gate.mock.calls, stored(), long.stored()]).toEqual([[], [], []]);
  });

  it('leaves nothing of a package that is refused', async () => {
    const refuse = async () => {
      throw new DomainError('bad-request', 'row 0: predicted 6, expected 5');
    };
    const { register, models, stored, released } = open({ gate: refuse });
    await expect(register(from('a'))).rejects.toMatchObject({ kind: 'bad-request' });
    await expect(models.find('wine-red')).resolves.toBeUndefined();
    expect(stored()).toEqual([]);
    expect(released).toEqual(['a']);
  });
});

describe('what the manifest asks for at every start', () => {
  it('registers a package once and finds it again, trusting its path', async () => {
    const { ensure, released } = open();
    const first = await ensure(from('a'));
    expect(first).toMatchObject({ version: 1, source: { path: 'trusted:a' } });
    await expect(ensure(from('a'))).resolves.toEqual(first);
    await expect(ensure(from('same-a'))).resolves.toEqual(first);
    await expect(ensure(from('b'))).resolves.toMatchObject({ version: 2 });
    await expect(ensure(from('a', 'other'))).resolves.toMatchObject({ model: 'other', version: 1 });
    expect(released).toHaveLength(5);
  });

  it('still finds it when an older version with the same files was deleted', async () => {
    const { ensure, register, remove } = open();
    await register(from('a'));
    const newest = await register(from('same-a'));
    await remove({ model: 'wine-red', version: 1 });
    await expect(ensure(from('a'))).resolves.toEqual(newest);
  });

  it('registers it anew when its version was deleted', async () => {
    const { ensure, remove } = open();
    await ensure(from('a'));
    await remove({ model: 'wine-red', version: 1 });
    await expect(ensure(from('a'))).resolves.toMatchObject({ version: 2 });
  });
});

describe('deleting a model version', () => {
  it('deletes the record and, with its last user, the files; the number is never used again', async () => {
    const { register, remove, models, stored } = open();
    await register(from('a'));
    await register(from('same-a', 'other'));
    await remove({ model: 'wine-red', version: 1 });
    await expect(models.findVersion('wine-red', 1)).resolves.toBeUndefined();
    expect(stored()).toHaveLength(1);
    await remove({ model: 'other', version: 1 });
    expect(stored()).toEqual([]);
    await expect(register(from('a'))).resolves.toMatchObject({ version: 2 });
    expect(stored()).toHaveLength(1);
  });

  it('refuses what a service uses and what is not there', async () => {
    const { register, remove, used, stored } = open();
    await register(from('a'));
    used.push('wine-red/1');
    await expect(remove({ model: 'wine-red', version: 1 })).rejects.toMatchObject({
      kind: 'in-use',
      message: expect.stringMatching('used by the service wine: give it another model'),
    });
    expect(stored()).toHaveLength(1);
    await expect(remove({ model: 'wine-red', version: 2 })).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  it('keeps the files of whoever registers them at the same moment', async () => {
    const { register, remove, artifacts } = open();
    const { digest } = await register(from('a'));
    for (let round = 1; round <= 10; round++) {
      const [, next] = await Promise.all([
        remove({ model: 'wine-red', version: round }),
        register(from('a')),
      ]);
      expect(next.version).toBe(round + 1);
      await expect(artifacts.open(digest)).resolves.toBeTruthy();
    }
  });
});

describe('keeping the first answers of a runtime that the host starts', () => {
  const answer = (prediction: number): Answer => ({
    predictions: [prediction],
    width: 1,
    probabilities: null,
    modelMs: 1,
  });

  it('keeps the first and holds later ones against it', async () => {
    const { register, keep, models } = open();
    await register(from('a'));
    await expect(keep('wine-red', 1, answer(5))).resolves.toEqual([]);
    await expect(models.findVersion('wine-red', 1)).resolves.toMatchObject({
      expected: { predictions: [5], origin: 'recorded' },
    });
    await expect(keep('wine-red', 1, answer(5.00001))).resolves.toEqual([]);
    await expect(keep('wine-red', 1, answer(6))).resolves.toEqual([
      'row 0: predicted 6, expected 5',
    ]);
  });

  it('keeps of large answers what a table of items of 400 KB takes', async () => {
    const rows = Array.from({ length: 100 }, (_, row) => [row]);
    const { register, keep, models } = open({
      gate: async () => ({ ...example, input: { columns: ['x'], data: rows } }),
    });
    await register(from('a'));
    const predictions = Array.from({ length: 51_200 }, (_, at) => Math.sqrt(at));
    const wide: Answer = { ...answer(0), predictions, width: 512 };
    await expect(keep('wine-red', 1, wide)).resolves.toEqual([]);
    const text = JSON.stringify(await models.findVersion('wine-red', 1));
    expect(text.length).toBeLessThan(200_000);
    await expect(keep('wine-red', 1, wide)).resolves.toEqual([]);
    const other = { ...wide, predictions: predictions.map((cell) => cell + 1) };
    await expect(keep('wine-red', 1, other)).resolves.toContain(
      'row 0, output 0: predicted 1, expected 0',
    );
  });

  it('keeps one answer when several replicas start at once', async () => {
    const { register, keep } = open();
    await register(from('a'));
    const faults = await Promise.all([5, 6, 7].map((n) => keep('wine-red', 1, answer(n))));
    expect(faults.filter((found) => found.length === 0)).toHaveLength(1);
  });

  it('has nothing to say of a version without an example, or that is gone', async () => {
    const { register, keep } = open({ inspect: async () => ({ ...described, expected: null }) });
    await register(from('a'));
    await expect(keep('wine-red', 1, answer(5))).resolves.toEqual([]);
    await expect(keep('wine-red', 9, answer(5))).resolves.toEqual([]);
  });
});
