import type { ArrivalKind, DirtyHours } from '../../../core/tables/dirty-hours';
import { dayFrom } from './day-from';

/** Days of which one refresh reads once more what arrived: their hours are what one execution takes on. */
export const MOST_DAYS_AGAIN = 16;

const KINDS: readonly ArrivalKind[] = ['requests', 'labels'];
const HOURS = Array.from({ length: 24 }, (_, n) => String(n).padStart(2, '0'));

/** A range of days (`YYYY-MM-DD`), both included. */
interface Days {
  readonly from: string;
  readonly to: string;
}

/**
 * Has what arrived for a service on some days looked at once more, for a table, or word of an object, may
 * have been lost; builds write what is missing alone. Of more than 16 days nothing is.
 */
export const markArrivedAgain = async (
  hours: Pick<DirtyHours, 'mark'>,
  service: string,
  { from, to }: Days,
  now: Date,
): Promise<void> => {
  if (from > to || dayFrom(from, MOST_DAYS_AGAIN) <= to) return;
  for (let date = from; date <= to; date = dayFrom(date, 1)) {
    const marks = KINDS.flatMap((kind) => HOURS.map((hour) => ({ service, kind, date, hour })));
    await Promise.all(marks.map((mark) => hours.mark(mark, now)));
  }
};
