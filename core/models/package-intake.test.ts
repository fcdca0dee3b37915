import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileArtifactStore } from '../../adapters/embedded/file-artifact-store';
import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import { DomainError, isDomainError } from '../shared/domain-error';
import { modelRecords } from './model-records';
import { type PackageIntake, packageIntake } from './package-intake';
import type { PackageChecks, PackageSources } from './package-source';
import { registerThrough } from './register-version';
import { ONE_COLUMN } from './signature-fixture';

const root = mkdtempSync(join(tmpdir(), 'intake-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const inspect: PackageChecks['inspect'] = async () => ({
  flavor: 'onnx',
  runtime: 'onnx',
  signature: ONE_COLUMN,
  expected: null,
});

let count = 0;
/** Uploads are folders; what is checked each test says. */
const open = (more: Partial<PackageChecks> = {}) => {
  const home = join(root, String(++count));
  const placeOf = (upload: string) => join(home, upload);
  const send = (upload: string): void => {
    mkdirSync(placeOf(upload), { recursive: true });
    writeFileSync(join(placeOf(upload), 'model.onnx'), 'onnx');
  };
  send('a');
  const sources: PackageSources = {
    fetch: async (source) => {
      if (!('upload' in source) || !existsSync(placeOf(source.upload))) {
        throw new DomainError('bad-request', 'there is no such upload');
      }
      return { folder: placeOf(source.upload), source, release: async () => undefined };
    },
  };
  const uploads = {
    forget: async (source: object) => {
      if ('upload' in source) rmSync(placeOf(String(source.upload)), { recursive: true });
    },
  };
  const store = fileArtifactStore(join(home, 'packages'));
  const artifacts = {
    ...store,
    has: (digest: string) =>
      store.open(digest).then(
        () => true,
        (error: unknown) => {
          if (isDomainError(error)) return false;
          throw error;
        },
      ),
  };
  const checks = { inspect, gate: async () => null, ...more };
  const intake = packageIntake({ sources, checks, artifacts, uploads });
  const records = sqliteRecordStore(':memory:', { now: () => new Date(0) });
  const models = modelRecords(records);
  const unwritable = modelRecords({
    ...records,
    transact: () => Promise.reject(new Error('the table cannot be reached')),
  });
  const now = () => new Date('2026-01-01T12:00:00Z');
  const stored = () => readdirSync(join(home, 'packages'));
  return {
    ...{ models, store, send, stored, intake },
    isSent: (upload: string) => existsSync(placeOf(upload)),
    register: registerThrough({ models, intake, now }),
    registerBy: (other: PackageIntake) => registerThrough({ models, intake: other, now }),
    registerInVain: registerThrough({ models: unwritable, intake, now }),
  };
};
const asked = {
  ...{ model: 'wine', source: { upload: 'a' }, description: '', tags: {}, created_by: 'ann' },
};

describe('registering a package that is read elsewhere', () => {
  it('has its record and its files, and what was uploaded is gone', async () => {
    const { register, models, store, isSent } = open();
    const expected = { input: { columns: ['x'], data: [[1]] }, predictions: [2] };
    const gate: PackageChecks['gate'] = async (_, { expected }) => expected;
    const made = await register(asked);
    expect(made).toEqual({
      ...{ ...asked, version: 1, revision: 1, flavor: 'onnx', runtime: 'onnx', size: 4 },
      ...{ digest: expect.stringMatching(/^sha256:/), expected: null },
      ...{ signature: expect.anything(), created_at: '2026-01-01T12:00:00.000Z' },
    });
    await expect(models.findVersion('wine', 1)).resolves.toEqual(made);
    await expect(store.open(made.digest)).resolves.toBeTruthy();
    expect(isSent('a')).toBe(false);

    const given = open({ gate });
    const withAnswers = { ...asked, expected: { ...expected, probabilities: null } };
    await expect(given.register(withAnswers)).resolves.toMatchObject({
      expected: { ...expected, origin: 'given' },
    });
  });

  it('leaves nothing of a package that is refused', async () => {
    const { register, models, isSent } = open({
      inspect: async () => {
        throw new DomainError('bad-request', 'the package was refused');
      },
    });
    await expect(register(asked)).rejects.toMatchObject({ kind: 'bad-request' });
    await expect(models.find('wine')).resolves.toBeUndefined();
    expect(isSent('a')).toBe(false);
  });

  it('tells why it was refused even where the upload cannot be forgotten', async () => {
    const { register } = open();
    const source = { upload: 'never-sent' };
    await expect(register({ ...asked, source })).rejects.toThrow('there is no such upload');
  });

  it('keeps the upload of what may be tried again, and it can be', async () => {
    const faults = [new DomainError('unavailable', 'the disk is full')];
    const { register, models, isSent } = open({
      gate: async () => {
        const fault = faults.pop();
        if (fault) throw fault;
        return null;
      },
    });
    await expect(register(asked)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(models.find('wine')).resolves.toBeUndefined();
    expect(isSent('a')).toBe(true);
    await expect(register(asked)).resolves.toMatchObject({ version: 1 });
  });

  it('stores the files again that were removed with their last version meanwhile', async () => {
    const { registerBy, intake, store } = open();
    const settle: PackageIntake['settle'] = async (which, digest) => {
      await store.remove(digest);
      await intake.settle(which, digest);
    };
    const { digest } = await registerBy({ ...intake, settle })(asked);
    await expect(store.open(digest)).resolves.toBeTruthy();
  });

  it('removes the files again when the record cannot be written, and only if no version needs them', async () => {
    const { register, registerInVain, stored, send } = open();
    await expect(registerInVain(asked)).rejects.toThrow('the table');
    expect(stored()).toEqual([]);
    await register(asked);
    send('a');
    await expect(registerInVain(asked)).rejects.toThrow('the table');
    expect(stored()).toHaveLength(1);
  });
});
