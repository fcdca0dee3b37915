import { stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { CliError, usageError } from '../cli-error';
import type { Environment } from '../environment';
import { write } from '../terminal/write';

/** Options of `init`. */
export interface InitOptions {
  readonly service?: string;
  readonly file: string;
  readonly force?: true;
}

const EXAMPLE = join('examples', 'wine', 'model');
const SERVICE_NAME = /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/;

/** Writes a manifest that serves one model. */
export const writeManifest = async (
  { home, stdout }: Environment,
  model: string | undefined,
  { service, file, force }: InitOptions,
): Promise<void> => {
  const path = resolve(model ?? join(home, EXAMPLE));
  const found = await stat(path).catch(() => {
    throw new CliError(`${model ?? path}: there is no such file or folder`);
  });
  if (found.isFile() && !path.endsWith('.onnx')) {
    throw new CliError(`${model}: give an MLflow model directory or an .onnx file`);
  }
  const name = service ?? (model === undefined ? 'wine' : nameFrom(path));
  if (!SERVICE_NAME.test(name)) {
    throw usageError('a service is called by lower-case letters, digits and hyphens, 2 to 32');
  }
  const description =
    model === undefined ? 'Quality of red wine from its chemistry' : `Serves ${basename(path)}`;
  const text = manifest({ file, name, description, model: fromFile(file, path) });
  // `wx` refuses a file that is there, also one that appears just now.
  await writeFile(file, text, { flag: force ? 'w' : 'wx' }).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new CliError(`${file} is there already: --force writes over it`);
    throw new CliError(`${file} cannot be written (${code ?? 'unknown reason'})`);
  });
  await write(stdout, `${file} is written. Start it: npm start -- --manifest ${file}\n`);
};

/** A service's name made from a path, as far as there is one in it. */
const nameFrom = (path: string): string => {
  const plain = basename(path)
    .replace(/\.onnx$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 32)
    .replace(/-+$/, '');
  return plain.length < 2 ? 'my-model' : plain;
};

/** Paths in a manifest are relative to it, and have slashes on every system. */
const fromFile = (file: string, path: string): string => {
  const found = relative(dirname(resolve(file)), path)
    .split(sep)
    .join('/');
  return found === '..' || found.startsWith('../') ? found : `./${found}`;
};

interface Manifest {
  /** The manifest's own name, as it was given. */
  readonly file: string;
  readonly name: string;
  readonly description: string;
  readonly model: string;
}

/** JSON's text in double quotes is YAML's, too. */
const manifest = ({ file, name, description, model }: Manifest): string => `\
# What Tidegate serves, applied whenever it starts:
#   npm start -- --manifest ${file}
# What is said here holds; the API refuses to change it. Starting, stopping and keys are yours.
services:
  ${name}:
    kind: ml
    description: ${JSON.stringify(description)}

    # Callers need a key. false lets anyone call; the throttle still holds.
    auth: true

    # Requests per second, and how many at once, of all callers together.
    throttle:
      rate: 100
      burst: 200
      # quota: { limit: 100000, period: day }    # or week, month

    # What is remembered of each request.
    capture:
      # Share of the answered requests, 0 to 1. Failures are always captured.
      sample: 1
      # Columns that are not stored as they came: drop, mask (null) or hash.
      # columns: { customer_id: hash }

    # Rows a call may hold, at most 10000.
    max_rows: 512

    # Up to ten models side by side; the weights sum to 100.
    versions:
      v1:
        model: ${JSON.stringify(model)}
        weight: 100

    # Made once, and kept in credentials.json in the data folder.
    keys: [quickstart]
`;
