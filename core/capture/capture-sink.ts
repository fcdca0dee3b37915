import type { CaptureRecord } from './capture-record';

/** How capture went since the start: what is lost is known. */
export interface CaptureCounts {
  readonly appended: number;
  readonly lost: number;
}

/** Remembers requests. Never fails and never delays a prediction for longer than the write itself. */
export interface CaptureSink {
  /**
   * Takes a record and calls `settled` once: when the record is as durable as the home promises
   * before an answer, or when it was lost and counted. Calls of one moment are written together.
   */
  append(record: CaptureRecord, settled: () => void): void;

  counts(): CaptureCounts;

  /** Writes what is pending; nothing may be appended afterwards. */
  close(): Promise<void>;
}
