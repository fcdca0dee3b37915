import { THE_LABEL } from '../../../core/tables/outcomes';
import { within } from './answered';
import { dayFrom } from './day-from';
import { type Places, tablesOf } from './places';
import { day, days, literal, MOST_DAYS, time } from './quoting';
import { dayOfId, FIRST_DAY } from './record-shape';
import type { Statement } from './statement';
import type { Window } from './take-requests';

/** Labels of a service by when they were received. */
export interface ReceivedLabels {
  readonly service: string;
  /** `YYYY-MM-DD`, at most 90. */
  readonly dates: readonly string[];
  /** RFC 3339 in UTC: received from then on, and before; all of these days when missing. */
  readonly between?: readonly [string, string];
}

/** Requests that come so long after a label by their client's id still get it. */
const CLIENT_HOURS = 24;

const received = (from: ReceivedLabels): string =>
  `l.service = ${literal(from.service)} AND l.received_date IN ${days(from.dates)} AND ${receivedBetween(from)}`;

const receivedBetween = ({ between }: ReceivedLabels): string =>
  between ? `l.received_at >= ${time(between[0])} AND l.received_at < ${time(between[1])}` : 'true';

/** Labels of older releases do not say that they are the label. */
const COLUMNS = `COALESCE(l.name, ${literal(THE_LABEL)}) AS name, l.label, l.labelled_at, l.received_at, l.batch_id, l.position`;

/** Labels that name their example, or its request. */
const byExample = (places: Places, from: ReceivedLabels): string => `
  SELECT COALESCE(l.example_id, l.request_id || '-' || CAST(l.row_index AS varchar)) AS example_id, ${COLUMNS}
  FROM ${tablesOf(places).labels} l WHERE ${received(from)} AND l.client_request_id IS NULL`;

/** Labels by a client's id, once for each of some requests that carried it; `asked` tells requests apart. */
const byClient = (places: Places, from: ReceivedLabels, which: string): string => `
  SELECT q.request_id || '-' || CAST(l.row_index AS varchar) AS example_id, ${COLUMNS},
    COALESCE(q.primary_request_id, q.request_id) AS asked, l.received_date
  FROM ${tablesOf(places).labels} l JOIN ${tablesOf(places).requests} q ON q.client_request_id = l.client_request_id
    AND l.row_index < q.row_count AND q.request_time <= l.received_at + INTERVAL '${CLIENT_HOURS}' HOUR
  WHERE ${received(from)} AND l.client_request_id IS NOT NULL
    AND q.service = ${literal(from.service)} AND q.status_code = 200 AND ${which}`;

/** Days that a clock may be wrong by. */
const CLOCK_DAYS = 2;

/** The last day of which there can be a request that these labels mean. */
const lastDay = ({ dates }: ReceivedLabels): string =>
  day(dayFrom(dates.toSorted().at(-1) ?? '', CLOCK_DAYS));

/**
 * The days of examples, with the first and last of each. An id may say any day there is: a label means
 * nothing that was asked long after it, or before there was a platform.
 */
const dated = (
  from: ReceivedLabels,
): string => `SELECT CAST(asked_on AS varchar), min(example_id), max(example_id) FROM (
  SELECT example_id, ${dayOfId('example_id')} AS asked_on
  FROM meant
) WHERE asked_on BETWEEN ${day(FIRST_DAY)} AND ${lastDay(from)} GROUP BY 1`;

/**
 * Looks for what labels mean that name their example: a line for each day of these, with the first and
 * last; and one with a null day for how many labels there are by clients' ids.
 */
export const lookAtLabels = (places: Places, from: ReceivedLabels): Statement => ({
  step: 'look-at-labels',
  sql: `WITH meant AS (${byExample(places, from)})
${dated(from)}
UNION ALL
SELECT NULL, CAST(count(*) AS varchar), NULL FROM ${tablesOf(places).labels} l
WHERE ${received(from)} AND l.client_request_id IS NOT NULL`,
});

/**
 * The days on which requests carried the clients' ids of labels, a line each. It looks through all days
 * until these labels, for such an id does not say when it was used, but through no column but that one:
 * days stand in paths.
 */
export const lookForClients = (places: Places, from: ReceivedLabels): Statement => ({
  step: 'look-for-clients',
  sql: `SELECT DISTINCT CAST(q.request_date AS varchar) FROM ${tablesOf(places).requests} q
WHERE q.service = ${literal(from.service)} AND q.request_date <= ${lastDay(from)} AND q.client_request_id IN (
  SELECT l.client_request_id FROM ${tablesOf(places).labels} l
  WHERE ${received(from)} AND l.client_request_id IS NOT NULL)
ORDER BY 1`,
});

/**
 * The days between two of which a service has rows, a line each; no column is read for that: days stand
 * in paths.
 */
export const lookForRows = (
  places: Places,
  service: string,
  first: string,
  last: string,
): Statement => ({
  step: 'look-for-rows',
  sql: `SELECT DISTINCT CAST(request_date AS varchar) FROM ${tablesOf(places).rows(service)}
WHERE request_date BETWEEN ${day(first)} AND ${day(last)} ORDER BY 1`,
});

/** All that were received on the days of some labels. */
export const onWholeDays = ({ service, dates }: ReceivedLabels): ReceivedLabels => ({
  service,
  dates,
});

/**
 * The same as of labels that name their example, of those by clients' ids. With a null day stands how many
 * labels mean several requests, of all that were received on a day, and which day that is.
 * @param dates on which requests carried ids that labels of these days name, in order
 */
export const lookAtClientLabels = (
  places: Places,
  from: ReceivedLabels,
  dates: readonly string[],
): Statement => ({
  step: 'look-at-client-labels',
  sql: `WITH of_days AS (${byClient(places, onWholeDays(from), `q.request_date ${onDays(dates)}`)}
), meant AS (SELECT * FROM of_days l WHERE ${receivedBetween(from)})
${dated(from)}
UNION ALL
SELECT NULL, CAST(count(*) AS varchar), CAST(received_date AS varchar) FROM (
  SELECT received_date, batch_id, position FROM of_days GROUP BY 1, 2, 3 HAVING count(DISTINCT asked) > 1
) GROUP BY received_date`,
});

/**
 * The days on which labels were received by ids that callers gave requests of a window, a line each.
 * @param received days of labels that are looked through
 */
export const lookForClientLabels = (
  places: Places,
  window: Window,
  received: readonly string[],
): Statement => ({
  step: 'look-for-client-labels',
  sql: `SELECT DISTINCT CAST(l.received_date AS varchar) FROM ${tablesOf(places).labels} l
WHERE l.service = ${literal(window.service)} AND l.received_date IN ${days(received)} AND l.client_request_id IN (
  SELECT q.client_request_id FROM ${tablesOf(places).requests} q
  WHERE q.service = ${literal(window.service)} AND ${within(window, 'q.')} AND q.status_code = 200)
ORDER BY 1`,
});

/** As few days as fit into a statement; all of one label's have to be in one, or several would not be seen. */
const onDays = (dates: readonly string[]): string =>
  dates.length <= MOST_DAYS
    ? `IN ${days(dates)}`
    : `BETWEEN ${day(dates[0] ?? '')} AND ${day(dates.at(-1) ?? '')}`;

/** Labels of both ways of addressing with the rows of a window that they may mean. */
export const meantIn = (places: Places, from: ReceivedLabels, window: Window): string => `
  WITH meant AS (${byExample(places, from)}
  UNION ALL
  SELECT example_id, name, label, labelled_at, received_at, batch_id, position FROM (${byClient(places, from, within(window, 'q.'))}))`;

/** How many labels were received. */
export const countLabels = (places: Places, from: ReceivedLabels): Statement => ({
  step: 'count-labels',
  sql: `SELECT count(*) FROM ${tablesOf(places).labels} l WHERE ${received(from)}`,
});

/** How many labels have rows in a window. */
export const countMatched = (places: Places, from: ReceivedLabels, window: Window): Statement => ({
  step: 'count-matched',
  sql: `${meantIn(places, from, window)}
SELECT count(DISTINCT m.batch_id || '-' || CAST(m.position AS varchar)) FROM meant m
JOIN ${tablesOf(places).rows(from.service)} t ON t.example_id = m.example_id AND ${within(window, 't.')}`,
});
