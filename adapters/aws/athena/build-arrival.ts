import type { ServiceTable } from '../../../core/tables/service-table';
import type { StoredVersion } from '../../../core/tables/table-records';
import { type AmbiguousOn, ambiguousBy } from './client-labels';
import { dayFrom } from './day-from';
import { giveLabels } from './give-labels';
import { inParts } from './in-parts';
import type { Places } from './places';
import { MOST_DAYS } from './quoting';
import type { StatementResult } from './statement';
import type { Steps } from './steps';
import {
  type Arrival,
  lookAtArrival,
  type SpillPart,
  takeRequests,
  type Window,
} from './take-requests';
import { answeringModels, checkWindow, keepErrors, unpackRows } from './unpack-rows';

/** The columns of a service's tables, and where its model versions' values go. */
export interface TabledService {
  readonly table: ServiceTable;
  readonly versions: readonly StoredVersion[];
}

/** What a build brought into the tables. */
export interface BuildReport {
  readonly requests: number;
  readonly rows: number;
  readonly errors: number;
  /** Lines that are no records; each stays where it arrived. */
  readonly malformed: number;
  /** Rows that were given a label. */
  readonly labelled: number;
}

/** What work on tables came to, and the days (`YYYY-MM-DD`) of requests to whose rows something was written. */
export interface Built<T> {
  readonly report: T;
  readonly dates: readonly string[];
  /** A label, or a request, may be what makes a label mean several requests. */
  readonly ambiguous: AmbiguousOn;
}

/** Days that a label waits for its row. */
export const PATIENCE_DAYS = 7;
/** Hours of bodies in objects of their own that one statement reads. */
const MOST_SPILL_HOURS = 4;
/** How often rows are made before an answered request without any is a failure. */
const ROUNDS = 2;

/**
 * Brings what arrived for a service in some hours into its tables, each request and row once, however
 * often it is run; rows get labels that were received in the last 7 days before `today` (`YYYY-MM-DD`).
 * `described` is undefined for a service that has no tables of its own.
 * @throws when an answered request has neither rows nor an error, or a row is there twice
 */
export function* buildArrival(
  places: Places,
  arrival: Arrival,
  described: TabledService | undefined,
  today: string,
): Steps<Built<BuildReport>> {
  const { rows: found } = yield lookAtArrival(places, arrival);
  const asked = found.filter(([date]) => date !== null).toSorted(byText);
  const malformed = found.find(([date]) => date === null)?.[1];
  const report = {
    requests: 0,
    rows: 0,
    errors: 0,
    malformed: Number(malformed ?? 0),
    labelled: 0,
  };
  const ambiguous = new Map<string, number>();
  for (const some of inParts(asked, MOST_DAYS)) {
    const window = windowOf(arrival.service, some);
    for (const part of spillParts(some)) {
      report.requests += (yield takeRequests(places, arrival, window, part)).written ?? 0;
    }
    if (!described) continue;
    const received = lastDays(today);
    const unpacked = yield* unpackWindow(places, window, described, received);
    report.rows += unpacked.rows;
    report.errors += unpacked.errors;
    if (unpacked.labels === 0) continue;
    report.labelled += yield* giveLabels(
      places,
      { service: window.service, dates: received },
      window,
      described,
    );
    if (unpacked.byClients === 0) continue;
    const counted = yield* ambiguousBy(places, window, received);
    for (const [date, count] of counted) ambiguous.set(date, count);
  }
  return { report, dates: asked.map(([date]) => date ?? ''), ambiguous };
}

/**
 * In which parts a window's requests are taken: a day that has waited may have more in bodies of their own
 * than one statement may read.
 */
const spillParts = (some: readonly Row[]): readonly (SpillPart | undefined)[] => {
  const spilled = some.flatMap(([, , , , hours]) => (hours ? hours.split(',') : []));
  const hours: readonly string[] = [...new Set(spilled)];
  const parts = inParts(hours.toSorted(), MOST_SPILL_HOURS);
  return parts.length === 0
    ? [undefined]
    : parts.map((part, n) => ({ hours: part, withOthers: n === 0 }));
};

/**
 * Makes rows and errors of a window's requests; tells how many labels were received on some days, and how
 * many of these are by clients' ids.
 */
function* unpackWindow(
  places: Places,
  window: Window,
  { versions }: TabledService,
  received: readonly string[],
): Steps<Unpacked> {
  const report = { rows: 0, errors: 0 };
  for (let round = 1; ; round += 1) {
    const { rows: models } = yield answeringModels(places, window);
    const answers = models.map(([model = null, version = null]) => {
      const by = { model, version: version === null ? null : Number(version) };
      const known = versions.find((one) => one.model === by.model && one.version === by.version);
      return { by, known };
    });
    for (const { by, known } of answers) {
      if (known) report.rows += (yield unpackRows(places, window, by, known)).written ?? 0;
    }
    let [missing, twice, labels, byClients] = yield* countsOf(places, window, received);
    if (missing > 0) {
      for (const { by, known } of answers) {
        report.errors += (yield keepErrors(places, window, by, known)).written ?? 0;
      }
      [missing, twice, labels, byClients] = yield* countsOf(places, window, received);
    }
    if (missing === 0 && twice === 0) return { ...report, labels, byClients };
    // Another build may have brought in requests between these meanwhile, and not come to their rows yet.
    if (round === ROUNDS || twice > 0) {
      throw new Error(
        `${window.service}: ${missing} answered requests without rows or errors, ${twice} rows too many`,
      );
    }
  }
}

interface Unpacked extends Pick<BuildReport, 'rows' | 'errors'> {
  readonly labels: number;
  readonly byClients: number;
}

function* countsOf(
  places: Places,
  window: Window,
  received: readonly string[],
): Steps<readonly [number, number, number, number]> {
  const { rows } = yield checkWindow(places, window, received);
  const [missing, twice, labels, byClients = null] = rows[0] ?? [];
  return [Number(missing), Number(twice), Number(labels), Number(byClients)];
}

/** The days on which labels may have been received that still wait. */
export const lastDays = (today: string): readonly string[] =>
  Array.from({ length: PATIENCE_DAYS + 1 }, (_, n) => dayFrom(today, n - PATIENCE_DAYS));

type Row = StatementResult['rows'][number];

const byText = ([one]: Row, [other]: Row): number => ((one ?? '') < (other ?? '') ? -1 : 1);

/** A window of lines that name a day, and the first and last id of it. */
export const windowOf = (service: string, some: readonly Row[], idAt = 2): Window => {
  const ids = (at: number): readonly string[] => some.map((row) => row[at] ?? '').toSorted();
  return {
    service,
    dates: [...new Set(some.map(([date]) => date ?? ''))],
    firstId: (ids(idAt)[0] ?? '').slice(0, 36),
    lastId: (ids(idAt + 1).at(-1) ?? '').slice(0, 36),
  };
};
