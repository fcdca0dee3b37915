import { setTimeout as sleep } from 'node:timers/promises';
import { type TrinoAnswer, type TrinoClient, TrinoError, type TrinoStats } from '../client';
import type { Translated } from './statement';

type State = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** One statement's life. */
export interface Execution {
  readonly state: () => State;
  /** Whether it would never end. */
  readonly hangs: boolean;
  readonly reason: () => string | undefined;
  /** 1 Athena's, 2 the statement's. */
  readonly errorCategory: () => number | undefined;
  readonly stats: () => TrinoStats;
  readonly answer: () => TrinoAnswer | undefined;
  readonly times: { readonly submitted: number; readonly completed: () => number | undefined };
  cancel(): void;
  readonly ended: Promise<void>;
}

interface Needs {
  readonly client: TrinoClient;
  readonly translated: Translated;
  readonly parameters: readonly string[] | undefined;
  /** Bytes after which it is cancelled. */
  readonly cutoff: number | undefined;
  readonly fault: 'commit-conflict' | 'never-ends' | 'more-runs' | undefined;
  /** Keeps what it answered, before it has succeeded. */
  readonly keep: (answer: TrinoAnswer) => Promise<void>;
}

const NOTHING: TrinoStats = { physicalInputBytes: 0, processedRows: 0, elapsedMs: 0, queuedMs: 0 };
const QUEUED_MS = 20;
const CONFLICT = 'Failed to commit Iceberg update to table: Metadata location changed';

/** Runs what a statement became, one after another, and tells how it stands. */
export const startExecution = ({
  client,
  translated,
  parameters,
  cutoff = Number.POSITIVE_INFINITY,
  fault,
  keep,
}: Needs): Execution => {
  const stop = new AbortController();
  let state: State = 'QUEUED';
  let reason: string | undefined;
  let errorCategory: number | undefined;
  let stats = NOTHING;
  let answer: TrinoAnswer | undefined;
  let completed: number | undefined;

  const watch = (figures: TrinoStats): void => {
    stats = figures;
    if (figures.physicalInputBytes > cutoff) stop.abort(new Error(BYTES_EXCEEDED));
  };
  const run = async (): Promise<void> => {
    await sleep(QUEUED_MS, undefined, { signal: stop.signal });
    state = 'RUNNING';
    if (fault === 'never-ends') await endless(stop.signal);
    if (fault === 'commit-conflict') {
      throw new TrinoError('ICEBERG_COMMIT_ERROR', 'EXTERNAL', CONFLICT);
    }
    if (fault === 'more-runs') {
      const name = `ICEBERG_${translated.subtype}_MORE_RUNS_NEEDED`;
      throw new TrinoError(name, 'USER_ERROR', moreRuns(translated.subtype));
    }
    for (const text of translated.texts) {
      answer = await client.run(text, {
        ...{ signal: stop.signal, onProgress: watch },
        ...(parameters && { parameters }),
      });
      watch(answer.stats);
      stop.signal.throwIfAborted();
    }
    if (answer) await keep(answer);
  };
  const end = (error?: unknown): void => {
    completed = Date.now();
    if (error === undefined) {
      state = 'SUCCEEDED';
      return;
    }
    answer = undefined;
    state = stop.signal.aborted ? 'CANCELLED' : 'FAILED';
    if (error instanceof TrinoError) {
      reason = `${error.errorName}: ${error.message}`;
      errorCategory = error.errorType === 'USER_ERROR' ? 2 : 1;
    } else if (stop.signal.aborted) {
      reason = stop.signal.reason instanceof Error ? stop.signal.reason.message : undefined;
    } else {
      reason = `GENERIC_INTERNAL_ERROR: ${error instanceof Error ? error.message : error}`;
      errorCategory = 1;
    }
  };
  return {
    hangs: fault === 'never-ends',
    ...{ state: () => state, reason: () => reason, errorCategory: () => errorCategory },
    ...{ stats: () => stats, answer: () => answer },
    times: { submitted: Date.now(), completed: () => completed },
    cancel: () => stop.abort(new Error('Query cancelled by user')),
    ended: run().then(() => end(), end),
  };
};

const BYTES_EXCEEDED = 'Query cancelled! : Bytes scanned limit was exceeded';

/** What real Athenas said (dbt-athena's issue 531, pull request 703). */
const moreRuns = (subtype: string): string => {
  const [done, round, left] =
    subtype === 'VACUUM'
      ? (['Removed 20000 files', 'vacuum', 'files'] as const)
      : (['Processed 100 partitions', 'optimization', 'partitions'] as const);
  return `${done} in this round of ${round}, but there are more ${left} remaining. Please run another ${subtype} command to process the remaining ${left}`;
};

const endless = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
  });
