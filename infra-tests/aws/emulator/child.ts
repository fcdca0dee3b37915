import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

/** A process of the emulator, in a group of its own. */
export interface Child {
  readonly pid: number | undefined;
  readonly isRunning: () => boolean;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL to what is left of its group. */
  stop(): Promise<void>;
}

const GRACE_MS = 10_000;
// A test that is killed leaves nothing behind: the kernel tells its processes.
const SETPRIV = '/usr/bin/setpriv';
const BOUND = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'TERM', '--'] : [];

/** Starts a program with exactly this environment; both its streams go to `say`. */
export const startChild = (
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  say: (text: string) => void,
): Child => {
  const [program = '', ...args] = [...BOUND, ...command];
  const child = spawn(program, args, {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdout.setEncoding('utf8').on('data', say);
  child.stderr.setEncoding('utf8').on('data', say);
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  return {
    pid: child.pid,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    signal: (name) => child.kill(name),
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => killGroup(child), GRACE_MS);
      await ended;
      clearTimeout(late);
      killGroup(child);
    },
  };
};

const killGroup = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing is left of it.
  }
};
