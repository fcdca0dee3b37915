import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { costlyByValue } from './inline-ops';
import { readOnnxGraph } from './onnx-graph';

const costly = (file: string) => costlyByValue(readOnnxGraph(readFileSync(file)));

describe('what a request may cost', () => {
  it('is a matter of its rows alone for the models that people train on tables', () => {
    const fixtures = join(__dirname, 'fixtures');
    const examples = ['model', 'model-v2'].map((name) =>
      join(__dirname, '../examples/wine', name, 'model.onnx'),
    );
    const trained = readdirSync(fixtures)
      .filter((name) => /^(zipmap|looked-up|named|matrix|wide)/.test(name))
      .map((name) => join(fixtures, name));
    expect(trained.length).toBeGreaterThan(4);
    for (const file of [...examples, ...trained])
      expect([file, costly(file)]).toEqual([file, null]);
  });

  it('is not where an operator turns as often as a value says, or nobody knows it', () => {
    expect(costly(join(__dirname, 'fixtures/loop.onnx'))).toBe('Loop');
    expect(costly(join(__dirname, 'fixtures/unsupported-op.onnx'))).toBe('Frobnicate');
  });
});
