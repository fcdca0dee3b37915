import { setTimeout as sleep } from 'node:timers/promises';
import type { Erasure, ErasureReport } from '../../../core/tables/erasure';
import type { RunCounts } from '../../../core/tables/table-run';
import { orFullDisk } from '../full-disk';
import type { StepReport, TableBuilder } from './table-builder';

interface Needs {
  readonly tables: TableBuilder;
  readonly built: (report: StepReport) => void;
  readonly trouble: (message: string) => void;
  /** Called when builds keep failing: a new process may do better. */
  readonly giveUp: () => void;
}

/** How often the log is looked at. */
const LOOK_MS = 400;
/**
 * A build of few rows costs what its last part costs to copy. So the longer builds take the rarer they
 * are, as long as rows are in their tables within 5 seconds.
 */
const RESTS = 8;
const LONGEST_REST_MS = 2_500;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const MOST_FAILURES = 10;

/** Builds whenever there is something new, one build after the other. */
export const startBuilder = ({ tables, built, trouble, giveUp }: Needs) => {
  let failures = 0;
  let last: Promise<unknown> = Promise.resolve();

  /** One piece of work, behind the one that may be running. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last
      .catch(() => undefined)
      .then(work)
      .catch((error: unknown) => {
        tables.discard();
        throw orFullDisk(error);
      });
    last = done;
    return done;
  };

  const run = async (): Promise<never> => {
    for (;;) {
      const startedAt = performance.now();
      try {
        const report = await inTurn(tables.step);
        failures = 0;
        if (report) built(report);
        if (tables.isRetentionDue()) await inTurn(tables.retainAll);
        if (tables.isTidyDue()) await inTurn(tables.tidy);
        if (!report) {
          await sleep(LOOK_MS);
          continue;
        }
        if (report.more) continue;
        await sleep(Math.min((performance.now() - startedAt) * RESTS, LONGEST_REST_MS));
      } catch (error) {
        failures += 1;
        trouble(`a build failed: ${error instanceof Error ? error.message : String(error)}`);
        if (failures >= MOST_FAILURES) giveUp();
        await sleep(Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS));
      }
    }
  };
  void run();

  /** Builds until nothing is left of what is there now; more may come all the time. */
  const catchUp = async (): Promise<RefreshReport> => {
    const total = { rows: 0, errors: 0, labels: 0 };
    const isIn = await inTurn(async () => tables.untilNow());
    while (!isIn()) {
      const report = await inTurn(tables.step);
      if (!report) break;
      built(report);
      for (const key of COUNTS) total[key] += report[key];
    }
    return total;
  };

  return {
    /**
     * Builds until all that is there now is in the tables and every label in its row's part, and takes
     * out what is kept no longer; of a service's labels of some days the rows are looked for again. Says
     * what that came to; rows that were found count as labels.
     * @throws what a step throws
     */
    refresh: async ({ service, from, to }: LabelsAgain): Promise<RefreshReport> => {
      const total = await catchUp();
      built(await inTurn(tables.merge));
      const found = await inTurn(() => tables.retry(service, from, to));
      if (found > 0) built(await inTurn(tables.merge));
      await inTurn(tables.retainAll);
      return { ...total, labels: total.labels + found };
    },

    /** Takes out of the log what has long been in the tables; it does not grow up to `upTo` any more. */
    trim: (upTo: number): Promise<void> => inTurn(() => tables.trim(upTo)),

    /** @throws what a step throws; `invalid-input` */
    erase: async (service: string, what: Erasure, upTo: number): Promise<ErasureReport> => {
      await catchUp();
      // A column is looked at in the parts alone, and SQL shows labels that are not in these yet.
      if ('column' in what) built(await inTurn(tables.merge));
      return inTurn(() => tables.erase(service, what, upTo));
    },

    /** @throws what a step throws */
    purge: async (service: string, upTo: number): Promise<ErasureReport> => {
      await catchUp();
      return inTurn(() => tables.purge(service, upTo));
    },
  };
};

/** What a refresh brought into the tables. */
export type RefreshReport = Omit<RunCounts, 'requests'>;

/** Labels of a service whose rows are to be looked for again: received on these days, `YYYY-MM-DD`. */
export interface LabelsAgain {
  readonly service: string;
  readonly from: string;
  readonly to: string;
}

const COUNTS = ['rows', 'errors', 'labels'] as const;
