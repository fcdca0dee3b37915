import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DomainError, isDomainError } from '../core/shared/domain-error';
import { describeStatically } from './describe-statically';
import { describePackage } from './package-reader';
import { staticChecks } from './static-checks';

const ROOT = resolve(__dirname, '..');
const FIXTURES = join(__dirname, 'fixtures');
const made: string[] = [];
const temporary = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'static-'));
  made.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A fixture as a package, with an MLmodel that says this of its answers. */
const packed = (name: string, outputs: unknown = null, mlModel = outputs !== null): string => {
  const folder = temporary();
  copyFileSync(join(FIXTURES, name), join(folder, 'model.onnx'));
  const text = `flavors: {onnx: {data: model.onnx}}\nsignature: {outputs: '${JSON.stringify(outputs)}'}\n`;
  if (mlModel) writeFileSync(join(folder, 'MLmodel'), text);
  return folder;
};
const tensor = (shape: number[], name?: string) => ({
  type: 'tensor',
  'tensor-spec': { dtype: 'float32', shape },
  ...(name !== undefined && { name }),
});

/** What it says, or why it refuses. */
const said = (describe: typeof describePackage, folder: string) => {
  try {
    return { described: describe(folder) };
  } catch (error) {
    if (isDomainError(error)) return { kind: error.kind, refused: error.message };
    throw error;
  }
};

const fixtures = readdirSync(FIXTURES).filter((name) => name.endsWith('.onnx'));
const folders = [
  ...['model', 'model-v2'].map((name) => join(ROOT, 'examples/wine', name)),
  ...['external', 'external-zipmap'].map((name) => join(FIXTURES, name)),
];
const NEED_A_RUN = ['open-width.onnx'];

describe('describing a package without running it', () => {
  it.each(folders)('says of %s what a run says', (folder) => {
    expect(describeStatically(folder)).toEqual(describePackage(folder));
  });

  it.each(fixtures)('says of %s what a run says, or refuses it with the way out', (name) => {
    const folder = packed(name);
    const alone = said(describeStatically, folder);
    if (NEED_A_RUN.includes(name)) {
      expect(alone).toMatchObject({
        kind: 'bad-request',
        refused: expect.stringMatching(/width of its answers open.*shape of its outputs/),
      });
      return;
    }
    const tried = said(describePackage, folder);
    // Which operator it is that is missing is said in the runtime's own words.
    const words = (one: typeof tried) => one.refused?.replace(/\(-?\d+\)/, '');
    expect({ ...alone, refused: words(alone) }).toEqual({ ...tried, refused: words(tried) });
  });

  it.each([
    ['of the only output', tensor([-1, 3])],
    ['of the output by its name', tensor([-1, 3], 'y')],
  ])('takes the width from what the package says %s', (_, field) => {
    const folder = packed('open-width.onnx', [field]);
    expect(describeStatically(folder)).toEqual(describePackage(folder));
  });

  it('refuses a package that leaves the width open in both places', () => {
    const folder = packed('open-width.onnx', [tensor([-1, -1])]);
    expect(() => describeStatically(folder)).toThrow(/width of its answers is left open/);
  });

  it('lets operators pass that the file itself defines', () => {
    const folder = packed('unsupported-op.onnx');
    const file = join(folder, 'model.onnx');
    // ModelProto.functions with a FunctionProto of name Frobnicate and domain com.acme.
    const text = (field: number, word: string) =>
      Buffer.concat([Buffer.from([(field << 3) | 2, word.length]), Buffer.from(word)]);
    const body = Buffer.concat([text(1, 'Frobnicate'), text(10, 'com.acme')]);
    const functions = Buffer.concat([Buffer.from([0xca, 0x01, body.length]), body]);
    writeFileSync(file, Buffer.concat([readFileSync(file), functions]));
    expect(describeStatically(folder)).toMatchObject({ runtime: 'onnx' });
  });

  it('says of other flavors what a run says, for nothing of them is run', () => {
    const folder = temporary();
    const signature = `signature: {inputs: '[{"name":"a","type":"double"}]', outputs: '[{"type":"long"}]'}`;
    const flavors = 'flavors: {sklearn: {}, python_function: {}}';
    writeFileSync(join(folder, 'MLmodel'), `${flavors}\n${signature}\n`);
    expect(describeStatically(folder)).toEqual(describePackage(folder));
  });

  it('carries no onnxruntime, so that a function can hold it', () => {
    const metafile = join(temporary(), 'meta.json');
    const options = [
      '--bundle',
      '--platform=node',
      '--external:onnxruntime-*',
      '--outfile=/dev/null',
    ];
    const esbuild = join(ROOT, 'node_modules/.bin/esbuild');
    const run = spawnSync(
      esbuild,
      ['model-server/static-checks.ts', ...options, `--metafile=${metafile}`],
      { cwd: ROOT, encoding: 'utf8' },
    );
    expect(run).toMatchObject({ status: 0 });
    const { inputs } = JSON.parse(readFileSync(metafile, 'utf8'));
    expect(Object.keys(inputs)).toContain('model-server/describe-statically.ts');
    expect(readFileSync(metafile, 'utf8')).not.toMatch(/onnxruntime/);
  });

  const checks = staticChecks({
    assertImage: (image) => {
      if (image !== 'registry/mlflow') throw new DomainError('bad-request', 'push it to ECR');
    },
  });

  it('answers as a check of packages, without the folder that only this machine knows', async () => {
    const folder = join(ROOT, 'examples/wine/model-v2');
    const described = await checks.inspect(folder);
    expect(described).toEqual(describePackage(folder));
    await expect(checks.gate(folder, described)).resolves.toBe(described.expected);
    await expect(checks.inspect(packed('image.onnx'))).rejects.toMatchObject({
      kind: 'bad-request',
      message: expect.stringMatching(/^the package was refused: input x has 3 dimensions/),
    });
  });

  it('refuses as a check of packages what needs an image of its own', async () => {
    const folder = temporary();
    const inputs = JSON.stringify([{ name: 'x', type: 'double' }]);
    const outputs = JSON.stringify([{ type: 'double' }]);
    const signature = `signature: {inputs: '${inputs}', outputs: '${outputs}'}`;
    const flavors = 'flavors: {sklearn: {}, python_function: {}}';
    writeFileSync(join(folder, 'MLmodel'), `${flavors}\n${signature}\n`);
    expect(describeStatically(folder)).toMatchObject({ runtime: 'mlflow' });
    await expect(checks.inspect(folder)).rejects.toMatchObject({
      kind: 'bad-request',
      message: expect.stringMatching(/a sklearn model runs in an image.*--image URI.*ONNX/),
    });
    writeFileSync(join(folder, 'serve'), '');
    await expect(checks.inspect(folder)).rejects.toThrow(/a program of its own.*--image URI/);
  });

  it('takes as a check of packages what names an image that may be used, and no other', async () => {
    const folder = temporary();
    const signature = { inputs: [{ name: 'x', type: 'double' }], outputs: [{ type: 'long' }] };
    const naming = (image: string) =>
      writeFileSync(join(folder, 'tidegate-image.json'), JSON.stringify({ image, signature }));
    naming('registry/mlflow');
    await expect(checks.inspect(folder)).resolves.toEqual(describePackage(folder));
    naming('elsewhere/mlflow');
    await expect(checks.inspect(folder)).rejects.toMatchObject({
      ...{ kind: 'bad-request', message: 'the package was refused: push it to ECR' },
    });
  });
});
