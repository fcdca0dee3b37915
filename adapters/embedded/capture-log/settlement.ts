import { lossLedger, type ReportLoss, reasonOf } from './loss-ledger';
import { runApart } from './run-apart';
import type { segmentWriter } from './segment-writer';

interface Needs {
  readonly segments: ReturnType<typeof segmentWriter>;
  readonly durability: 'process' | 'disk';
  readonly onLost: ReportLoss;
}

/** A record whose caller waits to hear that it is kept or lost. */
export interface Pending {
  readonly service: string;
  readonly settled: () => void;
}

const CHECK_MS = 1_000;

/** Settles records once they are as durable as promised, and keeps the books on them. */
export const settlement = ({ segments, durability, onLost }: Needs) => {
  const ledger = lossLedger(onLost);
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let waiting: Pending[] = [];
  /** Makes things durable one after another. */
  let syncing: Promise<void> = Promise.resolve();

  const settle = (records: readonly Pending[]): void => {
    for (const { settled } of records) runApart(settled);
  };

  const count = (records: readonly Pending[]): void => {
    for (const { service } of records) ledger.kept(service);
    checkSoon();
  };

  const lose = (records: readonly Pending[], reason: string): void => {
    for (const { service } of records) ledger.lost(service, reason);
    checkSoon();
  };

  /** All that wait together are made durable by one call. */
  const commit = async (): Promise<void> => {
    const group = waiting;
    waiting = [];
    try {
      await segments.sync();
      count(group);
    } catch (error) {
      lose(group, reasonOf(error));
    }
    settle(group);
  };

  const check = async (): Promise<void> => {
    const doubtful = ledger.startCheck();
    try {
      if (segments.vanished()) throw new Error('the capture folder was deleted');
      if (durability === 'process' || closed) await segments.sync();
    } catch (error) {
      ledger.retract(doubtful, reasonOf(error));
    }
    ledger.report();
  };

  const checkSoon = (): void => {
    if (timer || closed) return;
    timer = setTimeout(() => {
      syncing = syncing.then(check).finally(() => {
        timer = undefined;
        if (ledger.unchecked()) checkSoon();
      });
    }, CHECK_MS).unref();
  };

  return {
    /** Counts records that are not in the log; they are still to be settled. */
    lose,

    settle,

    /** Settles written records: at once, or when the disk has them. */
    keep(records: readonly Pending[]): void {
      if (records.length === 0) return;
      if (durability === 'process') {
        count(records);
        settle(records);
        return;
      }
      if (waiting.length === 0) syncing = syncing.then(commit);
      waiting = waiting.concat(records);
    },

    counts: () => ledger.counts(),

    async close(): Promise<void> {
      closed = true;
      clearTimeout(timer);
      await syncing;
      segments.retire();
      await check();
    },
  };
};
