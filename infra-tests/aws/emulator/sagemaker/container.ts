import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port';

/** A container is a process here, for there is no Docker: it keeps the contract all the same. */
export interface Container {
  readonly url: string;
  /** Resolves when its process has ended. */
  readonly exited: Promise<void>;
  /** SIGTERM, and SIGKILL to its whole group when it does not hear. */
  end(): Promise<void>;
}

interface Start {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly pingWithinMs: number;
  /** Aborted when it is not wanted any more, also while it starts. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

const GRACE_MS = 2_000;
const BETWEEN_PINGS_MS = 50;
const PING_MS = 2_000;
// Whatever becomes of the stub, no container outlives it.
const SETPRIV = '/usr/bin/setpriv';
const BOUND = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--'] : [];

/** Starts a container and waits for its ping. @throws when it exits or does not answer 200 in time */
export const startContainer = async (start: Start): Promise<Container> => {
  const port = await freePort();
  const [program = '', ...args] = [...BOUND, ...start.command];
  const child = spawn(program, args, {
    env: {
      ...start.environment,
      SAGEMAKER_BIND_TO_PORT: `${port}`,
      // A real container is alone in its network; here others are, too.
      TIDEGATE_HOST: '127.0.0.1',
      // On SageMaker it is /opt/ml/model.
      TIDEGATE_MODEL_FOLDER: start.folder,
    },
    cwd: start.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.trimEnd().split('\n')) start.log(line);
    });
  }
  const exited = endOf(child);
  const container = { url: `http://127.0.0.1:${port}`, exited, end: () => end(child, exited) };
  if (await isHealthy(container, start)) return container;
  await container.end();
  throw new Error('it exited, or did not answer GET /ping in time');
};

const endOf = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });

const isHealthy = async (
  { url, exited }: Container,
  { pingWithinMs, signal: unwanted }: Start,
): Promise<boolean> => {
  let isGone = false;
  void exited.then(() => {
    isGone = true;
  });
  const until = Date.now() + pingWithinMs;
  while (!isGone && !unwanted.aborted && Date.now() < until) {
    const answer = await fetch(`${url}/ping`, { signal: AbortSignal.timeout(PING_MS) }).catch(
      () => null,
    );
    await answer?.body?.cancel();
    if (answer?.status === 200) return true;
    await sleep(BETWEEN_PINGS_MS);
  }
  return false;
};

const end = async (child: ChildProcess, exited: Promise<void>): Promise<void> => {
  const { pid } = child;
  if (pid === undefined) return;
  signal(pid, 'SIGTERM');
  const late = setTimeout(() => signal(pid, 'SIGKILL'), GRACE_MS);
  await exited;
  clearTimeout(late);
  // What it left behind in its group.
  signal(pid, 'SIGKILL');
};

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(-pid, name);
  } catch {
    // It has ended.
  }
};
