import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../../adapters/embedded/manifest-file';
import { runCli } from '../testing/run-cli';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-init-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const init = (...args: readonly string[]) =>
  runCli(['init', '--file', join(folder, 'tidegate.yaml'), ...args], { home: folder });
const modelIn = (...path: readonly string[]) => {
  const model = join(folder, ...path);
  mkdirSync(model, { recursive: true });
  return model;
};
const written = () => readManifest(join(folder, 'tidegate.yaml')).manifest.services;

describe('init', () => {
  it('writes a manifest of the wine example that the platform takes', async () => {
    const model = modelIn('examples', 'wine', 'model');
    const result = await init();
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(written()).toMatchObject({
      wine: { versions: { v1: { model: { path: model }, weight: 100 } }, keys: ['quickstart'] },
    });
    expect(readFileSync(join(folder, 'tidegate.yaml'), 'utf8')).toContain('./examples/wine/model');
  });

  it.each([
    ['My Model_v2', 'my-model-v2'],
    ['7-days', 'days'],
    ['é', 'my-model'],
    ['.hidden', 'hidden'],
    [`${'long-'.repeat(12)}name`, 'long-long-long-long-long-long-lo'],
    ['quoted" #and: \\more', 'quoted-and-more'],
  ])('names the service of %j %s', async (name, service) => {
    const model = modelIn(name);
    expect((await init(model)).code).toBe(0);
    expect(written()).toMatchObject({
      [service]: { versions: { v1: { model: { path: model } } } },
    });
  });

  it('takes an .onnx file and a name', async () => {
    const file = join(folder, 'loans.onnx');
    writeFileSync(file, 'onnx');
    expect((await init(file, '--service', 'credit')).code).toBe(0);
    expect(written()).toMatchObject({ credit: { versions: { v1: { model: { path: file } } } } });
  });

  it('writes over nothing, unless forced', async () => {
    const model = modelIn('model');
    writeFileSync(join(folder, 'tidegate.yaml'), 'mine');
    const refused = await init(model);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('is there already: --force writes over it');
    expect(readFileSync(join(folder, 'tidegate.yaml'), 'utf8')).toBe('mine');
    expect((await init(model, '--force')).code).toBe(0);
    expect(Object.keys(written())).toEqual(['model']);
  });

  it.each([
    [['missing'], 1, 'there is no such file or folder'],
    [['--service', 'Not A Name'], 2, 'a service is called by'],
  ])('refuses %j', async (args, code, message) => {
    modelIn('examples', 'wine', 'model');
    const result = await init(...args);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(message);
  });

  it('refuses a file that is no model', async () => {
    writeFileSync(join(folder, 'model.pkl'), '');
    expect((await init(join(folder, 'model.pkl'))).stderr).toContain('or an .onnx file');
  });
});
