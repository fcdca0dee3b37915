import { type ChildProcess, fork } from 'node:child_process';
import type { ExpectedAnswers } from '../core/models/model-version';
import type { PackageChecks, PackageDescription } from '../core/models/package-source';
import { DomainError } from '../core/shared/domain-error';
import type { PackageOutcome, PackageTask } from './worker-protocol';

interface Needs {
  /** The built `model-server/worker.ts`. */
  readonly workerFile: URL | string;
  /** Milliseconds one look at a package may take. */
  readonly timeoutMs?: number;
}

/**
 * Reads and tries packages in a process of their own: a broken model may end that one, and a large
 * one's memory goes with it.
 */
export const packageChecks = ({ workerFile, timeoutMs = 120_000 }: Needs): PackageChecks => {
  const run = async (task: PackageTask) =>
    valueFrom(await outcome(start(workerFile), task, timeoutMs));
  return {
    inspect: async (folder) => (await run({ type: 'inspect', folder })) as PackageDescription,

    gate: async (folder, { runtime, signature, expected }) =>
      runtime === 'onnx' && expected
        ? ((await run({ type: 'gate', folder, signature, expected })) as ExpectedAnswers)
        : expected,
  };
};

// Nothing of the platform's environment: what is loaded there is not trusted yet.
const KEPT = ['PATH', 'SystemRoot', 'LD_LIBRARY_PATH', 'TMPDIR'] as const;

const start = (workerFile: URL | string): ChildProcess =>
  fork(workerFile, {
    env: Object.fromEntries(KEPT.map((name) => [name, process.env[name]])),
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });

const outcome = (child: ChildProcess, task: PackageTask, timeoutMs: number) =>
  new Promise<PackageOutcome>((resolve) => {
    const settle = (result: PackageOutcome) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      resolve(result);
    };
    const timer = setTimeout(
      () => settle({ type: 'refused', reason: `it took more than ${timeoutMs / 1000} s` }),
      timeoutMs,
    );
    child.once('message', (message) => settle(message as PackageOutcome));
    child.once('error', ({ message }) => settle({ type: 'broken', reason: message }));
    child.once('exit', (code, signal) =>
      settle({ type: 'refused', reason: `it ended its process with ${signal ?? `code ${code}`}` }),
    );
    // A process that ends at once tells so by its exit, not here.
    child.send(task, () => undefined);
  });

const valueFrom = (result: PackageOutcome): unknown => {
  if (result.type === 'done') return result.value;
  if (result.type === 'broken') throw new Error(`a package could not be tried: ${result.reason}`);
  throw new DomainError('bad-request', `the package was refused: ${result.reason}`);
};
