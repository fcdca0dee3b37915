import { DomainError } from '../../../core/shared/domain-error';
import type { AskedRun, RunCounts, TableRun } from '../../../core/tables/table-run';
import { endedWithin } from './ended-within';
import { forgetEnded } from './forget-ended';

interface Needs {
  readonly newId: () => string;
  /** Milliseconds on the monotonic clock. */
  readonly clock: () => number;
}

interface Remembered {
  run: TableRun;
  readonly ended: Promise<void>;
  endedAt: number | null;
}

/** They are done one after the other. */
const MOST_RUNNING = 20;
const MOST_KEPT = 1_000;
const KEPT_MS = 24 * 3_600_000;

/** Remembers runs of this process: each goes on, whoever waits for it. */
export const runMemory = ({ newId, clock }: Needs) => {
  const known = new Map<string, Remembered>();

  return {
    /** Begins a run; answers its id. @throws `overloaded` */
    start({ kind, service }: AskedRun, work: () => Promise<RunCounts>): string {
      forgetEnded(known, clock(), { most: MOST_KEPT, keptMs: KEPT_MS });
      const running = [...known.values()].filter(({ endedAt }) => endedAt === null);
      if (running.length >= MOST_RUNNING) {
        const why = `${MOST_RUNNING} runs are under way: wait for one`;
        throw new DomainError('overloaded', why, { retryAfterS: 5 });
      }
      const end = (run: TableRun): void => {
        remembered.run = run;
        remembered.endedAt = clock();
      };
      const ended = work()
        .then((counts) => end({ kind, service, status: 'succeeded', counts }))
        .catch((error: unknown) => end({ kind, service, status: 'failed', error }));
      const run = { kind, service, status: 'running' } as const;
      const remembered: Remembered = { run, ended, endedAt: null };
      const id = newId();
      known.set(id, remembered);
      return id;
    },

    /** Where a run stands, after a wait for its end of at most `waitMs`. */
    async state(id: string, waitMs: number): Promise<TableRun | undefined> {
      const remembered = known.get(id);
      if (remembered) await endedWithin(remembered.ended, waitMs);
      return remembered?.run;
    },
  };
};
