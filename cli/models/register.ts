import { readFile } from 'node:fs/promises';
import { CliError, usageError } from '../cli-error';
import type { Taking } from '../control-api';
import type { Session } from '../session';
import { printable } from '../terminal/printable';
import type { Progress } from '../terminal/progress';
import { packModel } from './model-package';
import { upload } from './upload';

interface RegisterOptions {
  readonly description?: string;
  readonly tag?: Readonly<Record<string, string>>;
  /** A JSON file. */
  readonly expected?: string;
}

interface ImageOptions extends RegisterOptions {
  /** `registry/repository@sha256:…` */
  readonly image?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A JSON file. */
  readonly signature?: string;
}

const REGISTER = 'POST /api/models/{model}/versions';
type Registration = Taking<typeof REGISTER>['body'];

/** Loading and checking a model takes its time. */
const TIMEOUT_MS = 290_000;

/** Sends a model of this machine to the platform and registers it, or an image with what it needs. */
export const registerModel = async (
  session: Session,
  name: string,
  path: string | undefined,
  options: ImageOptions,
): Promise<void> => {
  const { image: uri, env: environment } = options;
  if (uri === undefined && path === undefined) throw usageError('give a model, or --image');
  if (uri === undefined && (environment ?? options.signature) !== undefined) {
    throw usageError('--env and --signature say something of an image: give --image, too');
  }
  const expected = await expectedIn(options);
  const signature = await signatureIn(options);
  const progress = session.progress();
  try {
    const data = path === undefined ? undefined : await sent(session, path, uri, progress);
    const source = uri === undefined ? data : { image: { uri, environment, signature, data } };
    if (source) await register(session, name, { source, expected }, options);
  } finally {
    progress.done();
  }
};

const sent = async (
  session: Session,
  path: string,
  image: string | undefined,
  progress: Progress,
): Promise<{ readonly upload: string }> => {
  const packed = await packModel(path, progress, image !== undefined);
  return { upload: await upload(session, packed, progress).finally(packed.discard) };
};

/** Has the platform fetch a model from its MLflow tracking server and registers it. */
export const importModel = async (
  session: Session,
  name: string,
  source: string,
  options: RegisterOptions,
): Promise<void> => {
  if (!/^models:\/[^/@]+(\/|@)[^/@]+$/.test(source)) {
    throw usageError(`'${source}' looks unlike models:/wine/3 or models:/wine@champion`);
  }
  const expected = await expectedIn(options);
  const progress = session.progress();
  progress.update(`fetching and checking ${source}`);
  try {
    await register(session, name, { source: { mlflow: source }, expected }, options);
  } finally {
    progress.done();
  }
};

const register = async (
  { call, answer, print, say }: Session,
  model: string,
  { source, expected }: Pick<Registration, 'source' | 'expected'>,
  { description, tag }: RegisterOptions,
): Promise<void> => {
  const version = await call(REGISTER, {
    path: { model },
    body: {
      source,
      ...(description !== undefined && { description }),
      ...(tag && { tags: tag }),
      ...(expected && { expected }),
    },
    timeoutMs: TIMEOUT_MS,
  });
  await answer(version, async ({ version: number, flavor, signature }) => {
    const columns = signature.inputs.length;
    await print(
      `${model}/${number}  ${printable(flavor)}, ${columns} column${columns === 1 ? '' : 's'}`,
    );
    say(`Next: tidegate services create ${model} --model ${model}/${number} --wait`);
  });
};

type ImageOf<S> = S extends { readonly image: infer Image } ? Image : never;
type Signature = ImageOf<Registration['source']>['signature'];

const expectedIn = ({ expected }: RegisterOptions) =>
  jsonIn<Registration['expected']>(expected, '{"predictions": [5.6]}');

const signatureIn = ({ signature }: ImageOptions) =>
  jsonIn<Signature>(
    signature,
    '{"inputs": [{"name": "age", "type": "double"}], "outputs": [{"type": "double"}]}',
  );

/** What a file holds is the platform's to check. */
const jsonIn = async <T>(file: string | undefined, like: string): Promise<T | undefined> => {
  if (file === undefined) return undefined;
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CliError(`${file}: there is no such file, or it cannot be read`);
  });
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new CliError(`${file}: is not JSON, such as ${like}`);
  }
};
