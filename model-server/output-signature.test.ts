import type { GraphOutputs } from './onnx-output';
import { outputSignature } from './output-signature';

const classifier = (width: number | null, classes: readonly string[] | null): GraphOutputs => ({
  predictions: 'label',
  type: 'long',
  width: 1,
  probabilities: { name: 'scores', width, classes },
});
const neverRun = () => {
  throw new Error('the graph says it all');
};

describe('what the outputs of a graph are to callers', () => {
  it('takes class names from the graph, else from beside the model, else counts them', () => {
    const beside = ['no', 'yes'];
    const classesOf = (named: readonly string[] | null, given: readonly string[] | null) =>
      outputSignature(classifier(2, named), given, neverRun).classes;
    expect(classesOf(['a', 'b'], beside)).toEqual(['a', 'b']);
    expect(classesOf(null, beside)).toEqual(beside);
    expect(classesOf(null, null)).toEqual(['0', '1']);
  });

  it('refuses names beside the model that are not as many as its probabilities', () => {
    expect(() => outputSignature(classifier(3, null), ['no', 'yes'], neverRun)).toThrow(
      expect.objectContaining({
        kind: 'bad-request',
        message: expect.stringMatching(/names 2 classes.*3 probabilities: name every class/),
      }),
    );
  });

  it('asks a run for the widths that the graph leaves open', () => {
    const asked: string[] = [];
    const widthOf = (output: string) => asked.push(output) + 1;
    const open = { ...classifier(null, null), width: null };
    expect(outputSignature(open, null, widthOf)).toEqual({
      type: 'long',
      width: 2,
      classes: ['0', '1', '2'],
    });
    expect(asked).toEqual(['label', 'scores']);
  });
});
