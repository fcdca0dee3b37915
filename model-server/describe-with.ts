import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CONTAINER_DATA } from '../core/models/container';
import type { ExpectedAnswers, Runtime } from '../core/models/model-version';
import type { PackageDescription } from '../core/models/package-source';
import type { InputColumn, Signature } from '../core/models/signature';
import { ownStorage } from './column-types';
import { namesContainer, readContainer } from './container-package';
import { mlOutput, wantedInputs } from './ml-inputs';
import { type MlModel, readMlModel } from './ml-model';
import { bindInputs, places } from './onnx-inputs';
import { graphOutputs } from './onnx-output';
import { hasMlModel, type OnnxPackage, readOnnxPackage } from './onnx-package';
import { outputSignature, type WidthOf } from './output-signature';
import { readExample } from './package-example';
import { unservable } from './unservable';

/** An ONNX model while it is described, asked for what its graph leaves open. */
export interface Trial {
  readonly widthOf: (
    input: Omit<Signature, 'output'>,
    example: ExpectedAnswers['input'] | undefined,
  ) => WidthOf;
  close(): void;
}

/** @throws `bad-request` when the model cannot be served */
export type OpenTrial = (onnx: OnnxPackage) => Trial;

/**
 * What a package says of itself, and of an ONNX model what a trial adds.
 * @throws `bad-request` with the reason why it cannot be served, and the way out
 */
export const describeWith =
  (open: OpenTrial) =>
  (folder: string): PackageDescription => {
    if (namesContainer(folder)) return describeContainer(folder);
    const described = hasMlModel(folder) ? readMlModel(folder) : null;
    // Its own program goes before what its flavors would be served by.
    if (described && existsSync(join(folder, 'serve'))) {
      return describeProcess(folder, described, { flavor: 'container', runtime: 'image' });
    }
    return described && !described.flavors.onnx
      ? describeMlflow(folder, described)
      : describeOnnx(folder, readOnnxPackage(folder), open);
  };

const describeOnnx = (folder: string, onnx: OnnxPackage, open: OpenTrial): PackageDescription => {
  const { graph, described, classes } = onnx;
  const trial = open(onnx);
  try {
    const wanted = described?.inputs ? wantedInputs(described.inputs) : undefined;
    const input = bindInputs(graph.inputs, wanted);
    const expected = readExample(
      folder,
      described?.examplePath ?? 'input_example.json',
      input.inputs,
    );
    const outputs = graphOutputs(graph, classes !== null);
    const widthOf = trial.widthOf(input, expected?.input);
    const signature = { ...input, output: outputSignature(outputs, classes, widthOf) };
    return { flavor: 'onnx', runtime: 'onnx', signature, expected };
  } finally {
    trial.close();
  }
};

/** Served by an image, which nobody asks before it runs. */
const describeContainer = (folder: string): PackageDescription => {
  const { container, signature } = readContainer(folder);
  const data = join(folder, CONTAINER_DATA);
  const described = container.data && hasMlModel(data) ? readMlModel(data) : null;
  if (!described && !signature) {
    throw unservable(
      'nothing says what the image takes and answers',
      'give a signature of inputs and outputs, or an MLflow model directory that has one',
    );
  }
  const examplePath = described?.examplePath ?? 'input_example.json';
  const said = { inputs: null, outputs: null, ...described, ...signature, examplePath };
  const served = { flavor: 'container', runtime: 'image' } as const;
  return { ...describeProcess(described ? data : folder, said, served), container };
};

/** Served by MLflow's own process. */
const describeMlflow = (folder: string, described: MlModel): PackageDescription => {
  const { flavors } = described;
  if (!flavors.python_function) {
    throw unservable(
      `the package has no python_function flavor (it has ${Object.keys(flavors).join(', ') || 'none'})`,
      'log it with a flavor that MLflow can serve',
    );
  }
  const flavor = Object.keys(flavors).find((name) => name !== 'python_function') ?? 'pyfunc';
  return describeProcess(folder, described, { flavor, runtime: 'mlflow' });
};

/** Served by a process: what the package promises is all there is to know before. */
const describeProcess = (
  folder: string,
  { inputs: fields, outputs, examplePath }: Pick<MlModel, 'inputs' | 'outputs' | 'examplePath'>,
  served: { readonly flavor: string; readonly runtime: Runtime },
): PackageDescription => {
  if (!fields) {
    throw unservable(
      'the package has no signature',
      'log the model with signature=mlflow.models.infer_signature(X, model.predict(X))',
    );
  }
  const signature: Signature = { ...columnsOf(fields), output: mlOutput(outputs) };
  const expected = readExample(folder, examplePath, signature.inputs);
  return { ...served, signature, expected };
};

const columnsOf = (fields: Parameters<typeof wantedInputs>[0]): Omit<Signature, 'output'> => {
  const wanted = wantedInputs(fields);
  if (wanted.kind === 'columns') return stored(wanted.columns, false);
  const { type, width } = wanted;
  if (width === null) {
    throw unservable(
      'the signature does not say how many columns the tensor has',
      'log it with the shape of the data it was trained on, [-1, k]',
    );
  }
  return stored(places('input', type ?? 'double', width), true);
};

const stored = (
  inputs: readonly InputColumn[],
  positional: boolean,
): Omit<Signature, 'output'> => ({
  inputs,
  positional,
  matrix: positional,
  storage: inputs.map(({ type }) => ownStorage[type]),
});
