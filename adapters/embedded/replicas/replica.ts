import type { Instance } from '../../../core/inference/model-host';
import { MOST_FAILURES, pauseAfter, type ReplicaTimes } from './back-off';
import type { Dispatcher, Seat } from './dispatcher';
import { type Runner, reasonOf, type Tell, within } from './runner';

interface Needs {
  readonly id: string;
  readonly version: string;
  readonly times: ReplicaTimes;
  readonly dispatcher: Dispatcher;
  /** Brings the model up, ready to answer; rejects with the reason, or when the signal says so. */
  readonly bringUp: (id: string, signal: AbortSignal) => Promise<Runner>;
  readonly tell: Tell;
  readonly changed: () => void;
  readonly now: () => Date;
}

/** One place where a model runs, kept up until it is retired. */
export interface Replica {
  readonly id: string;
  describe(): Instance;
  status(): Instance['status'];
  /** Why it does not run; null when it does, or nothing went wrong yet. */
  reason(): string | null;
  /** Starts the model anew and hands over once that is ready; at once when it waits. */
  restart(): void;
  /** No more starts: what runs goes on until `retire`. */
  settle(): void;
  /** Finishes its requests within `drainMs`, then ends within `endMs`. */
  retire(drainMs: number, endMs: number): Promise<void>;
}

interface Live {
  readonly runner: Runner;
  readonly seat: Seat;
  readonly since: number;
}

/** What a process gets to end by itself. */
export const END_MS = 2_000;

export const keepUp = (needs: Needs): Replica => {
  const { id, version, times, dispatcher, bringUp, tell, changed, now } = needs;
  const ending = new AbortController();
  const leaving = new Set<Promise<void>>();
  let asked = Promise.withResolvers<void>();
  let live: Live | null = null;
  let startedAt: Date | null = null;
  let reason: string | null = null;
  let everRan = false;
  let failures = 0;
  let restarts = 0;

  const start = async (): Promise<Live> => {
    const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(times.start)]);
    const runner = await bringUp(id, signal);
    if (ending.signal.aborted) {
      await runner.end(0);
      throw new Error('it was stopped while it started');
    }
    return { runner, seat: dispatcher.seat(runner), since: performance.now() };
  };

  const cameUp = (next: Live, type: 'started' | 'restarted'): Live => {
    live = next;
    startedAt = now();
    reason = null;
    everRan = true;
    tell('info', type, type === 'started' ? 'A replica is ready.' : 'A replica is ready again.');
    changed();
    return next;
  };

  const failed = (type: 'start-failed' | 'died', why: string): void => {
    failures += 1;
    reason = why;
    live = null;
    const what = type === 'died' ? 'A replica died' : 'A replica did not start';
    tell('warning', type, `${what}: ${why}`);
    if (!everRan && failures === MOST_FAILURES)
      tell('error', 'failed', `It does not start: ${why}`);
    changed();
  };

  const pause = async (): Promise<void> => {
    const ms = pauseAfter(failures, everRan, times, Math.random);
    asked = Promise.withResolvers();
    await within(Promise.race([asked.promise, stopped]), ms);
  };

  const leave = (old: Live, drainMs: number, endMs: number): Promise<void> => {
    old.seat.leave();
    const left = within(old.seat.idle(), drainMs).then(() => old.runner.end(endMs));
    leaving.add(left);
    return left.finally(() => leaving.delete(left));
  };

  /** A new runner in place of one that still answers. */
  const replaced = async (old: Live): Promise<Live> => {
    try {
      const next = await start();
      restarts += 1;
      void leave(old, times.drain, END_MS);
      return cameUp(next, 'restarted');
    } catch (error) {
      if (!ending.signal.aborted) {
        tell('warning', 'start-failed', `A replica was not replaced: ${reasonOf(error)}`);
      }
      return old;
    }
  };

  /** Until it is gone; resolves with the reason. */
  const watched = async (first: Live): Promise<string> => {
    for (let current = first; ; ) {
      asked = Promise.withResolvers();
      const why = await Promise.race([current.runner.gone, asked.promise]);
      if (why !== undefined) {
        if (performance.now() - current.since >= times.stable) failures = 0;
        return why;
      }
      current = await replaced(current);
    }
  };

  const supervise = async (): Promise<void> => {
    for (let type: 'started' | 'restarted' = 'started'; !ending.signal.aborted; ) {
      try {
        const why = await watched(cameUp(await start(), type));
        live = null;
        if (ending.signal.aborted) return;
        failed('died', why);
      } catch (error) {
        if (ending.signal.aborted) return;
        failed('start-failed', reasonOf(error));
      }
      await pause();
      if (everRan) {
        restarts += 1;
        type = 'restarted';
      }
    }
  };

  const stopped = new Promise<void>((resolve) => {
    ending.signal.addEventListener('abort', () => resolve());
  });
  const supervised = supervise();

  const status = (): Instance['status'] => {
    if (live) return 'running';
    return failures >= MOST_FAILURES ? 'failed' : 'waiting';
  };

  return {
    id,
    status,
    reason: () => reason,
    restart: () => asked.resolve(),
    settle: () => ending.abort(),

    describe() {
      const usage = live?.runner.usage() ?? { cpu_percent: null, memory_bytes: null };
      const started_at = live && startedAt ? startedAt.toISOString() : null;
      return { id, version, status: status(), restarts, started_at, ...usage };
    },

    async retire(drainMs, endMs) {
      ending.abort();
      const last = live;
      live = null;
      if (last) void leave(last, drainMs, endMs);
      await Promise.all(leaving);
      await supervised;
    },
  };
};
