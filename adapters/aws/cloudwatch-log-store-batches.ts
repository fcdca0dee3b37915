import type { InputLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import type { LogLine } from '../../core/services/log-store';
import { textOf } from './cloudwatch-log-store-line';

/** CloudWatch's limits of a call; it reckons 26 bytes for each event. */
const CALL_EVENTS = 10_000;
const CALL_BYTES = 1_048_576;
const EVENT_BYTES = 26;
const CALL_SPAN_MS = 24 * 3600 * 1000 - 1;

/** A line on its way, with what it weighs. */
export interface WaitingEvent extends InputLogEvent {
  readonly timestamp: number;
  readonly bytes: number;
}

export const eventOf = (line: LogLine, now: Date): WaitingEvent => {
  const message = textOf(line);
  const time = Date.parse(line.time);
  const bytes = Buffer.byteLength(message) + EVENT_BYTES;
  return { timestamp: Number.isNaN(time) ? now.getTime() : time, message, bytes };
};

/** Lines in the order of their times, in calls as large as CloudWatch takes them. */
export const batchesOf = (lines: readonly WaitingEvent[]): readonly (readonly WaitingEvent[])[] => {
  const batches: WaitingEvent[][] = [];
  let bytes = 0;
  for (const line of lines) {
    const last = batches.at(-1);
    const isRoom =
      last !== undefined &&
      last.length < CALL_EVENTS &&
      bytes + line.bytes <= CALL_BYTES &&
      line.timestamp - (last[0]?.timestamp ?? 0) <= CALL_SPAN_MS;
    if (isRoom) last.push(line);
    else batches.push([line]);
    bytes = isRoom ? bytes + line.bytes : line.bytes;
  }
  return batches;
};
