import type { CaptureRecord } from '../../core/capture/capture-record';
import type { CaptureSink } from '../../core/capture/capture-sink';

/**
 * Holds what is captured back until the answer is out: on this way nothing waits for it. What is not
 * flushed when the function ends is lost, and `lost` in no count: completeness is measured from outside.
 */
export const deferredSink = (sink: CaptureSink) => {
  let held: CaptureRecord[] = [];
  return {
    append(record: CaptureRecord, settled: () => void): void {
      held.push(record);
      settled();
    },

    /** Resolves when what was held is delivered, or lost and counted; never rejects. */
    async flush(): Promise<void> {
      const records = held;
      held = [];
      await Promise.all(records.map((record) => settledIn(sink, record)));
    },
  };
};

const settledIn = (sink: CaptureSink, record: CaptureRecord) =>
  new Promise<void>((resolve) => sink.append(record, resolve));
