import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CONTAINER_DATA, CONTAINER_FILE, type Container } from '../core/models/container';
import { isObject } from './json-value';
import { type MlField, signatureFields } from './ml-model';
import { reasonOf, unservable } from './unservable';

/** What a package says of the image that runs it. */
export interface ContainerPackage {
  readonly container: Container;
  /** Null where the files for the container say it. */
  readonly signature: {
    readonly inputs: readonly MlField[] | null;
    readonly outputs: readonly MlField[] | null;
  } | null;
}

const MAX_BYTES = 1_000_000;
const MEMBERS = new Set(['image', 'environment', 'signature']);
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** Whether a folder is a package that an image runs. */
export const namesContainer = (folder: string): boolean => existsSync(join(folder, CONTAINER_FILE));

/**
 * Reads `tidegate-image.json`.
 * @throws `bad-request` when it is not as documented
 */
export const readContainer = (folder: string): ContainerPackage => {
  const file = join(folder, CONTAINER_FILE);
  try {
    if (statSync(file).size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    return read(JSON.parse(readFileSync(file, 'utf8')), hasFiles(folder));
  } catch (error) {
    throw unservable(
      `${CONTAINER_FILE} cannot be read (${reasonOf(error, folder)})`,
      'write it as {"image": "registry/repository@sha256:…", "environment": {…}, "signature": {…}}',
    );
  }
};

const hasFiles = (folder: string): boolean =>
  statSync(join(folder, CONTAINER_DATA), { throwIfNoEntry: false })?.isDirectory() === true;

const read = (value: unknown, data: boolean): ContainerPackage => {
  if (!isObject(value) || typeof value.image !== 'string') throw new Error('it names no image');
  const strange = Object.keys(value).find((name) => !MEMBERS.has(name));
  if (strange !== undefined) {
    throw new Error(
      'it has a member that it cannot have; SageMaker gives containers no command, and what to log in to a registry with is for its stage to say, privateRegistries',
    );
  }
  const { image, environment, signature = null } = value;
  const container = { image, environment: variables(environment ?? {}), data };
  if (signature === null) return { container, signature: null };
  if (!isObject(signature)) throw new Error('its signature is no object of inputs and outputs');
  const { inputs, outputs } = signature;
  return {
    container,
    signature: { inputs: signatureFields(inputs), outputs: signatureFields(outputs) },
  };
};

const variables = (environment: unknown): Readonly<Record<string, string>> => {
  const entries = isObject(environment) ? Object.entries(environment) : [['', null] as const];
  const texts = entries.flatMap(([name, text]) =>
    NAME.test(name) && typeof text === 'string' ? [[name, text] as const] : [],
  );
  if (texts.length === entries.length) return Object.fromEntries(texts);
  throw new Error('its environment is no object of texts by the names of variables');
};
