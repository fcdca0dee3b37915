import type { Erasing } from './erased-ids';
import { goneLabels, goneOf, goneRequests } from './left-out';
import { type Places, tablesOf } from './places';
import { day, days, literal, time } from './quoting';
import { hourOfId, timeOf } from './record-shape';
import type { Statement } from './statement';

/** Days (`YYYY-MM-DD`) from one to another, both of them; all of them when missing. */
export interface Between {
  readonly from: string;
  readonly to: string;
}

/** Days on which something arrived. */
interface Arrived extends Between {
  /** What arrived before this day would be gone, had it not been written anew. */
  readonly outlived: string;
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

/** The step that finds lines: how many there are nobody knows, so that they are read where the result lies. */
export const FIND_LINES = 'find-lines';

/** Where bodies may lie that were too large: under the hour of their request, or the next; they are put behind its answer. */
const SPILL_HOURS = [0, 1];

/**
 * Finds what has arrived of it on some days: a line for each line of an object, with the request's id, or
 * a label's position; and with null for an object that goes whole, which need not be there. Of what has
 * outlived its days objects go whole.
 * @param captured where all that has arrived lies, as `s3://…/`
 */
export const findLines = (
  places: Places,
  service: string,
  captured: string,
  { from, to, outlived }: Arrived,
): Statement => {
  const { rawRequests, rawLabels, erased } = tablesOf(places);
  const linesOf = (raw: string): string =>
    `SELECT "$path" AS path, dt < ${literal(outlived)} AS is_outlived, CASE WHEN line LIKE '{%' THEN TRY(json_parse(line)) END AS r
    FROM ${raw} WHERE service = ${literal(service)} AND dt BETWEEN ${literal(from)} AND ${literal(to)}`;
  const text = (column: string): string => `json_extract_scalar(r, '$.${column}') AS ${column}`;
  const requests = goneRequests((column) => `a.${column}`, 'a.asked_at');
  const labels = goneLabels((column) => `l.${column}`, 'l.received_at');
  const spill = literal(`${captured}spill/service=${service}/dt=`);
  return {
    step: FIND_LINES,
    sql: `WITH ${goneOf(places, service)}, asked AS (
  SELECT path, is_outlived, ${['request_id', 'client_request_id', 'primary_request_id', 'spill_uri'].map(text).join(', ')},
    ${timeOf("json_extract_scalar(r, '$.request_time')")} AS asked_at
  FROM (${linesOf(rawRequests)}) WHERE r IS NOT NULL
), labelled AS (
  SELECT path, is_outlived, ${['request_id', 'client_request_id', 'example_id', 'position'].map(text).join(', ')},
    ${timeOf("json_extract_scalar(r, '$.received_at')")} AS received_at
  FROM (${linesOf(rawLabels)}) WHERE r IS NOT NULL
), gone_lines AS (
  SELECT a.path, a.is_outlived, a.request_id, a.spill_uri FROM asked a ${requests.joins} WHERE ${requests.condition}
)
SELECT path, CASE WHEN NOT is_outlived THEN request_id END FROM gone_lines
UNION SELECT spill_uri, NULL FROM gone_lines WHERE spill_uri IS NOT NULL
UNION SELECT l.path, CASE WHEN NOT l.is_outlived THEN l.position END FROM labelled l ${labels.joins} WHERE ${labels.condition}
${SPILL_HOURS.map(
  (
    later,
  ) => `UNION SELECT concat(${spill}, ${hourOfId('request_id', later)}, '/', request_id, '.json'), NULL
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

/** Labels that go, by the rule by which builds leave them out: received until their request was erased. */
const goneLabelsFrom = (places: Places, service: string, taken: string, on = ''): string => {
  const gone = goneLabels((column) => `l.${column}`, 'l.received_at');
  return `WITH ${goneOf(places, service)}
  SELECT DISTINCT ${taken} FROM ${tablesOf(places).labels} l ${gone.joins}
  WHERE l.service = ${literal(service)}${on} AND ${gone.condition}`;
};

/** The days on which labels of erased requests were received, a line each. */
export const lookAtErasedLabels = (places: Places, service: string): Statement => ({
  step: 'look-at-erased-labels',
  sql: `${goneLabelsFrom(places, service, 'CAST(l.received_date AS varchar)')} ORDER BY 1`,
});

const labelIn = (of: string): string => `${of}batch_id || ' ' || CAST(${of}position AS varchar)`;

/** Takes labels of erased requests out that were received on some days (at most 90). */
export const eraseLabels = (
  places: Places,
  service: string,
  dates: readonly string[],
): Statement => ({
  step: 'erase-labels',
  sql: `DELETE FROM ${tablesOf(places).labels} WHERE service = ${literal(service)} AND received_date IN ${days(dates)}
  AND ${labelIn('')} IN (${goneLabelsFrom(places, service, labelIn('l.'), ` AND l.received_date IN ${days(dates)}`)})`,
});
