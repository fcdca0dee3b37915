import type { Answer } from '../core/inference/answer';
import type { Table } from '../core/inference/table';
import type { Signature } from '../core/models/signature';
import { DomainError } from '../core/shared/domain-error';
import type { Log } from './json-log';
import { type ModelThread, startThread } from './model-thread';
import type { Device } from './onnx-session';

interface Needs {
  /** The built `model-server/worker.ts`. */
  readonly workerFile: URL | string;
  readonly folder: string;
  readonly device: Device;
  /** How many hold the model. */
  readonly threads: number;
  /** Requests that may wait while all threads are busy. */
  readonly maxQueue: number;
  /** Milliseconds from a request's arrival. */
  readonly timeoutMs: number;
  readonly log: Log;
}

/** Threads that have one model loaded, and the requests that wait for them. */
export interface ThreadPool {
  /** Once the first thread has loaded the model; rejects with the reason when it cannot. */
  readonly loaded: Promise<Signature>;
  /** Whether a thread is there to answer: not one that is stuck on a call whose time is over. */
  isReady(): boolean;
  /** @throws `unavailable`, `overloaded`; rejects with `model-error`, `model-timeout` */
  predict(table: Table): Promise<Answer>;
}

interface Call {
  readonly table: Table;
  readonly promise: PromiseWithResolvers<Answer>;
  readonly timer: NodeJS.Timeout;
  isOver: boolean;
}

/** A thread that is ready, and what it works on. */
interface Seat {
  readonly thread: ModelThread;
  call: Call | null;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Starts threads on a package: one first, and the others once that one has loaded the model. A thread
 * that ends is replaced after a pause.
 */
export const threadPool = (needs: Needs): ThreadPool => {
  const { workerFile, folder, device, threads, maxQueue, timeoutMs, log } = needs;
  const loaded = Promise.withResolvers<Signature>();
  const seats = new Set<Seat>();
  const line: Call[] = [];
  let signature: Signature | null = null;

  const free = (): Seat | undefined => [...seats].find(({ call }) => call === null);

  const pump = (): void => {
    for (let seat = free(); seat && line.length > 0; seat = free()) {
      seat.call = line.shift() ?? null;
      if (seat.call) seat.thread.send(seat.call.table);
    }
  };

  /** A thread that works on what was given up is no thread to count on. */
  const isReady = (): boolean => [...seats].some(({ call }) => !call?.isOver);

  /** Ends a call once; what comes after that is nobody's. */
  const over = (call: Call | null, end: (promise: Call['promise']) => void): void => {
    if (!call || call.isOver) return;
    call.isOver = true;
    clearTimeout(call.timer);
    end(call.promise);
  };

  const expire = (call: Call): void => {
    over(call, ({ reject }) =>
      reject(new DomainError('model-timeout', 'the model did not answer in time')),
    );
    const at = line.indexOf(call);
    if (at >= 0) line.splice(at, 1);
    // Nothing can interrupt a native call, and a thread that is ended in one takes the process with it.
    const isWorkedOn = [...seats].some((seat) => seat.call === call);
    if (isWorkedOn)
      log('error', `a prediction takes longer than ${timeoutMs} ms, and keeps its thread`);
  };

  /** A thread is done with its call, and takes the next. */
  const done = (seat: Seat | null, end: (promise: Call['promise']) => void): void => {
    if (!seat) return;
    over(seat.call, end);
    seat.call = null;
    pump();
  };

  /** Keeps one thread up. `failures` in a row make the pauses between its starts longer. */
  const keepUp = (failures: number): void => {
    let seat: Seat | null = null;
    let failed = failures + 1;
    const thread = startThread(
      workerFile,
      { folder, signature, device },
      {
        ready(found, loadMs) {
          seat = { thread, call: null };
          seats.add(seat);
          log('info', `a thread has loaded the model in ${Math.round(loadMs)} ms`);
          if (signature === null) {
            signature = found;
            for (let more = 1; more < threads; more += 1) keepUp(0);
            loaded.resolve(found);
          }
          pump();
        },
        answered(answer) {
          failed = 1;
          done(seat, ({ resolve }) => resolve(answer));
        },
        failed(reason) {
          done(seat, ({ reject }) => reject(modelError(reason)));
        },
        gone(reason) {
          if (signature === null) loaded.reject(new Error(reason));
          else log('error', `a thread that answers predictions has ended: ${reason}`);
          if (!seat) return;
          seats.delete(seat);
          over(seat.call, ({ reject }) => reject(modelError(reason)));
        },
        exited() {
          if (signature === null) return;
          const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failed - 1), LONGEST_PAUSE_MS);
          setTimeout(() => keepUp(failed), pause).unref();
        },
      },
    );
  };
  keepUp(0);

  return {
    loaded: loaded.promise,
    isReady,

    predict(table) {
      if (!isReady()) throw unavailable();
      if (line.length >= maxQueue && !free()) {
        throw new DomainError('overloaded', 'too many requests wait for the model already', {
          retryAfterS: 1,
        });
      }
      const promise = Promise.withResolvers<Answer>();
      const timer = setTimeout(() => expire(call), timeoutMs);
      const call: Call = { table, promise, timer, isOver: false };
      line.push(call);
      pump();
      return promise.promise;
    },
  };
};

/** Nothing has the model loaded. */
export const unavailable = (): DomainError =>
  new DomainError('unavailable', 'the model is not loaded', { retryAfterS: 1 });

/** What the caller may know; the model's own words are for the log. */
const modelError = (reason: string): DomainError =>
  new DomainError('model-error', 'the model failed on this request', { cause: reason });
