import {
  lookAtClientLabels,
  lookForClientLabels,
  lookForClients,
  onWholeDays,
  type ReceivedLabels,
} from './label-rows';
import type { Places } from './places';
import type { StatementResult } from './statement';
import type { Steps } from './steps';
import type { Window } from './take-requests';

/**
 * How many labels mean several requests by a client's id, by the day (`YYYY-MM-DD`) on which they were
 * received: all of that day, counted now.
 */
export type AmbiguousOn = ReadonlyMap<string, number>;

type Row = StatementResult['rows'][number];

/** What labels by clients' ids mean. */
interface MeantByClients {
  /** A line for each day of requests, with the first and last example. */
  readonly days: readonly Row[];
  readonly ambiguous: AmbiguousOn;
}

/** Looks for the requests that labels by clients' ids mean. */
export function* meantByClients(places: Places, from: ReceivedLabels): Steps<MeantByClients> {
  const { rows } = yield lookForClients(places, onWholeDays(from));
  const dates = rows.map(([date]) => date ?? '');
  const found = dates.length > 0 ? (yield lookAtClientLabels(places, from, dates)).rows : [];
  const ambiguous = new Map(from.dates.map((date) => [date, 0]));
  for (const [date, count, received] of found) {
    if (date === null) ambiguous.set(received ?? '', Number(count));
  }
  return { days: found.filter(([date]) => date !== null), ambiguous };
}

/** Counts anew the labels of those days, of some, on which labels came by ids of a window's requests. */
export function* ambiguousBy(
  places: Places,
  window: Window,
  received: readonly string[],
): Steps<AmbiguousOn> {
  const { rows } = yield lookForClientLabels(places, window, received);
  const dates = rows.map(([date]) => date ?? '');
  if (dates.length === 0) return new Map();
  return (yield* meantByClients(places, { service: window.service, dates })).ambiguous;
}
