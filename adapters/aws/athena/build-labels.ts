import { type Built, type TabledService, windowOf } from './build-arrival';
import { type AmbiguousOn, meantByClients } from './client-labels';
import { giveLabels } from './give-labels';
import { inParts } from './in-parts';
import {
  countLabels,
  countMatched,
  lookAtLabels,
  lookForRows,
  type ReceivedLabels,
} from './label-rows';
import type { Places } from './places';
import { MOST_DAYS } from './quoting';
import type { StatementResult } from './statement';
import type { Steps } from './steps';
import { takeLabels } from './take-labels';
import type { Arrival, Window } from './take-requests';

/** What became of labels. */
export interface LabelReport {
  readonly labels: number;
  /** Rows that were given one. */
  readonly labelled: number;
}

const HOUR_MS = 3_600_000;

/** Brings labels that were received in some hours of a day into the tables, and to their rows. */
export function* buildLabels(
  places: Places,
  arrival: Arrival,
  described: TabledService | undefined,
): Steps<Built<LabelReport>> {
  const { written } = yield takeLabels(places, arrival);
  const hours = arrival.hours.toSorted();
  const first = `${arrival.date}T${hours[0]}:00:00.000Z`;
  const last = Date.parse(`${arrival.date}T${hours.at(-1)}:00:00.000Z`) + HOUR_MS;
  const from = {
    service: arrival.service,
    dates: [arrival.date],
    between: [first, new Date(last).toISOString()],
  } as const;
  const found = described ? yield* labelFrom(places, from, described) : NO_ROWS;
  return { ...found, report: { labels: written ?? 0, ...found.report } };
}

const NO_ROWS = { report: { labelled: 0 }, dates: [], ambiguous: new Map<string, number>() };

/** Gives labels that are in the tables to the rows that they mean. */
export function* labelFrom(
  places: Places,
  from: ReceivedLabels,
  described: TabledService,
): Steps<Built<Omit<LabelReport, 'labels'>>> {
  const { windows, ambiguous } = yield* meantBy(places, from);
  let labelled = 0;
  for (const window of windows) {
    labelled += yield* giveLabels(places, from, window, described);
  }
  const dates = new Set(windows.flatMap((window) => window.dates));
  return { report: { labelled }, dates: [...dates], ambiguous };
}

/** How many labels have found no row. */
export function* countUnmatched(places: Places, from: ReceivedLabels): Steps<number> {
  const { rows } = yield countLabels(places, from);
  let unmatched = Number(rows[0]?.[0]);
  if (unmatched === 0) return 0;
  const { windows } = yield* meantBy(places, from);
  for (const window of windows) {
    const found = yield countMatched(places, from, window);
    unmatched -= Number(found.rows[0]?.[0]);
  }
  // One by a client's id may have found rows in several windows.
  return Math.max(0, unmatched);
}

/** The rows that labels mean, and how many of the labels mean several requests. */
function* meantBy(
  places: Places,
  from: ReceivedLabels,
): Steps<{ readonly windows: readonly Window[]; readonly ambiguous: AmbiguousOn }> {
  const { rows } = yield lookAtLabels(places, from);
  const byClients = Number(rows.find(([date]) => date === null)?.[1] ?? 0);
  const client = byClients > 0 ? yield* meantByClients(places, from) : NO_CLIENTS;
  const named = rows.filter(([date]) => date !== null);
  const meant = yield* withRows(places, from.service, [...named, ...client.days]);
  const windows = inParts(meant, MOST_DAYS).map((some) => windowOf(from.service, some, 1));
  return { windows, ambiguous: client.ambiguous };
}

const NO_CLIENTS = { days: [], ambiguous: new Map<string, number>() };

/** Those of many days of which there are rows: ids may say any day, and each 90 are a statement that writes. */
function* withRows(places: Places, service: string, meant: readonly Row[]): Steps<readonly Row[]> {
  const dates = meant.map(([date]) => date ?? '').toSorted();
  const [first, last] = [dates[0], dates.at(-1)];
  if (dates.length <= MOST_DAYS || !first || !last) return meant;
  const { rows } = yield lookForRows(places, service, first, last);
  const there = new Set(rows.map(([date]) => date));
  return meant.filter(([date]) => there.has(date));
}

type Row = StatementResult['rows'][number];
