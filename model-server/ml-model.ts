import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isObject, isTexts } from './json-value';
import { reasonOf, unservable } from './unservable';

/** A column or tensor of MLflow's signatures. */
export interface MlField {
  readonly name: string | null;
  /** MLflow's word: `double`, `string`, …, or `tensor`. */
  readonly type: string;
  readonly required: boolean;
  readonly tensor: { readonly dtype: string; readonly shape: readonly number[] } | null;
}

/** What is read of an `MLmodel` file. */
export interface MlModel {
  /** Members of each flavor, by the flavor's name. */
  readonly flavors: Readonly<Partial<Record<string, Readonly<Record<string, unknown>>>>>;
  readonly inputs: readonly MlField[] | null;
  readonly outputs: readonly MlField[] | null;
  readonly examplePath: string;
  /** Class names its author put into the model's metadata. */
  readonly classes: readonly string[] | null;
}

const MAX_BYTES = 8_000_000;

/**
 * Reads the `MLmodel` of a folder. Members of its signature are JSON text inside the YAML.
 * @throws `bad-request` when it is not what MLflow writes
 */
export const readMlModel = (folder: string): MlModel => {
  const file = join(folder, 'MLmodel');
  try {
    if (statSync(file).size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    // MLflow writes no anchors; without them no small file can grow into a large one.
    return described(parse(readFileSync(file, 'utf8'), { maxAliasCount: 0 }));
  } catch (error) {
    throw unservable(
      `MLmodel cannot be read (${reasonOf(error, folder)})`,
      'register the folder as MLflow wrote it',
    );
  }
};

const described = (model: unknown): MlModel => {
  if (!isObject(model)) throw new Error('it is no mapping');
  const { flavors, signature, saved_input_example_info: example, metadata } = model;
  if (!isObject(flavors)) throw new Error('it names no flavors');
  const { inputs, outputs } = isObject(signature) ? signature : {};
  const path = isObject(example) ? example.artifact_path : undefined;
  const classes = isObject(metadata) ? metadata.classes : undefined;
  return {
    flavors: Object.fromEntries(
      Object.entries(flavors).map(([name, flavor]) => [name, isObject(flavor) ? flavor : {}]),
    ),
    inputs: signatureFields(inputs),
    outputs: signatureFields(outputs),
    examplePath: typeof path === 'string' ? path : 'input_example.json',
    classes: isTexts(classes) ? classes.map(String) : null,
  };
};

/**
 * The columns or tensors of one side of a signature: a list, or the text of one; null when there are none.
 * @throws Error that says what is wrong
 */
export const signatureFields = (said: unknown): readonly MlField[] | null => {
  const found: unknown = typeof said === 'string' ? JSON.parse(said) : said;
  if (found === null || found === undefined) return null;
  if (!Array.isArray(found)) throw new Error('a signature is no list');
  return found.length > 0 ? found.map(fieldOf) : null;
};

const fieldOf = (field: unknown): MlField => {
  if (!isObject(field) || typeof field.type !== 'string') {
    throw new Error('a column of the signature has no type');
  }
  const { type, name, required, optional } = field;
  return {
    name: typeof name === 'string' ? name : null,
    type,
    // `optional` is what MLflow wrote before 2.6.
    required: required !== false && optional !== true,
    tensor: type === 'tensor' ? tensorOf(field['tensor-spec']) : null,
  };
};

const tensorOf = (spec: unknown) => {
  const { dtype, shape } = isObject(spec) ? spec : {};
  const sizes = Array.isArray(shape) && shape.every((size) => Number.isInteger(size));
  if (typeof dtype !== 'string' || !sizes) throw new Error('a tensor has no dtype or shape');
  return { dtype, shape: shape as readonly number[] };
};
