import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from '../../../core/inference/answer';
import { answerOf } from '../../../core/inference/contract-answer';
import { withParams } from '../../../core/inference/contract-body';
import type { Invocation, VersionPlan } from '../../../core/inference/model-host';
import type { Runtime } from '../../../core/models/model-version';
import { type Child, startChild } from './child-process';
import { type ContractClient, contractClient } from './contract-client';
import type { ProcessLedger } from './process-ledger';
import type { Program, ProgramFor } from './program';
import { abortReason, type Runner, type RunnerStart, replicaGone, within } from './runner';
import { openSandbox, type Sandbox } from './sandbox';

interface Needs {
  readonly ledger: ProcessLedger;
  readonly programs: Readonly<Record<Runtime, ProgramFor>>;
  readonly path: string;
  /** The user for one more process; null is the platform's own. */
  readonly nextUser: () => number | null;
}

const WIDTH = 4;
const PING_MS = 2_000;
const BETWEEN_PINGS_MS = 100;
const HEARTBEAT_MS = 10_000;
const MOST_MISSED = 3;
const END_MS = 2_000;
const NEWS_MS = 1_000;
const LONGEST_REASON = 2_000;

/** Starts a process that keeps SageMaker's container contract, in a sandbox of its own. */
export const processRunner =
  ({ ledger, programs, path, nextUser }: Needs) =>
  async ({ version, folder, log, tell, signal }: RunnerStart): Promise<Runner> => {
    const program = await programs[version.model.runtime]({ folder, uid: nextUser() });
    if (program.warning) tell('warning', 'not-isolated', program.warning);
    const { uid } = program;
    const sandbox = await openSandbox({ root: ledger.root(), folder, path, uid });
    const port = await freePort();
    const child = startChild({
      command: program.command(sandbox.package, port),
      cwd: sandbox.package,
      environment: environmentOf(sandbox, program, version, port),
      uid,
      ledger,
      log,
      ended: sandbox.remove,
    });
    const client = contractClient(port);
    await untilReady(child, client, signal).catch(async (error: unknown) => {
      client.close();
      await child.end(END_MS);
      throw error;
    });
    return running(child, client, version);
  };

const environmentOf = (
  sandbox: Sandbox,
  program: Program,
  { environment }: VersionPlan,
  port: number,
) => ({
  ...sandbox.environment,
  ...program.environment,
  ...environment,
  HOME: sandbox.environment.HOME,
  TMPDIR: sandbox.environment.TMPDIR,
  SAGEMAKER_BIND_TO_PORT: `${port}`,
});

const untilReady = async (
  child: Child,
  client: ContractClient,
  signal: AbortSignal,
): Promise<void> => {
  let ended: string | null = null;
  void child.exited.then((why) => {
    ended = why;
  });
  while (!(await client.ping(PING_MS))) {
    if (ended !== null) throw new Error(ended);
    if (signal.aborted) {
      throw new Error(`${abortReason(signal)}: GET /ping did not answer 200 on its port`);
    }
    await pause(BETWEEN_PINGS_MS);
  }
};

const running = (child: Child, client: ContractClient, version: VersionPlan): Runner => {
  const { output } = version.model.signature;
  const gone = Promise.withResolvers<string>();
  const calls = new Map<Invocation, AbortController>();
  let isGone = false;
  let missed = 0;

  const finish = (why: string): void => {
    if (isGone) return;
    isGone = true;
    clearInterval(heartbeat);
    gone.resolve(why);
    client.close();
    void child.end(END_MS);
  };

  const beat = async (): Promise<void> => {
    // One that is busy with a long prediction may be silent; one that is idle may not.
    if (calls.size > 0) return;
    missed = (await client.ping(PING_MS)) ? 0 : missed + 1;
    if (missed >= MOST_MISSED) finish('it does not answer GET /ping any more');
  };
  const heartbeat = setInterval(() => void beat(), HEARTBEAT_MS);
  void child.exited.then(finish);

  const lost = async (error: Error): Promise<never> => {
    if (!isLost(error)) throw error;
    // The news of its end may be a moment behind: nobody should be sent to it meanwhile.
    await within(gone.promise, NEWS_MS);
    throw replicaGone(`its connection was lost: ${error.message}`);
  };

  const predict = async (invocation: Invocation): Promise<Answer> => {
    if (isGone) throw replicaGone('its process has ended');
    const abort = new AbortController();
    calls.set(invocation, abort);
    const since = performance.now();
    try {
      const body = withParams(invocation.body(), invocation.params);
      const { status, text } = await client
        .invoke(body, abort.signal, invocation.trace)
        .catch(lost);
      if (status !== 200) {
        throw new Error(`it answered ${status}: ${text.slice(0, LONGEST_REASON)}`);
      }
      return answerOf(text, output, invocation.table.rows, performance.now() - since);
    } finally {
      calls.delete(invocation);
    }
  };

  return {
    width: WIDTH,
    predict,
    gone: gone.promise,
    usage: child.usage,

    overdue(invocation) {
      calls.get(invocation)?.abort();
      void client.ping(PING_MS).then((answers) => {
        if (!answers) finish('a prediction took longer than its limit and it is stuck on it');
      });
    },

    async end(graceMs) {
      finish('it was stopped');
      await child.end(graceMs);
    },
  };
};

const LOST = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ECONNABORTED']);

const isLost = (error: NodeJS.ErrnoException): boolean => LOST.has(error.code ?? '');

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
