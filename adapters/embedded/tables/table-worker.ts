import { type ChildProcess, fork } from 'node:child_process';
import { DomainError } from '../../../core/shared/domain-error';
import type { Ask, FromWorker, SentError, ToWorker } from './worker-protocol';

interface Needs {
  /** The program. */
  readonly file: string;
  readonly args: readonly string[];
  /** Whether it is started again when it ends, or with the next question. */
  readonly always: boolean;
  /** Milliseconds that an answer may take; what takes longer is cancelled. */
  readonly longestMs?: number;
  /** What it says by itself. */
  readonly heard: (told: Heard) => void;
}

/** What such a process says by itself. */
export type Heard = Extract<FromWorker, { tell: 'built' | 'trouble' }>;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A process that ran for so long starts again with the first pause. */
const STABLE_MS = 60_000;
const END_MS = 5_000;
/** A statement holds one while it runs: those that take minutes leave some to those that do not. */
const THREADS = '12';

/** A process that works on the tables, apart from the one that serves. It is started again when it ends. */
export const tableWorker = ({ file, args, always, longestMs, heard }: Needs) => {
  const waiting = new Map<number, Waiting>();
  let child: ChildProcess | undefined;
  let lastId = 0;
  let failures = 0;
  let isClosed = false;
  let restart: NodeJS.Timeout | undefined;

  const gone = (startedAt: number, why: string): void => {
    child = undefined;
    for (const { reject } of waiting.values()) {
      reject(
        new DomainError('unavailable', `the tables' process ended: ${why}`, { retryAfterS: 1 }),
      );
    }
    waiting.clear();
    if (isClosed) return;
    failures = Date.now() - startedAt > STABLE_MS ? 1 : failures + 1;
    heard({ tell: 'trouble', message: `the process of the tables ended (${why})` });
    if (!always) return;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
    restart = setTimeout(start, pause);
    restart.unref();
  };

  const start = (): ChildProcess => {
    // Who asks does not wait for it, and two would both build.
    clearTimeout(restart);
    const startedAt = Date.now();
    const started = fork(file, args, {
      // Nothing of what the platform knows is needed there.
      env: { PATH: process.env.PATH ?? '', UV_THREADPOOL_SIZE: THREADS },
      execArgv: ['--max-old-space-size=256'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child = started;
    let trouble: string | undefined;
    started.on('message', (message: FromWorker) => {
      if (message.tell === 'built' || message.tell === 'trouble') {
        trouble = message.tell === 'trouble' ? message.message : undefined;
        heard(message);
        return;
      }
      const asker = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.tell === 'answer') asker?.resolve(message.value);
      else asker?.reject(received(message.error));
    });
    let ended = false;
    const end = (why: string): void => {
      if (ended) return;
      ended = true;
      gone(startedAt, why);
    };
    started.on('error', (error) => end(error.message));
    started.on('exit', (code, signal) => end(trouble ?? signal ?? `exit code ${code}`));
    return started;
  };

  return {
    /** Starts it now, not with the first question. */
    start: (): void => {
      if (!isClosed && !child) start();
    },

    /** @throws `unavailable` when the process ends before it answers; what it answers with */
    async ask<T>(ask: Ask, signal?: AbortSignal): Promise<T> {
      if (isClosed) throw new DomainError('unavailable', 'the platform is stopping');
      const to = child ?? start();
      lastId += 1;
      const id = lastId;
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      waiting.set(id, { resolve, reject });
      const timers: NodeJS.Timeout[] = [];
      const cancel = (): void => {
        to.send({ ask: 'cancel', id } satisfies ToWorker);
        // In the middle of some steps DuckDB does not listen.
        timers.push(setTimeout(() => to.kill('SIGKILL'), END_MS));
      };
      if (longestMs !== undefined) timers.push(setTimeout(cancel, longestMs));
      signal?.addEventListener('abort', cancel);
      to.send({ ...ask, id } satisfies ToWorker);
      return promise.finally(() => {
        for (const timer of timers) clearTimeout(timer);
        signal?.removeEventListener('abort', cancel);
      }) as Promise<T>;
    },

    /** Ends the process; what it was in the middle of goes on at the next start. */
    async close(): Promise<void> {
      isClosed = true;
      clearTimeout(restart);
      const ending = child;
      if (!ending) return;
      const ended = new Promise<void>((resolve) => {
        ending.once('exit', () => resolve());
      });
      ending.disconnect();
      const late = setTimeout(() => ending.kill('SIGKILL'), END_MS);
      await ended;
      clearTimeout(late);
    },
  };
};

export type TableWorker = ReturnType<typeof tableWorker>;

const received = ({ kind, message, ...extras }: SentError): Error =>
  kind === null ? new Error(message) : new DomainError(kind, message, extras);
