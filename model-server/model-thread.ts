import { Worker } from 'node:worker_threads';
import type { Answer } from '../core/inference/answer';
import type { Table } from '../core/inference/table';
import type { Signature } from '../core/models/signature';
import { reasonOf } from './unservable';
import type { WorkerCall, WorkerMessage, WorkerStart } from './worker-protocol';

/** What becomes of a thread. */
export interface ThreadListener {
  ready(signature: Signature, loadMs: number): void;
  answered(answer: Answer): void;
  /** One call failed; the thread goes on. */
  failed(reason: string): void;
  /** It answers no more. */
  gone(reason: string): void;
  /** Its memory is free again. */
  exited(): void;
}

/** A model loaded in a thread of its own. */
export interface ModelThread {
  /** One call at a time. */
  send(table: Table): void;
}

const HEAP_MB = 256;

/** Starts the built `model-server/worker.ts` on a package. */
export const startThread = (
  workerFile: URL | string,
  start: WorkerStart,
  listener: ThreadListener,
): ModelThread => {
  const worker = new Worker(workerFile, {
    workerData: start,
    // The container's environment is none of the model's business.
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  let isGone = false;
  let lastId = 0;

  const end = (reason: string): void => {
    if (isGone) return;
    isGone = true;
    listener.gone(reason);
    void worker.terminate();
  };
  const heard: { [T in WorkerMessage['type']]: (m: WorkerMessage & { type: T }) => void } = {
    ready: ({ signature, loadMs }) => listener.ready(signature, loadMs),
    failed: ({ reason }) => end(reason),
    answer: ({ answer }) => listener.answered(answer),
    error: ({ reason }) => listener.failed(reason),
  };

  worker.on('message', (message: WorkerMessage) => {
    if (!isGone) heard[message.type](message as never);
  });
  worker.on('messageerror', () => end('it sent an unreadable message'));
  worker.on('error', (error) => end(reasonOf(error)));
  worker.on('exit', (code) => {
    end(`it ended with code ${code}`);
    listener.exited();
  });
  // The server keeps the process alive, not its threads. Whoever listens undoes this, so it comes last.
  worker.unref();

  return {
    send(table) {
      lastId += 1;
      worker.postMessage({ id: lastId, table } satisfies WorkerCall);
    },
  };
};
