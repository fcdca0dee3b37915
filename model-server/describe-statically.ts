import { describeWith } from './describe-with';
import { mlOutput } from './ml-inputs';
import type { MlModel } from './ml-model';
import type { OnnxGraph } from './onnx-graph';
import type { WidthOf } from './output-signature';
import { unknownOperator, unservable } from './unservable';

/**
 * What a package says of itself, as `describePackage` has it, where no model can be loaded. Operators
 * that only this runtime's version lacks, and weights that it cannot read, show when it is served.
 * @throws `bad-request` as `describePackage`, and where only a run could tell how wide answers are
 */
export const describeStatically = describeWith(({ graph, described }) => {
  assertOperators(graph);
  return { widthOf: () => declaredWidth(graph, described), close: () => undefined };
});

const declaredWidth =
  ({ outputs }: OnnxGraph, described: MlModel | null): WidthOf =>
  (output) => {
    const fields = described?.outputs ?? [];
    const named = fields.filter(({ name }) => name === output);
    // All that is said of the answers is said of the only output.
    const told = named.length > 0 || outputs.length > 1 ? named : fields;
    if (told.length > 0) return mlOutput(told).width;
    throw unservable(
      `the graph leaves the width of its answers open (output ${output}), and here nothing is run`,
      'export it with the shape of its outputs, or log it with their shape in the signature ' +
        '(mlflow.models.infer_signature(X, answers))',
    );
  };

/** Domains of onnxruntime's own operators. */
const DOMAINS = new Set([
  ...['', 'ai.onnx', 'ai.onnx.ml', 'ai.onnx.preview', 'ai.onnx.training', 'org.pytorch.aten'],
  ...['ai.onnx.preview.training', 'com.microsoft', 'com.microsoft.experimental'],
  ...['com.microsoft.nchwc', 'com.ms.internal.nhwc'],
]);

const assertOperators = ({ nodes, functions }: OnnxGraph): void => {
  const foreign = nodes.find(
    ({ domain, op }) => !DOMAINS.has(domain) && !functions.has(`${domain}:${op}`),
  );
  if (foreign) throw unknownOperator(`${foreign.domain}:${foreign.op}`);
};
