import { assertErasable } from '../../../core/tables/erasable';
import type { Erasure, ErasureReport } from '../../../core/tables/erasure';
import { NO_COLUMNS } from '../../../core/tables/service-table';
import type { TabledService } from './build-arrival';
import { chores } from './chores';
import { dayFrom } from './day-from';
import {
  type AskedTable,
  type Between,
  eraseLabels,
  eraseRequests,
  findErased,
  findLines,
  lookAtErasedLabels,
} from './erased-found';
import { closeErased, lookAtErased, lookForErased, takeOver, tellErased } from './erased-ids';
import { inParts } from './in-parts';
import type { Places } from './places';
import { MOST_DAYS } from './quoting';
import { FIRST_DAY } from './record-shape';
import { dropOldFiles, type KeptTable, packDays } from './remove';
import type { Steps } from './steps';

interface Needs {
  readonly places: Places;
  /** Where what has arrived lies, as `s3://…/`. */
  readonly captured: string;
  /** Days that what has arrived is kept; null for ever. */
  readonly capturedDays: number | null;
  readonly described: TabledService | undefined;
  readonly execution: string;
}

interface Asked {
  readonly service: string;
  readonly what: Erasure;
  /** RFC 3339 */
  readonly at: string;
}

const NOTHING_ERASED: ErasureReport = { requests: 0, rows: 0, errors: 0, labels: 0 };

/** S3 takes old objects away a day or two late. */
const LATE_DAYS = 3;

/**
 * Takes whole requests of a service out of all that was captured: with their rows, those of their
 * comparisons, their errors and labels, from tables, from what has arrived, and from files and results
 * that nobody reads any more. What an execution before has left is gone on with.
 * @throws `invalid-input` for a column that there is not, or a value that it cannot have
 */
export function* erase(needs: Needs, asked: Asked): Steps<ErasureReport> {
  const { places, captured, capturedDays, described, execution } = needs;
  const { service, what, at } = asked;
  const erasing = { service, at, execution };
  const table = described?.table ?? NO_COLUMNS;
  assertErasable(table, what);
  // A service without tables has no rows with values.
  if ('column' in what && !described) return NOTHING_ERASED;
  for (const statement of tellErased(places, erasing, what, table)) yield statement;
  yield takeOver(places, erasing);
  const told = yield* erasedDays(places, service);
  if (told === null) return NOTHING_ERASED;
  // From here on nothing brings them in that began later.
  yield { until: 'older-runs-end' };
  const [first, last] = [told.dates[0], told.dates.at(-1)];
  const near =
    first && last && told.areAll ? { from: dayFrom(first, -1), to: dayFrom(last, 1) } : null;
  yield findErased(places, erasing, described !== undefined, near);
  const found = (yield* erasedDays(places, service)) ?? told;
  const firstAfter = (times: number): string =>
    capturedDays === null ? FIRST_DAY : dayFrom(at, -times * capturedDays - LATE_DAYS);
  // An object that was written anew is kept for its days once more.
  const [kept, outlived] = [firstAfter(2), firstAfter(1)];
  const arrived = { from: near && near.from > kept ? near.from : kept, to: dayFrom(at, 1) };
  const rewrite = function* (when: Between): Steps<number> {
    const { query = '' } = yield findLines(places, service, captured, { ...when, outlived });
    return yield* chores((after) => ({ kind: 'rewrite', query, after }));
  };
  yield* rewrite(arrived);

  const parts = inParts(yield* daysThere(needs, service, found.dates), MOST_DAYS);
  const from = function* (some: AskedTable): Steps<number> {
    let went = 0;
    for (const dates of parts) {
      went += (yield eraseRequests(places, service, some, dates)).written ?? 0;
    }
    return went;
  };
  const requests = yield* from('requests');
  // What read requests before may still make rows of them.
  yield { until: 'older-runs-end' };
  const rows = described ? yield* from('rows') : 0;
  const errors = described ? yield* from('errors') : 0;
  const { rows: labelDays } = yield lookAtErasedLabels(places, service);
  const labelParts = inParts(
    labelDays.map(([date]) => date ?? ''),
    MOST_DAYS,
  );
  let labels = 0;
  for (const dates of labelParts) {
    labels += (yield eraseLabels(places, service, dates)).written ?? 0;
  }

  const own: readonly KeptTable[] = described ? ['rows', 'errors'] : [];
  for (const some of ['requests', ...own] as const) {
    for (const dates of parts) yield packDays(places, service, some, dates);
  }
  for (const dates of labelParts) yield packDays(places, service, 'labels', dates);
  yield { until: 'files-settle' };
  // What Firehose still held back when it was looked for lies there by now.
  yield* rewrite({ from: dayFrom(at, -1), to: arrived.to });
  for (const some of ['requests', ...own, 'labels'] as const) {
    yield dropOldFiles(places, service, some);
  }
  yield* chores(() => ({ kind: 'forget-results', before: dayFrom(at, -1) }));
  yield closeErased(places, erasing);
  return { requests, rows, errors, labels };
}

/** Days of what is being erased, in order, and whether it has no more than these; null for nothing. */
function* erasedDays(
  places: Places,
  service: string,
): Steps<{ readonly dates: readonly string[]; readonly areAll: boolean } | null> {
  const { rows } = yield lookAtErased(places, service);
  if (rows.length === 0) return null;
  const dates = rows.flatMap(([date]) => (date ? [date] : []));
  return { dates, areAll: dates.length === rows.length };
}

/** Those of some days of which tables have anything: many ids may name many days of which there is nothing. */
function* daysThere(
  { places, described }: Needs,
  service: string,
  dates: readonly string[],
): Steps<readonly string[]> {
  const [from, to] = [dates[0], dates.at(-1)];
  if (dates.length <= MOST_DAYS || !from || !to) return dates;
  const own = described !== undefined;
  const { rows } = yield lookForErased(places, service, own, { from, to });
  return rows.map(([date]) => date ?? '');
}
