import { readFile } from 'node:fs/promises';
import { CliError, usageError } from '../cli-error';
import type { Taking } from '../control-api';
import type { Session } from '../session';
import { printable } from '../terminal/printable';
import { packModel } from './model-package';
import { upload } from './upload';

interface RegisterOptions {
  readonly description?: string;
  readonly tag?: Readonly<Record<string, string>>;
  /** A JSON file. */
  readonly expected?: string;
}

const REGISTER = 'POST /api/models/{model}/versions';
type Registration = Taking<typeof REGISTER>['body'];

/** Loading and checking a model takes its time. */
const TIMEOUT_MS = 290_000;

/** Sends a model of this machine to the platform and registers it. */
export const registerModel = async (
  session: Session,
  name: string,
  path: string,
  options: RegisterOptions,
): Promise<void> => {
  const expected = await expectedIn(options);
  const progress = session.progress();
  try {
    const packed = await packModel(path, progress);
    const id = await upload(session, packed, progress).finally(packed.discard);
    await register(session, name, { source: { upload: id }, expected }, options);
  } finally {
    progress.done();
  }
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

const expectedIn = async ({ expected }: RegisterOptions): Promise<Registration['expected']> => {
  if (expected === undefined) return undefined;
  const text = await readFile(expected, 'utf8').catch(() => {
    throw new CliError(`${expected}: there is no such file, or it cannot be read`);
  });
  try {
    return JSON.parse(text) as Registration['expected'];
  } catch {
    throw new CliError(`${expected}: is not JSON, such as {"predictions": [5.6]}`);
  }
};
