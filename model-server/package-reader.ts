import { describeWith } from './describe-with';
import { probe } from './onnx-probe';
import { openOnnxSession } from './onnx-session';

/**
 * What a package says of itself. An ONNX model is loaded, and run when its graph leaves the width of
 * its answers open; so this belongs into a process that may be lost.
 * @throws `bad-request` with the reason why it cannot be served, and the way out
 */
export const describePackage = describeWith(({ model, graph }) => {
  const session = openOnnxSession(model);
  return {
    widthOf: (input, example) => probe(session, graph.inputs, input, example),
    close: () => session.dispose(),
  };
});
