import type { Erasing } from './erased-ids';
import { goneLabels, goneOf, goneRequests } from './left-out';
import { type Places, tablesOf } from './places';
import { day, days, literal, time } from './quoting';
import { dayOfId, timeOf } from './record-shape';
import type { Statement } from './statement';

/** Days (`YYYY-MM-DD`) from one to another, both of them; all of them when missing. */
export interface Between {
  readonly from: string;
  readonly to: string;
}

const datesIn = (column: string, between: Between | null): string =>
  between ? ` AND ${column} BETWEEN ${day(between.from)} AND ${day(between.to)}` : '';

/**
 * Finds the requests that are meant by what was told: by clients' ids, and comparisons with them; with
 * each its client's id, by which labels may name it. Rows may be kept for longer than requests.
 */
export const findErased = (
  places: Places,
  { service, at, execution }: Erasing,
  hasRows: boolean,
  between: Between | null,
): Statement => {
  const { requests, rows, erased } = tablesOf(places);
  const ids = 'request_id, client_request_id, primary_request_id, request_time';
  const sources = [
    `SELECT ${ids} FROM ${requests} WHERE service = ${literal(service)}${datesIn('request_date', between)}`,
    ...(hasRows
      ? [`SELECT ${ids} FROM ${rows(service)} WHERE true${datesIn('request_date', between)}`]
      : []),
  ];
  const gone = goneRequests((column) => `a.${column}`, 'a.request_time');
  return {
    step: 'find-erased',
    sql: `MERGE INTO ${erased} t USING (
  WITH ${goneOf(places, service)}, asked AS (${sources.join(' UNION ALL ')})
  SELECT a.request_id AS id, max(a.client_request_id) AS client
  FROM asked a ${gone.joins} WHERE ${gone.condition} GROUP BY 1
) s
ON t.service = ${literal(service)} AND t.request_id = s.id
WHEN MATCHED AND t.client_request_id IS NULL AND s.client IS NOT NULL
  THEN UPDATE SET client_request_id = s.client
WHEN NOT MATCHED THEN INSERT (service, request_id, client_request_id, erased_at, open_in)
VALUES (${literal(service)}, s.id, s.client, ${time(at)}, ${literal(execution)})`,
  };
};

/** Where bodies may lie that were too large: under the day of their request, or the next. */
const SPILL_DAYS = [0, 1];

/**
 * Finds what has arrived of it on some days: a line for each line of an object, with the request's id, or
 * a label's position; and with null for an object that goes whole, which need not be there.
 * @param captured where all that has arrived lies, as `s3://…/`
 */
export const findLines = (
  places: Places,
  service: string,
  captured: string,
  { from, to }: Between,
): Statement => {
  const { rawRequests, rawLabels, erased } = tablesOf(places);
  const linesOf = (raw: string): string =>
    `SELECT "$path" AS path, CASE WHEN line LIKE '{%' THEN TRY(json_parse(line)) END AS r
    FROM ${raw} WHERE service = ${literal(service)} AND dt BETWEEN ${literal(from)} AND ${literal(to)}`;
  const text = (column: string): string => `json_extract_scalar(r, '$.${column}') AS ${column}`;
  const requests = goneRequests((column) => `a.${column}`, 'a.asked_at');
  const labels = goneLabels((column) => `l.${column}`, 'l.received_at');
  const spilledOn = (later: number): string =>
    `CAST(date_add('day', ${later}, ${dayOfId('request_id')}) AS varchar)`;
  const spill = literal(`${captured}spill/service=${service}/dt=`);
  return {
    step: 'find-lines',
    sql: `WITH ${goneOf(places, service)}, asked AS (
  SELECT path, ${['request_id', 'client_request_id', 'primary_request_id', 'spill_uri'].map(text).join(', ')},
    ${timeOf("json_extract_scalar(r, '$.request_time')")} AS asked_at
  FROM (${linesOf(rawRequests)}) WHERE r IS NOT NULL
), labelled AS (
  SELECT path, ${['request_id', 'client_request_id', 'example_id', 'position'].map(text).join(', ')},
    ${timeOf("json_extract_scalar(r, '$.received_at')")} AS received_at
  FROM (${linesOf(rawLabels)}) WHERE r IS NOT NULL
), gone_lines AS (
  SELECT a.path, a.request_id, a.spill_uri FROM asked a ${requests.joins} WHERE ${requests.condition}
)
SELECT path, request_id FROM gone_lines
UNION SELECT spill_uri, NULL FROM gone_lines WHERE spill_uri IS NOT NULL
UNION SELECT l.path, l.position FROM labelled l ${labels.joins} WHERE ${labels.condition}
${SPILL_DAYS.map(
  (later) => `UNION SELECT concat(${spill}, ${spilledOn(later)}, '/', request_id, '.json'), NULL
  FROM ${erased} WHERE service = ${literal(service)} AND open_in IS NOT NULL AND request_id IS NOT NULL`,
).join('\n')}
ORDER BY 1, 2`,
  };
};

const goneIds = (places: Places, service: string): string =>
  `(SELECT request_id FROM ${tablesOf(places).erased} WHERE service = ${literal(service)} AND request_id IS NOT NULL)`;

/** A table of requests, of which those that were erased go. */
export type AskedTable = 'requests' | 'rows' | 'errors';

/** Takes them out of a table, of some days (at most 90). */
export const eraseRequests = (
  places: Places,
  service: string,
  table: AskedTable,
  dates: readonly string[],
): Statement => {
  const { requests, rows, errors } = tablesOf(places);
  const from = { requests, rows: rows(service), errors: errors(service) }[table];
  const ofService = table === 'requests' ? `service = ${literal(service)} AND ` : '';
  return {
    step: `erase-${table}`,
    sql: `DELETE FROM ${from} WHERE ${ofService}request_date IN ${days(dates)}
  AND request_id IN ${goneIds(places, service)}`,
  };
};

const labelsOf = (places: Places, service: string): string => `service = ${literal(service)} AND (
    request_id IN ${goneIds(places, service)} OR substr(example_id, 1, 36) IN ${goneIds(places, service)}
    OR client_request_id IN (SELECT client_request_id FROM ${tablesOf(places).erased}
      WHERE service = ${literal(service)} AND client_request_id IS NOT NULL))`;

/** The days on which labels of erased requests were received, a line each. */
export const lookAtErasedLabels = (places: Places, service: string): Statement => ({
  step: 'look-at-erased-labels',
  sql: `SELECT DISTINCT CAST(received_date AS varchar) FROM ${tablesOf(places).labels}
WHERE ${labelsOf(places, service)} ORDER BY 1`,
});

/** Takes labels of erased requests out that were received on some days (at most 90). */
export const eraseLabels = (
  places: Places,
  service: string,
  dates: readonly string[],
): Statement => ({
  step: 'erase-labels',
  sql: `DELETE FROM ${tablesOf(places).labels} WHERE received_date IN ${days(dates)} AND ${labelsOf(places, service)}`,
});
