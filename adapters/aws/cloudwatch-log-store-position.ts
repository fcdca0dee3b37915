import { DomainError } from '../../core/shared/domain-error';

/** When an event happened, and when CloudWatch took it in; milliseconds since the epoch. */
export interface EventTimes {
  readonly time: number;
  readonly ingestedAt: number;
}

/** A moment, and how many of its events were passed. */
interface Place {
  readonly time: number;
  readonly count: number;
}

/**
 * How far a log was read. Events come in by their times, but some come in late: those before
 * `reached` are new when they were taken in after everything that was passed.
 */
interface Position {
  readonly reached: Place;
  readonly ingestedAt: number;
  /** How far the late ones were read when a page ended among them. */
  readonly late: Place | null;
}

/** Who follows a log gets lines that come in up to this much after younger ones. */
const LATE_MS = 10_000;
const CURSOR = /^(\d{1,15})-(\d{1,9})-(\d{1,15})(?:-(\d{1,15})-(\d{1,9}))?$/;

export const startAt = (time: number): Position => ({
  reached: { time, count: 0 },
  ingestedAt: 0,
  late: null,
});

/** The earliest moment to read from. */
export const readFrom = ({ reached, late }: Position): number =>
  late ? late.time : Math.max(0, reached.time - LATE_MS);

export const cursorOf = ({ reached, ingestedAt, late }: Position): string =>
  [reached.time, reached.count, ingestedAt, ...(late ? [late.time, late.count] : [])].join('-');

/** @throws `bad-request` when the cursor is none */
export const positionOf = (cursor: string): Position => {
  const found = CURSOR.exec(cursor);
  if (!found) throw new DomainError('bad-request', 'cursor: give the next_cursor of an answer');
  const [time = 0, count = 0, ingestedAt = 0] = found.slice(1, 4).map(Number);
  const [, , , , lateTime, lateCount] = found;
  const late = lateTime ? { time: Number(lateTime), count: Number(lateCount) } : null;
  return { reached: { time, count }, ingestedAt, late };
};

interface Walk {
  /** Goes past the next event, in the order of CloudWatch; whether it is new. */
  pass(event: EventTimes): boolean;
  /** Where the walk is, having seen all there is or not. */
  position(isEnd: boolean): Position;
}

/** Goes on from a position, through the events since `readFrom`. */
export const walkFrom = (start: Position): Walk => {
  let reached = start.reached;
  let late = start.late;
  let { ingestedAt } = start;
  let isPastLate = false;
  let leftOfReached = start.reached.count;
  let leftOfLate = start.late?.count ?? 0;

  const passLate = ({ time, ingestedAt: at }: EventTimes): boolean => {
    if (late?.time !== time) late = { time, count: 0 };
    if (at <= start.ingestedAt) return false;
    if (time === start.late?.time && leftOfLate > 0) {
      leftOfLate -= 1;
      return false;
    }
    late = { time, count: late.count + 1 };
    return true;
  };

  return {
    pass(event) {
      const { time } = event;
      ingestedAt = Math.max(ingestedAt, event.ingestedAt);
      if (time < start.reached.time) return passLate(event);
      isPastLate = true;
      if (time === start.reached.time && leftOfReached > 0) {
        leftOfReached -= 1;
        return false;
      }
      reached = { time, count: time === reached.time ? reached.count + 1 : 1 };
      return true;
    },

    position: (isEnd) =>
      isEnd || isPastLate ? { reached, ingestedAt, late: null } : { ...start, late },
  };
};
