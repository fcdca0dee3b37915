import { mkdirSync } from 'node:fs';
import type { CaptureRecord } from '../../../core/capture/capture-record';
import type { CaptureSink } from '../../../core/capture/capture-sink';
import { requestTimeOf } from '../../../core/capture/request-time';
import { lineBuffer } from './line-buffer';
import { type ReportLoss, reasonOf } from './loss-ledger';
import { addLine } from './record-line';
import { repairLog } from './repair-log';
import { segmentWriter } from './segment-writer';
import { type Pending, settlement } from './settlement';

interface Needs {
  /** Made if it is missing. One process at a time. */
  readonly folder: string;
  /** Told at most once a second, and at the end, how many records of which service were lost. */
  readonly onLost: ReportLoss;
  /**
   * What a settled record survives: `process` the end of the process by any means, and a power cut
   * but for the last second; `disk` a power cut, too.
   */
  readonly durability?: 'process' | 'disk';
  /** A segment that has grown to this is followed by the next; 32 MiB by default. */
  readonly segmentBytes?: number;
}

/** A sink whose files somebody else may take away, once they do not grow any more. */
export interface CaptureLog extends CaptureSink {
  /** No segment that there is now grows from here on. */
  roll(): void;
}

const NEWLINE = 10;
/** More than this is written before the turn ends. */
const BATCH_BYTES = 1 << 20;
/** The last moment that a segment's name can say. */
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * A capture log of one machine: segments of JSON lines (docs: capture log). Records of one turn of
 * the event loop are written by one system call. Failing to write never throws: it is counted, and
 * tried again with the next records.
 */
export const captureLog = (needs: Needs): CaptureLog => {
  const { folder, onLost, durability = 'process', segmentBytes = 32 << 20 } = needs;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const segments = segmentWriter({ folder, segmentBytes, sequence: repairLog(folder) });
  const { keep, lose, settle, counts, close } = settlement({ segments, durability, onLost });
  const line = lineBuffer();
  let newest = 0;
  /** Records whose lines wait in memory, and those of this turn that were written or lost. */
  let batch: Pending[] = [];
  let written: Pending[] = [];
  let lost: Pending[] = [];
  let turn: NodeJS.Immediate | undefined;
  let closed = false;

  const write = (): void => {
    if (batch.length === 0) return;
    const lines = line.filled();
    const { bytes, error } = segments.write(lines, newest);
    const whole = bytes === lines.length ? batch.length : lineCount(lines.subarray(0, bytes));
    const rest = batch.slice(whole);
    written = written.concat(batch.slice(0, whole));
    lost = lost.concat(rest);
    if (rest.length > 0) lose(rest, reasonOf(error));
    batch = [];
    line.cutTo(0);
    newest = 0;
  };

  const endTurn = (): void => {
    turn = undefined;
    write();
    const [there, gone] = [written, lost];
    written = [];
    lost = [];
    keep(there);
    settle(gone);
  };

  const add = (record: CaptureRecord): void => {
    if (closed) throw new Error('the capture log is closed');
    const time = requestTimeOf(record.request_id);
    if (!(time <= LAST_MS)) throw new Error('the request id is no UUIDv7');
    if (!segments.fits(time, line.size)) {
      write();
      segments.begin(time);
    }
    addLine(line, record, time);
    newest = Math.max(newest, time);
  };

  return {
    append(record, settled) {
      const pending = { service: record.service, settled };
      // Not a microtask: what all connections brought in this turn of the loop goes in one call.
      turn ??= setImmediate(endTurn);
      try {
        add(record);
        batch.push(pending);
      } catch (error) {
        lose([pending], reasonOf(error));
        lost.push(pending);
      }
      if (line.size >= BATCH_BYTES) write();
    },

    counts,

    roll(): void {
      write();
      segments.retire();
    },

    async close() {
      clearImmediate(turn);
      endTurn();
      closed = true;
      await close();
    },
  };
};

const lineCount = (lines: Uint8Array): number =>
  lines.reduce((count, byte) => (byte === NEWLINE ? count + 1 : count), 0);
