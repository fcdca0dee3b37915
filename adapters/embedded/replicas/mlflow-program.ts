import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { ProgramFor } from './program';

interface Needs {
  /** The platform's own variables: PATH, TIDEGATE_PYTHON, TIDEGATE_PYTHON_VENV. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Whether a Python can be used by a user, without the seconds that loading MLflow takes. */
type Fitness = 'fits' | 'no-mlflow' | 'no-python';

const NO_MLFLOW = 3;
const PROBE = `import importlib.util as u, sys; sys.exit(0 if u.find_spec('mlflow') else ${NO_MLFLOW})`;
const PROBE_MS = 30_000;

/** MLflow's own scoring server, with the first Python that has it. */
export const mlflowProgram =
  ({ environment }: Needs): ProgramFor =>
  async ({ uid }) => {
    const pythons = candidates(environment);
    const { python, as } = await firstFit(pythons, uid, environment.PATH ?? '');
    const serve = ['-m', 'mlflow', 'models', 'serve', '--env-manager', 'local'];
    return {
      command: (copy, port) => [python, ...serve, '-h', '127.0.0.1', '-p', `${port}`, '-m', copy],
      environment: {
        // It starts its server by name, as a program beside its Python.
        ...(python.includes('/') && { PATH: `${dirname(python)}:${environment.PATH ?? ''}` }),
        PYTHONUNBUFFERED: '1',
        MLFLOW_DISABLE_TELEMETRY: 'true',
        // The platform knows each request already, and asks for /ping again and again.
        UVICORN_ACCESS_LOG: 'false',
      },
      uid: as,
      warning:
        uid !== null && as === null
          ? `Other users cannot run ${python}, so the model's code runs as the platform's user and ` +
            'can read its files; install Python where every user can read it and set TIDEGATE_PYTHON.'
          : null,
    };
  };

const candidates = (environment: Needs['environment']): readonly string[] => {
  const { TIDEGATE_PYTHON: python, TIDEGATE_PYTHON_VENV: venv } = environment;
  if (python) return [python];
  if (venv) return [join(venv, 'bin', 'python')];
  return [join(process.cwd(), '.cache', 'venv', 'bin', 'python'), 'python3', 'python'];
};

const firstFit = async (
  pythons: readonly string[],
  uid: number | null,
  path: string,
): Promise<{ readonly python: string; readonly as: number | null }> => {
  let bare: string | null = null;
  for (const as of uid === null ? [null] : [uid, null]) {
    for (const python of pythons) {
      const fitness = await probe(python, as, path);
      if (fitness === 'fits') return { python, as };
      if (fitness === 'no-mlflow') bare ??= python;
    }
  }
  throw new Error(
    bare
      ? `MLflow is not installed for ${bare}: run \`${bare} -m pip install mlflow\` and what the ` +
          "model's requirements.txt names, or set TIDEGATE_PYTHON to a Python that has it"
      : `no Python was found (${pythons.join(', ')}): install Python with MLflow, and set ` +
          'TIDEGATE_PYTHON to it if it is not on the PATH',
  );
};

const probe = (python: string, uid: number | null, path: string): Promise<Fitness> =>
  new Promise((resolve) => {
    const child = spawn(python, ['-c', PROBE], {
      ...(uid !== null && { uid, gid: uid }),
      cwd: '/',
      env: { PATH: path },
      stdio: 'ignore',
      signal: AbortSignal.timeout(PROBE_MS),
      killSignal: 'SIGKILL',
    });
    child.on('error', () => resolve('no-python'));
    child.on('exit', (code) => {
      if (code === 0) resolve('fits');
      else resolve(code === NO_MLFLOW ? 'no-mlflow' : 'no-python');
    });
  });
