import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isInside } from './inside';
import { isTexts } from './json-value';
import { type MlModel, readMlModel } from './ml-model';
import { type OnnxGraph, readOnnxGraph } from './onnx-graph';
import type { ModelBytes } from './onnx-session';
import { withoutZipMap } from './onnx-zip-map';
import { reasonOf, unservable } from './unservable';

/** An ONNX model and what lies beside it. */
export interface OnnxPackage {
  readonly graph: OnnxGraph;
  /** Null for a bare `.onnx`. */
  readonly described: MlModel | null;
  /** Class names that the author put beside the model. */
  readonly classes: readonly string[] | null;
  /** What to open: the file, or the same rewritten in memory. */
  readonly model: string | ModelBytes;
}

/** Whether a folder is an MLflow model directory. */
export const hasMlModel = (folder: string): boolean => existsSync(join(folder, 'MLmodel'));

/**
 * Reads a package that is served by our own runtime.
 * @throws `bad-request` a file is missing or corrupt
 */
export const readOnnxPackage = (folder: string): OnnxPackage => {
  const described = hasMlModel(folder) ? readMlModel(folder) : null;
  const file = described ? flavorFile(described) : onlyOnnxFile(folder);
  const path = join(folder, file);
  const model = readModel(path, file);
  const graph = understood(model, file);
  assertExternalData(dirname(path), graph);
  const rewritten = withoutZipMap(model, graph);
  // ZipMap's outputs are tensors now; the rest of the graph says of itself what it said before.
  const shown = rewritten ? understood(rewritten, file) : graph;
  return {
    graph: rewritten ? { ...shown, nodes: graph.nodes } : graph,
    described,
    classes: described?.classes ?? classesBeside(folder),
    model: rewritten ? { bytes: rewritten, folder: dirname(path) } : path,
  };
};

const flavorFile = ({ flavors }: MlModel): string => {
  const data = flavors.onnx?.data;
  const file = typeof data === 'string' ? data : 'model.onnx';
  if (isInside(file)) return file;
  throw unservable(
    'MLmodel names a model file outside its folder',
    'register the folder as MLflow wrote it',
  );
};

const onlyOnnxFile = (folder: string): string => {
  const [file, ...others] = readdirSync(folder).filter((name) => name.endsWith('.onnx'));
  if (file !== undefined && others.length === 0) return file;
  throw unservable(
    file ? 'the folder holds several .onnx files' : 'the folder holds no MLmodel and no .onnx file',
    'register an MLflow model directory, or one .onnx file',
  );
};

const readModel = (path: string, file: string): Uint8Array => {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unservable(
      `${file} cannot be read (${reasonOf(error, dirname(path))})`,
      'register the folder with all its files',
    );
  }
};

const understood = (model: Uint8Array, file: string): OnnxGraph => {
  try {
    return readOnnxGraph(model);
  } catch (error) {
    throw unservable(
      `${file} is no ONNX model (${reasonOf(error)})`,
      'export it again, and send the whole file',
    );
  }
};

const assertExternalData = (folder: string, { external }: OnnxGraph): void => {
  for (const { location, offset, length } of external) {
    if (!isInside(location)) {
      throw unservable(
        'the graph keeps weights outside its folder',
        'save it with its external data beside it',
      );
    }
    const size = statSync(join(folder, location), { throwIfNoEntry: false })?.size;
    if (size === undefined) {
      throw unservable(
        `the weights file ${location} is missing`,
        'register the folder with all its files',
      );
    }
    if (!(offset >= 0 && offset + (length ?? 0) <= size)) {
      throw unservable(`the weights file ${location} is too short`, 'send it again, whole');
    }
  }
};

const classesBeside = (folder: string): readonly string[] | null => {
  const file = join(folder, 'classes.json');
  if (!existsSync(file)) return null;
  try {
    const names: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isTexts(names)) return names.map(String);
  } catch {
    // Told below.
  }
  throw unservable(
    'classes.json is no list of names',
    'write it as ["no","yes"], in the order of the probabilities',
  );
};
