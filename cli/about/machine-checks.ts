import { execFile } from 'node:child_process';
import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { credentialsFile } from '../credentials';
import type { Environment } from '../environment';
import { size } from '../terminal/numbers';
import { type Check, note, ok, wrong } from './checks';

const NODE = 24;
const TIGHT_BYTES = 1_000_000_000;
const FULL_BYTES = 100_000_000;

/** Whether this Node can run the platform. */
export const checkNode = (version: string): Check =>
  Number(version.replace(/^v/, '').split('.')[0]) >= NODE
    ? ok('node', version)
    : wrong('node', `${version} is too old`, `install Node ${NODE} or newer`);

/** Whether the credentials file is for its owner only; its content is looked at elsewhere. */
export const checkCredentialsMode = (dataFolder: string, hasToken: boolean): Check => {
  const file = credentialsFile(dataFolder);
  const mode = modeOf(file);
  if (mode === null) {
    return hasToken
      ? ok('credentials', 'the token is given, no file is needed')
      : wrong(
          'credentials',
          `there is no ${file}`,
          'start the platform here, give its --data folder, or set TIDEGATE_TOKEN',
        );
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    return wrong('credentials', `${file} can be read by others`, `chmod 600 ${file}`);
  }
  return ok('credentials', file);
};

/** Whether a local platform's data folder is its owner's only and has room. */
export const checkDataFolder = (dataFolder: string): Check => {
  const name = 'data folder';
  const mode = modeOf(dataFolder);
  if (mode === null) {
    return note(name, `there is no ${dataFolder} here`, 'give the one of the platform as --data');
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    return wrong(name, `${dataFolder} can be read by others`, `chmod 700 ${dataFolder}`);
  }
  try {
    accessSync(dataFolder, constants.R_OK | constants.W_OK | constants.X_OK);
    const { bavail, bsize } = statfsSync(dataFolder);
    const free = bavail * bsize;
    const detail = `${dataFolder}, ${size(free)} free`;
    const way = 'make room: what cannot be captured is lost and counted';
    if (free < FULL_BYTES) return wrong(name, detail, way);
    return free < TIGHT_BYTES ? note(name, detail, way) : ok(name, detail);
  } catch {
    return wrong(name, `${dataFolder} cannot be written by this user`, `chown it to this user`);
  }
};

const modeOf = (path: string): number | null =>
  statSync(path, { throwIfNoEntry: false })?.mode ?? null;

const PROBE = 'from importlib.metadata import version; print(version("mlflow"))';
const PROBE_MS = 10_000;

/** Whether models that are not ONNX could be served here, as the platform would look for it. */
export const checkPython = async ({
  env,
  home,
}: Pick<Environment, 'env' | 'home'>): Promise<Check> => {
  const { TIDEGATE_PYTHON: python, TIDEGATE_PYTHON_VENV: venv } = env;
  const own = python || (venv && join(venv, 'bin', 'python'));
  const pythons = own ? [own] : [join(home, '.cache/venv/bin/python'), 'python3', 'python'];
  let bare: string | undefined;
  for (const candidate of pythons) {
    const { found, version } = await mlflowOf(candidate, env);
    if (version) return ok('python', `${candidate} with MLflow ${version}`);
    if (found) bare ??= candidate;
  }
  return bare
    ? note(
        'python',
        `${bare} has no MLflow: only ONNX models can be served`,
        `${bare} -m pip install mlflow, for models of other flavors`,
      )
    : note(
        'python',
        'no Python: only ONNX models can be served',
        'install Python with MLflow for models of other flavors, or set TIDEGATE_PYTHON',
      );
};

const mlflowOf = (
  python: string,
  env: Environment['env'],
): Promise<{ found: boolean; version: string | null }> =>
  new Promise((resolve) => {
    const options = { env: { PATH: env.PATH ?? '' }, timeout: PROBE_MS };
    execFile(python, ['-c', PROBE], options, (error, stdout) => {
      const missing = (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
      resolve({ found: !missing, version: error ? null : stdout.trim() });
    });
  });
