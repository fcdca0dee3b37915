import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { assertKeepable } from '../core/models/kept-size';
import { describePackage } from './package-reader';

const FIXTURES = join(__dirname, 'fixtures');
const WINE = join(__dirname, '../examples/wine');
const made: string[] = [];

/** A folder with files of these texts, and fixtures under other names. */
const folder = (texts: Record<string, string>, copies: Record<string, string> = {}) => {
  const root = mkdtempSync(join(tmpdir(), 'package-'));
  made.push(root);
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(root, name), text);
  for (const [name, from] of Object.entries(copies))
    copyFileSync(join(FIXTURES, from), join(root, name));
  return root;
};
const bare = (name: string) => folder({}, { [name]: name });

/** As MLflow writes it: the members of a signature are JSON inside the YAML. */
const mlModel = (inputs: unknown, outputs: unknown = null, flavor = 'onnx: {data: model.onnx}') =>
  [
    'flavors:',
    `  ${flavor}`,
    '  python_function: {loader_module: mlflow.pyfunc}',
    ...(inputs === null
      ? []
      : [
          'signature:',
          `  inputs: '${JSON.stringify(inputs)}'`,
          `  outputs: '${JSON.stringify(outputs)}'`,
        ]),
    '',
  ].join('\n');

const column = (name: string, type: string, required = true) => ({ name, type, required });
const tensor = (shape: number[], dtype = 'float64', name?: string) => ({
  type: 'tensor',
  'tensor-spec': { dtype, shape },
  ...(name !== undefined && { name }),
});
const abc = ['a', 'b', 'c'].map((name) => column(name, 'double'));

afterAll(() => {
  for (const root of made) rmSync(root, { recursive: true, force: true });
});

describe('describing a bare .onnx file', () => {
  it('takes named inputs of width one for columns', () => {
    expect(describePackage(bare('named.onnx'))).toMatchObject({
      flavor: 'onnx',
      runtime: 'onnx',
      expected: null,
      signature: {
        inputs: [column('city', 'string'), column('age', 'long'), column('height', 'float')],
        storage: ['string', 'int64', 'float32'],
        positional: false,
        matrix: false,
        output: { type: 'double', width: 1, classes: null },
      },
    });
  });

  it('calls the columns of one matrix by their places', () => {
    expect(describePackage(bare('matrix.onnx')).signature).toEqual({
      inputs: ['x_0', 'x_1', 'x_2'].map((name) => column(name, 'double')),
      storage: ['float64', 'float64', 'float64'],
      positional: true,
      matrix: true,
      output: { type: 'double', width: 1, classes: null },
    });
  });

  it.each([
    ['zipmap-int.onnx', 'long', ['5', '6', '7']],
    ['zipmap-text.onnx', 'string', ['high', 'low', 'mid']],
    ['looked-up.onnx', 'long', ['5', '6', '7']],
  ])('knows the classes of %s', (name, type, classes) => {
    expect(describePackage(bare(name)).signature.output).toEqual({ type, width: 1, classes });
  });

  it.each([
    ['wide.onnx', 2],
    ['open-width.onnx', 3],
  ])('knows how wide the answers of %s are, by running it where it must', (name, width) => {
    expect(describePackage(bare(name)).signature.output).toEqual({
      type: 'double',
      width,
      classes: null,
    });
  });

  it.each([
    ['float64', 'echo-f.onnx', 'double'],
    ['int32', 'echo-i.onnx', 'long'],
    ['int64', 'echo-l.onnx', 'long'],
    ['string', 'echo-s.onnx', 'string'],
    ['bool', 'echo-b.onnx', 'boolean'],
  ])('answers %s as JSON can say it', (_, name, type) => {
    expect(describePackage(bare(name)).signature.output.type).toBe(type);
  });

  it.each([
    ['unsupported-op.onnx', /no operator com.acme:Frobnicate.*MLflow/],
    ['sequence.onnx', /output y is a sequence or map.*zipmap/],
    ['image.onnx', /3 dimensions.*MLflow/],
    ['fixed-rows.onnx', /takes 4 rows.*dynamic first dimension/],
    ['external-outside.onnx', /outside its folder/],
  ])('refuses %s with the way out', (name, message) => {
    expect(() => describePackage(bare(name))).toThrow(
      expect.objectContaining({ kind: 'bad-request', message: expect.stringMatching(message) }),
    );
  });

  it('refuses a folder with no model, with several, and with what is no model', () => {
    const refused = (root: string, message: RegExp) =>
      expect(() => describePackage(root)).toThrow(
        expect.objectContaining({ kind: 'bad-request', message: expect.stringMatching(message) }),
      );
    refused(folder({}), /no MLmodel and no .onnx/);
    refused(folder({}, { 'a.onnx': 'wide.onnx', 'b.onnx': 'wide.onnx' }), /several/);
    refused(folder({ 'a.onnx': '' }), /no ONNX model/);
    refused(folder({ 'a.onnx': 'hello' }), /no ONNX model/);
  });

  it('finds weights beside the file, and says which file is missing or cut', () => {
    const root = folder({}, { 'model.onnx': 'external/model.onnx' });
    expect(() => describePackage(root)).toThrow(/weights.bin is missing/);
    writeFileSync(join(root, 'weights.bin'), 'short');
    expect(() => describePackage(root)).toThrow(/weights.bin is too short/);
    copyFileSync(join(FIXTURES, 'external/weights.bin'), join(root, 'weights.bin'));
    expect(describePackage(root).signature.inputs).toHaveLength(3);
  });
});

describe('describing an MLflow directory of flavor onnx', () => {
  const described = (text: string, onnx = 'matrix.onnx', more: Record<string, string> = {}) =>
    describePackage(folder({ MLmodel: text, ...more }, { 'model.onnx': onnx }));

  it('reads the wine model: names in the order it was trained in, for one matrix of float32', () => {
    const { signature, expected } = describePackage(join(WINE, 'model'));
    expect(signature.inputs.map(({ name }) => name)).toEqual([
      ...['fixed_acidity', 'volatile_acidity', 'citric_acid', 'residual_sugar', 'chlorides'],
      ...['free_sulfur_dioxide', 'total_sulfur_dioxide', 'density', 'pH', 'sulphates', 'alcohol'],
    ]);
    expect(signature).toMatchObject({ matrix: true, positional: false });
    expect(new Set(signature.storage)).toEqual(new Set(['float32']));
    expect(expected).toMatchObject({ origin: 'given', predictions: { length: 5 } });
  });

  it('gives both wine models the same kind of answer, so that they can share traffic', () => {
    const [one, two] = ['model', 'model-v2'].map((name) => describePackage(join(WINE, name)));
    expect(one?.signature.output).toEqual({ type: 'double', width: 1, classes: null });
    expect(two?.signature.output).toEqual({
      ...one?.signature.output,
      classes: ['3', '4', '5', '6', '7', '8'],
    });
  });

  it('names the columns of a matrix by the signature', () => {
    expect(described(mlModel(abc)).signature).toMatchObject({
      inputs: abc,
      matrix: true,
      positional: false,
    });
  });

  it('keeps whether a column must be there, in old words and new', () => {
    const { signature } = described(
      mlModel([abc[0], column('b', 'double', false), { name: 'c', type: 'float', optional: true }]),
    );
    expect(signature.inputs.map(({ required }) => required)).toEqual([true, false, false]);
  });

  it('takes a nameless tensor by position', () => {
    expect(described(mlModel([tensor([-1, 3])])).signature).toMatchObject({
      inputs: ['x_0', 'x_1', 'x_2'].map((name) => column(name, 'double')),
      positional: true,
      matrix: true,
    });
  });

  it('takes named tensors of width one for columns', () => {
    const fields = [
      tensor([-1, 1], 'float32', 'height'),
      tensor([-1], 'str', 'city'),
      tensor([-1, 1], 'int64', 'age'),
    ];
    expect(described(mlModel(fields), 'named.onnx').signature).toMatchObject({
      inputs: [column('height', 'float'), column('city', 'string'), column('age', 'long')],
      storage: ['float32', 'string', 'int64'],
      matrix: false,
    });
  });

  it('falls back to the graph without a signature', () => {
    expect(described(mlModel(null)).signature.inputs[0]).toEqual(column('x_0', 'double'));
  });

  it('takes class names from beside the model only when the graph has none', () => {
    const classes = { 'classes.json': '["a", "b", "c"]' };
    const own = described(mlModel(abc), 'zipmap-int.onnx', classes);
    expect(own.signature.output.classes).toEqual(['5', '6', '7']);
  });

  it.each([
    [
      'a text column into numbers',
      mlModel([column('a', 'string'), abc[1], abc[2]]),
      /column a is string.*float64/,
    ],
    ['a missing column', mlModel(abc.slice(1)), /2 columns, the graph takes 3/],
    ['a tensor of another width', mlModel([tensor([-1, 4])]), /4 columns, the graph takes 3/],
    ['a tensor of another rank', mlModel([tensor([-1, 3, 3])]), /3 dimensions/],
    ['bytes', mlModel([column('a', 'binary'), abc[1], abc[2]]), /binary.*base64/],
    ['a name given twice', mlModel([abc[0], abc[0], abc[2]]), /share a name/],
    ['a file outside', mlModel(abc, null, 'onnx: {data: ../model.onnx}'), /outside its folder/],
    [
      'a file that is not there',
      mlModel(abc, null, 'onnx: {data: lost.onnx}'),
      /lost.onnx cannot be read/,
    ],
    ['no flavors', 'flavors: 3\n', /names no flavors/],
    ['broken YAML', 'flavors: [\n', /cannot be read/],
    ['YAML that grows', 'a: &a [1,1]\nflavors: {onnx: *a}\n', /cannot be read/],
    [
      'a signature that is no JSON',
      "flavors: {onnx: {}}\nsignature: {inputs: 'x'}\n",
      /cannot be read/,
    ],
  ])('refuses %s', (_, text, message) => {
    expect(() => described(text)).toThrow(
      expect.objectContaining({ kind: 'bad-request', message: expect.stringMatching(message) }),
    );
  });

  it('refuses columns that are not the inputs of the graph, by name', () => {
    const text = mlModel([
      column('town', 'string'),
      column('age', 'long'),
      column('height', 'float'),
    ]);
    expect(() => described(text, 'named.onnx')).toThrow(/town, age, height.*city, age, height/);
  });

  it('reads an example of arrays, and keeps a hundred rows of a long one', () => {
    const rows = Array.from({ length: 300 }, (_, i) => [i, 0, 1]);
    for (const written of [rows, { inputs: rows }]) {
      const example = { 'input_example.json': JSON.stringify(written) };
      const { expected } = described(mlModel([tensor([-1, 3])]), 'matrix.onnx', example);
      expect(expected?.input.columns).toEqual(['x_0', 'x_1', 'x_2']);
      expect(expected?.input.data).toEqual(rows.slice(0, 100));
      expect(expected?.origin).toBe('recorded');
    }
  });

  it('keeps as many rows of an example as fit, with their answers', () => {
    const rows = Array.from({ length: 90 }, (_, i) => [i, 0, 1]);
    const predictions = rows.map(() => '☃'.repeat(1_000));
    const given = (answers: unknown[]) =>
      described(mlModel([tensor([-1, 3])]), 'matrix.onnx', {
        'input_example.json': JSON.stringify(rows),
        'expected_output.json': JSON.stringify({ predictions: answers }),
      }).expected;
    const fitting = given(predictions);
    expect(fitting?.predictions).toEqual(predictions.slice(0, 33));
    expect(fitting?.input.data).toEqual(rows.slice(0, 33));
    // The gate refuses what has not an answer for each row.
    expect(given(predictions.slice(1))?.predictions).toHaveLength(89);
    const long = rows.map(() => ['☃'.repeat(1_000)]);
    const example = { 'input_example.json': JSON.stringify(long) };
    expect(described(mlModel(abc), 'matrix.onnx', example).expected?.input.data).toHaveLength(33);
  });

  it('never keeps more of a package than a version may have', () => {
    const [cell, answer] = ['x'.repeat(49_994), 'y'.repeat(49_986)];
    const predictions = [answer, answer, answer];
    const { expected } = described(mlModel(abc), 'matrix.onnx', {
      'input_example.json': JSON.stringify([[cell], [cell], [cell]]),
      'expected_output.json': JSON.stringify({
        predictions,
        probabilities: predictions.map(() => ({ a: 1 })),
      }),
    });
    expect(expected?.predictions).toHaveLength(2);
    expect(() => assertKeepable(expected)).not.toThrow();
  });

  it('reads no example from beside the package', () => {
    const root = folder(
      {
        MLmodel: `${mlModel([tensor([-1, 3])])}saved_input_example_info: {artifact_path: PATH}\n`,
      },
      { 'model.onnx': 'matrix.onnx' },
    );
    const beside = `${root}-beside`;
    made.push(beside);
    mkdirSync(beside);
    writeFileSync(join(beside, 'example.json'), '[[1, 2, 3]]');
    const text = readFileSync(join(root, 'MLmodel'), 'utf8');
    writeFileSync(
      join(root, 'MLmodel'),
      text.replace('PATH', `../${basename(beside)}/example.json`),
    );
    expect(describePackage(root).expected).toBeNull();
  });

  it.each([
    ['{"predictions": 1}', /holds no predictions/],
    ['{"predictions": [1], "probabilities": [[1]]}', /probabilities of another shape/],
    ['[1', /cannot be read/],
  ])('refuses expected answers %s', (answers, message) => {
    const files = {
      'input_example.json': '{"inputs": [[1,2,3]]}',
      'expected_output.json': answers,
    };
    expect(() => described(mlModel(abc), 'matrix.onnx', files)).toThrow(message);
  });
});

describe('describing an MLflow directory of another flavor', () => {
  const described = (inputs: unknown, outputs: unknown, flavor = 'sklearn: {}') =>
    describePackage(folder({ MLmodel: mlModel(inputs, outputs, flavor) }));

  it('takes what the signature says, without reading the model', () => {
    const inputs = [...abc, column('when', 'datetime'), column('city', 'string', false)];
    expect(described(inputs, [tensor([-1], 'int64')])).toEqual({
      flavor: 'sklearn',
      runtime: 'mlflow',
      expected: null,
      signature: {
        inputs,
        storage: ['float64', 'float64', 'float64', 'int64', 'string'],
        positional: false,
        matrix: false,
        output: { type: 'long', width: 1, classes: null },
      },
    });
  });

  it('takes a tensor by position', () => {
    expect(described([tensor([-1, 2], 'float32')], [{ type: 'double' }]).signature).toMatchObject({
      inputs: [column('input_0', 'float'), column('input_1', 'float')],
      positional: true,
      output: { type: 'double', width: 1 },
    });
  });

  it.each([
    [[tensor([-1, 4])], 'double', 4],
    [[column('x', 'double'), column('y', 'float')], 'double', 2],
    [[{ type: 'string' }], 'string', 1],
    [[{ type: 'boolean' }], 'boolean', 1],
  ])('answers %j as %s of width %d', (outputs, type, width) => {
    expect(described(abc, outputs).signature.output).toEqual({ type, width, classes: null });
  });

  it.each([
    [null, null, /no signature.*infer_signature/],
    [abc, null, /does not say what it answers.*infer_signature/],
    [abc, [column('x', 'double'), column('y', 'string')], /several types/],
    [[tensor([-1, -1])], [{ type: 'double' }], /how many columns/],
    [abc, [tensor([-1, -1])], /left open/],
  ])('refuses %j → %j with the way out', (inputs, outputs, message) => {
    expect(() => described(inputs, outputs)).toThrow(
      expect.objectContaining({ kind: 'bad-request', message: expect.stringMatching(message) }),
    );
  });

  it('refuses a flavor that MLflow itself cannot serve', () => {
    const root = folder({ MLmodel: 'flavors: {h2o: {}}\n' });
    mkdirSync(join(root, 'data'));
    expect(() => describePackage(root)).toThrow(/no python_function flavor \(it has h2o\)/);
  });
});
