import type { CaptureCounts } from '../../../core/capture/capture-sink';
import { runApart } from './run-apart';

/** Records of one service that were not captured since the last report. */
export interface CaptureLoss {
  readonly service: string;
  readonly count: number;
  readonly reason: string;
}

export type ReportLoss = (loss: CaptureLoss) => void;

type PerService = Map<string, number>;

const add = (counts: PerService, key: string, count: number): void => {
  counts.set(key, (counts.get(key) ?? 0) + count);
};

/** Keeps count of what was captured and what was not. */
export const lossLedger = (report: ReportLoss) => {
  let appended = 0;
  let lost = 0;
  let fresh: PerService = new Map();
  const losses = new Map<string, PerService>();

  const lose = (service: string, reason: string, count: number): void => {
    lost += count;
    const services = losses.get(reason) ?? new Map();
    add(services, service, count);
    losses.set(reason, services);
  };

  return {
    kept(service: string): void {
      appended += 1;
      add(fresh, service, 1);
    },

    lost: (service: string, reason: string): void => lose(service, reason, 1),

    /** What was kept since the check before: if this one fails, it is retracted. */
    startCheck(): ReadonlyMap<string, number> {
      const checked = fresh;
      fresh = new Map();
      return checked;
    },

    retract(doubtful: ReadonlyMap<string, number>, reason: string): void {
      for (const [service, count] of doubtful) {
        appended -= count;
        lose(service, reason, count);
      }
    },

    unchecked: (): boolean => fresh.size > 0 || losses.size > 0,

    report(): void {
      const told = [...losses];
      losses.clear();
      for (const [reason, services] of told) {
        for (const [service, count] of services) {
          runApart(() => report({ service, count, reason }));
        }
      }
    },

    counts: (): CaptureCounts => ({ appended, lost }),
  };
};

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: "the disk's quota is used up",
  EFBIG: 'a file may not grow any more',
  EIO: 'the disk does not work',
  EROFS: 'the disk is read-only',
  EACCES: 'the capture folder may not be written to',
  EMFILE: 'too many files are open',
};

/** Why something was not captured, for an event. */
export const reasonOf = (error: unknown): string => {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
};
