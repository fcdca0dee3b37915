import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describeStatically } from './describe-statically';
import { describePackage } from './package-reader';

const WINE = resolve(__dirname, '../examples/wine/model');
const root = mkdtempSync(join(tmpdir(), 'container-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const signature = {
  inputs: [
    { name: 'age', type: 'long' },
    { name: 'city', type: 'string', required: false },
  ],
  outputs: [{ type: 'double' }],
};
const image = 'registry/own@sha256:0';
let count = 0;

/** A package whose `tidegate-image.json` says this. */
const saying = (said: unknown): string => {
  const folder = join(root, String(++count));
  mkdirSync(folder);
  const text = typeof said === 'string' ? said : JSON.stringify(said);
  writeFileSync(join(folder, 'tidegate-image.json'), text);
  return folder;
};

describe('a package that names a container image', () => {
  it('is described by the signature that it gives, as it is or in the texts that MLflow writes', () => {
    const described = describeStatically(saying({ image, environment: { A: '1' }, signature }));
    expect(described).toEqual({
      ...{ flavor: 'container', runtime: 'image', expected: null },
      container: { image, environment: { A: '1' }, data: false },
      signature: {
        inputs: [
          { name: 'age', type: 'long', required: true },
          { name: 'city', type: 'string', required: false },
        ],
        ...{ positional: false, matrix: false, storage: ['int64', 'string'] },
        output: { type: 'double', width: 1, classes: null },
      },
    });
    const texts = {
      inputs: JSON.stringify(signature.inputs),
      outputs: JSON.stringify(signature.outputs),
      params: null,
    };
    const asMlflow = describeStatically(saying({ image, signature: texts }));
    expect(asMlflow.signature).toEqual(described.signature);
  });

  it('is described by the MLflow model that it has for its container, with its example', () => {
    const folder = saying({ image });
    cpSync(WINE, join(folder, 'model'), { recursive: true });
    const described = describeStatically(folder);
    expect(described).toMatchObject({
      container: { image, environment: {}, data: true },
      signature: { inputs: describePackage(WINE).signature.inputs },
      expected: { origin: 'given', predictions: describePackage(WINE).expected?.predictions },
    });
    expect(describePackage(folder)).toEqual(described);
  });

  it('has its example beside what names the image, where its files are no MLflow model', () => {
    const folder = saying({ image, signature });
    mkdirSync(join(folder, 'model'));
    writeFileSync(join(folder, 'model/weights.bin'), '');
    const rows = { columns: ['age', 'city'], data: [[47, 'Bern']] };
    writeFileSync(join(folder, 'input_example.json'), JSON.stringify(rows));
    expect(describeStatically(folder)).toMatchObject({
      container: { data: true },
      expected: { input: rows, predictions: null, origin: 'recorded' },
    });
  });

  it.each([
    ['no JSON', '{', /tidegate-image.json cannot be read/],
    ['a list', [], /names no image/],
    ['no image', { signature }, /names no image/],
    ['an image that is no text', { image: 1, signature }, /names no image/],
    ['no signature', { image }, /nothing says what the image takes and answers/],
    ['an empty signature', { image, signature: {} }, /has no signature/],
    [
      'no outputs',
      { image, signature: { inputs: signature.inputs } },
      /does not say what it answe/,
    ],
    ['a signature that is a text', { image, signature: 'x' }, /signature is no object/],
    ['inputs that are no list', { image, signature: { inputs: {} } }, /signature is no list/],
    ['inputs that are no JSON', { image, signature: { inputs: '[' } }, /cannot be read/],
    [
      'a variable that is no text',
      { image, signature, environment: { A: 1 } },
      /environment is no/,
    ],
    ['a variable of no name', { image, signature, environment: { '1=': '' } }, /environment is no/],
    ['a list of variables', { image, signature, environment: ['A'] }, /environment is no/],
    ['a command', { image, signature, command: ['serve'] }, /gives containers no command/],
    [
      'registry credentials',
      { image, signature, credentials: {} },
      /log in to a registry with is for its stage/,
    ],
  ])('is refused with %s', (_, said, why) => {
    const folder = saying(said);
    expect(() => describeStatically(folder)).toThrow(why);
    expect(() => describeStatically(folder)).toThrow(/: /);
  });
});
