import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureRecord } from '../../core/capture/capture-record';
import type { CaptureSink } from '../../core/capture/capture-sink';

interface Needs {
  readonly sink: Pick<CaptureSink, 'append'>;
  /** Whether a service's answers wait for their records. */
  readonly isBefore: (service: string) => boolean;
  /** Milliseconds that an answer waits at most; its record is delivered after it then. */
  readonly longestMs: number;
}

/**
 * Holds what is captured back until the answer is out, so that nothing waits for it; of a service that
 * wants it so, the answer waits instead, and no prediction fails for it. What is not flushed when the
 * function ends is lost, and `lost` in no count: completeness is measured from outside.
 */
export const deferredSink = ({ sink, isBefore, longestMs }: Needs) => {
  let held: CaptureRecord[] = [];
  let underWay: Promise<void>[] = [];
  return {
    append(record: CaptureRecord, settled: () => void): void {
      if (!isBefore(record.service)) {
        held.push(record);
        settled();
        return;
      }
      const delivered = settledIn(sink, record);
      underWay.push(delivered);
      const late = new AbortController();
      const longest = sleep(longestMs, undefined, { signal: late.signal }).catch(() => undefined);
      void Promise.race([delivered, longest]).then(() => {
        late.abort();
        settled();
      });
    },

    /** Resolves when what was held is delivered, or lost and counted; never rejects. */
    async flush(): Promise<void> {
      const [records, others] = [held, underWay];
      [held, underWay] = [[], []];
      await Promise.all([...others, ...records.map((record) => settledIn(sink, record))]);
    },
  };
};

const settledIn = (sink: Pick<CaptureSink, 'append'>, record: CaptureRecord) =>
  new Promise<void>((resolve) => sink.append(record, resolve));
