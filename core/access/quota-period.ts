import type { Quota } from './rate-limiter';

const DAY_MS = 24 * 3600 * 1000;
// The first Monday after 1970-01-01, which was a Thursday.
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** Milliseconds since the epoch: `start` ≤ time < `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The UTC day, the week from Monday, or the month from the 1st that a moment lies in. */
export const quotaPeriod = (period: Quota['period'], at: number): Span => {
  if (period === 'month') {
    const date = new Date(at);
    const year = date.getUTCFullYear();
    const month = date.getUTCMonth();
    return { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) };
  }
  const [length, first] = period === 'day' ? [DAY_MS, 0] : [7 * DAY_MS, FIRST_MONDAY_MS];
  const start = first + Math.floor((at - first) / length) * length;
  return { start, end: start + length };
};
