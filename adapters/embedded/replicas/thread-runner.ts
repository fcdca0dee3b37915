import { Worker } from 'node:worker_threads';
import type { Answer } from '../../../core/inference/answer';
import type { Invocation } from '../../../core/inference/model-host';
import type { CellArray, Table } from '../../../core/inference/table';
import type {
  Wake,
  WorkerCall,
  WorkerMessage,
  WorkerStart,
} from '../../../model-server/worker-protocol';
import { logLines } from './line-log';
import { abortReason, type Runner, type RunnerStart, replicaGone, within } from './runner';

interface Needs {
  /** The built `model-server/worker.ts`. */
  readonly workerFile: URL | string;
}

/** A thread also tells how long its model took to load. */
export interface ThreadRunner extends Runner {
  readonly loadMs: number;
}

interface Pending {
  readonly invocation: Invocation;
  readonly promise: PromiseWithResolvers<Answer>;
}

const HEAP_MB = 256;
/** One is worked on, the next is there already when it ends. */
const WIDTH = 2;
/** A thread that does not end for so long is busy in native code, which nothing can interrupt. */
const STUCK_MS = 5_000;
/** Each stuck thread takes a core: with so many, no more threads are started. */
const MOST_STUCK = 2;

/** Loads an ONNX model in a worker thread. Rejects with the reason when it does not come up. */
export const threadRunner = ({ workerFile }: Needs) => {
  /** Threads that were told to end, and when. */
  const told = new Map<Worker, number>();

  const assertNoneStuck = (): void => {
    const before = performance.now() - STUCK_MS;
    const stuck = [...told.values()].filter((since) => since < before).length;
    if (stuck < MOST_STUCK) return;
    throw new Error(
      `${stuck} threads are still busy with requests that took too long: restart the platform, and ` +
        'find out from the log what was asked',
    );
  };

  return async ({ version, folder, log, signal }: RunnerStart): Promise<ThreadRunner> => {
    assertNoneStuck();
    const ending = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const start: WorkerStart = { folder, signature: version.model.signature, ending };
    const worker = new Worker(workerFile, {
      workerData: start,
      env: { ...version.environment },
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    const ready = Promise.withResolvers<number>();
    const gone = Promise.withResolvers<string>();
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const pending = new Map<number, Pending>();
    let isGone = false;
    let lastId = 0;

    const finish = (why: string): void => {
      if (isGone) return;
      isGone = true;
      ready.reject(new Error(why));
      gone.resolve(why);
      for (const { promise } of pending.values()) promise.reject(replicaGone(why));
      pending.clear();
      told.set(worker, performance.now());
      // Not terminate(): when a native call returns to a thread that was, onnxruntime ends the process.
      Atomics.store(ending, 0, 1);
      worker.postMessage(null satisfies Wake);
    };

    const settle = (id: number): PromiseWithResolvers<Answer> | undefined => {
      const promise = pending.get(id)?.promise;
      pending.delete(id);
      return promise;
    };

    const heard: { [T in WorkerMessage['type']]: (m: WorkerMessage & { type: T }) => void } = {
      ready: ({ loadMs }) => ready.resolve(loadMs),
      failed: ({ reason }) => finish(reason),
      answer: ({ id, answer }) => settle(id)?.resolve(answer),
      error: ({ id, reason }) => settle(id)?.reject(new Error(reason)),
    };

    worker.on('message', (message: WorkerMessage) => heard[message.type](message as never));
    worker.on('messageerror', () => finish('its thread sent an unreadable message'));
    worker.on('error', (error) => finish(crashReason(error)));
    worker.on('exit', (code) => {
      finish(`its thread ended with code ${code}`);
      told.delete(worker);
    });
    logLines(worker.stdout, log);
    logLines(worker.stderr, log);

    const abort = (): void => finish(abortReason(signal));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    const loadMs = await ready.promise.finally(() => signal.removeEventListener('abort', abort));

    let lastUse = worker.performance.eventLoopUtilization();
    return {
      width: WIDTH,
      loadMs,
      gone: gone.promise,

      predict(invocation) {
        if (isGone) return Promise.reject(replicaGone('its thread has ended'));
        const promise = Promise.withResolvers<Answer>();
        lastId += 1;
        const call: WorkerCall = { id: lastId, table: compact(invocation.table) };
        pending.set(lastId, { invocation, promise });
        // Copied, not transferred: nothing says who else reads the table, and another replica may
        // have to answer it yet.
        worker.postMessage(call);
        return promise.promise;
      },

      overdue(invocation) {
        const [working] = pending.values();
        if (working?.invocation === invocation) finish('a prediction took longer than its limit');
      },

      usage() {
        const now = worker.performance.eventLoopUtilization();
        const { utilization } = worker.performance.eventLoopUtilization(now, lastUse);
        lastUse = now;
        return { cpu_percent: Math.round(utilization * 1000) / 10, memory_bytes: null };
      },

      async end(graceMs) {
        finish('it was stopped');
        // Nothing can interrupt a native call: the thread ends after it, without anyone waiting.
        await within(exited, graceMs);
      },
    };
  };
};

const crashReason = (error: unknown): string => {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return `it ran out of memory (its JavaScript heap is limited to ${HEAP_MB} MB)`;
  }
  return error instanceof Error ? error.message : String(error);
};

/** A message carries whole buffers: of one that is larger than its cells only these are sent. */
const compact = ({ rows, cells }: Table): Table => {
  const copies = new Map<CellArray, CellArray>();
  const own = (values: CellArray): CellArray => {
    if (Array.isArray(values) || values.byteLength === values.buffer.byteLength) return values;
    const copy = copies.get(values) ?? values.slice();
    copies.set(values, copy);
    return copy;
  };
  return {
    rows,
    cells: cells.map(({ values, offset, stride }) => ({ values: own(values), offset, stride })),
  };
};
