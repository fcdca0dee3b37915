import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Table } from '../core/inference/table';
import type { Signature } from '../core/models/signature';
import { loadOnnxModel } from './onnx-model';
import { describePackage } from './package-reader';
import { tableOf } from './table-of';

const made: string[] = [];
const fixture = (name: string): string => {
  if (!name.endsWith('.onnx')) return join(__dirname, 'fixtures', name);
  const root = mkdtempSync(join(tmpdir(), 'model-'));
  made.push(root);
  copyFileSync(join(__dirname, 'fixtures', name), join(root, 'model.onnx'));
  return root;
};

afterAll(() => {
  for (const root of made) rmSync(root, { recursive: true, force: true });
});

const open = (name: string) => {
  const folder = fixture(name);
  const { signature } = describePackage(folder);
  return { signature, model: loadOnnxModel(folder, signature) };
};

/** Answers rows given by position. */
const answers = (name: string, rows: unknown[][]) => {
  const { signature, model } = open(name);
  const names = signature.inputs.map((column) => column.name);
  const { modelMs, ...answer } = model.predict(tableOf(signature, names, rows));
  expect(modelMs).toBeGreaterThan(0);
  model.close();
  return { ...answer, predictions: Array.from(answer.predictions) };
};

describe('answering with an ONNX model', () => {
  const wine = join(__dirname, '../examples/wine/model-v2');
  const { signature, expected } = describePackage(wine);
  const rows = expected?.input.data ?? [];
  const columns = expected?.input.columns ?? [];
  const model = loadOnnxModel(wine, signature);

  it('gives a prediction and the probabilities of every class, row by row', () => {
    const { predictions, probabilities } = model.predict(tableOf(signature, columns, rows));
    expect(Array.from(predictions)).toEqual(expected?.predictions);
    expect(probabilities?.classes).toEqual(['3', '4', '5', '6', '7', '8']);
    const wanted = expected?.probabilities?.flatMap((row) => Object.values(row)) ?? [];
    expect(probabilities?.values).toHaveLength(wanted.length);
    wanted.forEach((value, place) => {
      expect(probabilities?.values[place]).toBeCloseTo(value, 5);
    });
  });

  it('answers the same row the same, alone or among others, and keeps nothing between calls', () => {
    const all = model.predict(tableOf(signature, columns, rows));
    rows.forEach((row, r) => {
      const one = model.predict(tableOf(signature, columns, [row]));
      expect(one.predictions[0]).toBe(all.predictions[r]);
      expect(one.predictions).toHaveLength(1);
    });
  });

  it('answers a table whose memory is larger than its rows', () => {
    const [row = []] = rows;
    const values = new Float32Array(11 * 100);
    values.set(row.map(Number));
    const cells = columns.map((_, offset) => ({ values, offset, stride: 11 }));
    const { predictions } = model.predict({ rows: 1, cells });
    expect(Array.from(predictions)).toEqual([expected?.predictions?.[0]]);
  });

  it('takes columns that lie in strides and at offsets', () => {
    const { signature: named, model: mixed } = open('named.onnx');
    const plain = tableOf(
      named,
      ['city', 'age', 'height'],
      [
        ['Bern', 30, 1.5],
        ['Köln', 50, 2],
      ],
    );
    const table: Table = {
      rows: 2,
      cells: [
        { values: ['', 'Bern', '', 'Köln'], offset: 1, stride: 2 },
        { values: new BigInt64Array([0n, 0n, 30n, 50n]), offset: 2, stride: 1 },
        { values: new Float32Array([1.5, 0, 0, 2, 0, 0]), offset: 0, stride: 3 },
      ],
    };
    expect(Array.from(mixed.predict(table).predictions)).toEqual(
      Array.from(mixed.predict(plain).predictions),
    );
  });

  it('reads probabilities that skl2onnx would have put into dictionaries', () => {
    const rowsOf3 = [
      [2, 2, 2],
      [-2, -2, -2],
    ];
    const ints = answers('zipmap-int.onnx', rowsOf3);
    expect(ints.predictions).toEqual([7, 5]);
    expect(ints.probabilities?.classes).toEqual(['5', '6', '7']);
    const sums = [0, 3].map((at) =>
      Array.from(ints.probabilities?.values ?? [])
        .slice(at, at + 3)
        .reduce((a, b) => a + b, 0),
    );
    for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
    expect(answers('zipmap-text.onnx', rowsOf3).predictions).toEqual(['high', 'low']);
  });

  it('reads weights beside the file, also of a graph that had to be rewritten', () => {
    expect(answers('external', [[1, 2, 3]]).predictions).toEqual([8]);
    expect(answers('external-zipmap', [[2, 2, 2]]).predictions).toEqual([7]);
  });

  it.each([
    ['echo-f.onnx', [0.1, Number.NaN]],
    ['echo-i.onnx', [-7, 7]],
    ['echo-l.onnx', [2 ** 53 - 1, -(2 ** 53) + 1]],
    ['echo-s.onnx', ['né "☃"', '']],
    ['echo-b.onnx', [true, false]],
  ])('hands back what %s was given, of every type', (name, wanted) => {
    const given = [
      [0.1, -7, 2 ** 53 - 1, 'né "☃"', true],
      [null, 7, -(2 ** 53) + 1, '', false],
    ];
    expect(answers(name, given).predictions).toEqual(wanted);
  });

  it('keeps whole numbers exact that no double can hold', () => {
    const { signature: echo, model: exact } = open('echo-l.onnx');
    const table = tableOf(echo, ['f', 'i', 'l', 's', 'b'], [[0, 0, 0, '', true]]);
    const big = { values: new BigInt64Array([2n ** 62n + 1n]), offset: 0, stride: 1 };
    const cells = table.cells.map((cell, place) => (place === 2 ? big : cell));
    expect(exact.predict({ rows: 1, cells }).predictions[0]).toBe(2n ** 62n + 1n);
  });

  it('gives wide answers row by row', () => {
    expect(answers('wide.onnx', [[0, 0, 0]])).toMatchObject({ width: 2, probabilities: null });
    expect(
      answers('wide.onnx', [
        [0, 0, 0],
        [1, 1, 1],
      ]).predictions,
    ).toHaveLength(4);
  });

  it('fails when the answers are not as many as the rows', () => {
    expect(() =>
      answers('total.onnx', [
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ).toThrow(/1 values where 2/);
  });

  it('fails, and answers the next call, when a table is of another model', () => {
    expect(() => model.predict({ rows: 1, cells: [] })).toThrow(/not of this model/);
    const odd = { values: ['a'], offset: 0, stride: 1 };
    expect(() => model.predict({ rows: 1, cells: [odd] })).toThrow();
    expect(model.predict(tableOf(signature, columns, rows)).predictions).toHaveLength(5);
  });
});

describe('making a table of an example', () => {
  const signature: Signature = {
    inputs: [
      { name: 'when', type: 'datetime', required: true },
      { name: 'note', type: 'string', required: false },
      { name: 'flag', type: 'boolean', required: true },
    ],
    positional: false,
    storage: ['int64', 'string', 'float32'],
    matrix: false,
    output: { type: 'double', width: 1, classes: null },
  };

  it('puts columns in the order of the signature, whatever the order of the example', () => {
    const { cells } = tableOf(
      signature,
      ['flag', 'extra', 'when'],
      [
        [true, 1, '2026-01-01T00:00:00'],
        [false, 2, '2026-01-01T01:00:00+01:00'],
      ],
    );
    const midnight = BigInt(Date.UTC(2026, 0, 1));
    expect(cells.map(({ values }) => Array.from(values as ArrayLike<unknown>))).toEqual([
      [midnight, midnight],
      ['', ''],
      [1, 0],
    ]);
  });

  it.each([
    [['when', 'note'], [['2026-01-01', 'a']], /no column flag/],
    [['when', 'note', 'flag'], [['soon', 'a', true]], /row 0, column when: a datetime/],
    [['when', 'note', 'flag'], [['2026-01-01', 'a', 1]], /row 0, column flag: a boolean/],
    [
      ['when', 'note', 'flag'],
      [
        ['2026-01-01', 'a', true],
        ['2026-01-01', 3, true],
      ],
      /row 1, column note/,
    ],
    [['when', 'note', 'flag'], [['2026-01-01']], /row 0, column flag/],
  ])('refuses %j %j', (columns, data, message) => {
    expect(() => tableOf(signature, columns, data)).toThrow(message);
  });
});
