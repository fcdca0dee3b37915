import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { classNames } from './onnx-classes';
import { readOnnxGraph } from './onnx-graph';
import { withoutZipMap } from './onnx-zip-map';

const fixture = (name: string) => readFileSync(join(__dirname, 'fixtures', name));
const wine = readFileSync(join(__dirname, '../examples/wine/model-v2/model.onnx'));
const all = readdirSync(join(__dirname, 'fixtures')).filter((name) => name.endsWith('.onnx'));

describe('reading the structure of an ONNX file', () => {
  it('finds inputs and outputs with their types and shapes', () => {
    expect(readOnnxGraph(fixture('named.onnx'))).toMatchObject({
      inputs: [
        { name: 'city', element: 'string', dims: [null, 1] },
        { name: 'age', element: 'int64', dims: [null, 1] },
        { name: 'height', element: 'float32', dims: [null, 1] },
      ],
      outputs: [{ element: 'float32', dims: [null, 1] }],
    });
  });

  it('sees that an output is no tensor', () => {
    const { outputs } = readOnnxGraph(fixture('zipmap-int.onnx'));
    expect(outputs.map(({ element }) => element)).toEqual(['int64', null]);
  });

  it('tells where weights lie outside of the file', () => {
    const { external } = readOnnxGraph(fixture('external/model.onnx'));
    expect(external).toEqual([{ location: 'weights.bin', offset: 0, length: 12 }]);
  });

  it.each([
    ['zipmap-int.onnx', ['5', '6', '7']],
    ['zipmap-text.onnx', ['high', 'low', 'mid']],
    ['looked-up.onnx', ['5', '6', '7']],
    ['matrix.onnx', null],
  ])('reads the class names of %s', (name, classes) => {
    const graph = readOnnxGraph(fixture(name));
    const [label, scores] = graph.outputs;
    expect(classNames(graph, label?.name ?? '', scores?.name ?? '')).toEqual(classes);
  });

  it('takes ZipMap out and leaves the rest as it is', () => {
    const model = fixture('zipmap-text.onnx');
    const graph = readOnnxGraph(model);
    const rewritten = withoutZipMap(model, graph);
    const { outputs, nodes, inputs } = readOnnxGraph(rewritten ?? new Uint8Array());
    expect(outputs).toEqual([
      graph.outputs[0],
      { name: graph.outputs[1]?.name, element: 'float32', dims: null },
    ]);
    expect(inputs).toEqual(graph.inputs);
    expect(nodes.map(({ op }) => op)).toEqual(
      graph.nodes.map(({ op }) => (op === 'ZipMap' ? 'Identity' : op)),
    );
    expect(withoutZipMap(wine, readOnnxGraph(wine))).toBeNull();
  });
});

describe('reading a file that is broken', () => {
  const read = (bytes: Uint8Array) => {
    try {
      const graph = readOnnxGraph(bytes);
      withoutZipMap(bytes, graph);
      const [label, scores] = graph.outputs;
      classNames(graph, label?.name ?? '', scores?.name ?? '');
      return 'read';
    } catch (error) {
      return error instanceof Error ? 'refused' : 'odd';
    }
  };

  it('reads or refuses every beginning of a file', () => {
    for (const name of all) {
      const bytes = fixture(name);
      for (let end = 0; end < bytes.length; end++) {
        expect(read(bytes.subarray(0, end))).not.toBe('odd');
      }
    }
    expect(read(new Uint8Array())).toBe('refused');
  });

  it('reads or refuses files with flipped bytes, and noise', () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
    void fc.assert(
      fc.property(fc.constantFrom(...all), flips, (name, changes) => {
        const bytes = new Uint8Array(fixture(name));
        for (const [place, value] of changes) bytes[place % bytes.length] = value;
        expect(read(bytes)).not.toBe('odd');
      }),
      { numRuns: 2000 },
    );
    void fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) =>
        expect(read(bytes)).not.toBe('odd'),
      ),
    );
  });
});
