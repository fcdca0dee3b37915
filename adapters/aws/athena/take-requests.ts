import { REQUESTS } from '../../../core/tables/fixed-columns';
import { goneOf, goneRequests } from './left-out';
import { type Places, tablesOf } from './places';
import { among, days, literal, name } from './quoting';
import { RECORD_ROW, REQUEST_ID, timeOf } from './record-shape';
import type { Statement } from './statement';

/** What arrived for a service in some hours of one day. */
export interface Arrival {
  readonly service: string;
  /** `YYYY-MM-DD`, when it arrived. */
  readonly date: string;
  /** `00` to `23`. */
  readonly hours: readonly string[];
}

/**
 * Which of the records a statement takes: those with bodies of their own in some hours
 * (`2026-11-20/hour=10`, as paths have them), and those without as well.
 */
export interface SpillPart {
  readonly hours: readonly string[];
  readonly withOthers: boolean;
}

/** Requests of some days, between two ids: ids begin with their times. */
export interface Window {
  readonly service: string;
  /** When they were asked, `YYYY-MM-DD`: at most 90. */
  readonly dates: readonly string[];
  readonly firstId: string;
  readonly lastId: string;
}

/** The hour in whose folder a record's bodies lie; null of one that has them itself. */
const SPILLED_IN = `regexp_extract(r.spill_uri, '/dt=([0-9-]{10}/hour=[0-9]{2})/[^/]+$', 1)`;

/** Records that have arrived, each line read once: `r` is null where a line is no record. */
const recordsOf = (places: Places, { service, date, hours }: Arrival): string => `
  records AS (
    SELECT line, CASE WHEN line LIKE '{%' THEN TRY(CAST(json_parse(line) AS ${RECORD_ROW})) END AS r
    FROM ${tablesOf(places).rawRequests}
    WHERE service = ${literal(service)} AND dt = ${literal(date)} AND hour IN ${among(hours)}
  ), sound AS (
    SELECT line, r, ${timeOf('r.request_time')} AS asked_at, ${SPILLED_IN} AS spilled_in
    FROM records
    WHERE regexp_like(r.request_id, ${literal(REQUEST_ID)}) AND r.service = ${literal(service)}
      AND r.request_date = substr(r.request_time, 1, 10)
  )`;

/**
 * Looks at what has arrived: a line for each day on which requests were asked, with how many there are,
 * the first and last id, and the hours of bodies that lie in objects of their own; and one with a null day
 * for lines that are no records.
 */
export const lookAtArrival = (places: Places, arrival: Arrival): Statement => ({
  step: 'look-at-arrival',
  sql: `WITH ${recordsOf(places, arrival)}
SELECT CAST(CAST(asked_at AS date) AS varchar), count(DISTINCT r.request_id), min(r.request_id), max(r.request_id),
  array_join(array_agg(DISTINCT spilled_in), ',')
FROM sound WHERE asked_at IS NOT NULL GROUP BY 1
UNION ALL
SELECT NULL, (SELECT count(*) FROM records WHERE line <> '') - (SELECT count(*) FROM sound WHERE asked_at IS NOT NULL),
  NULL, NULL, NULL`,
});

const TAKEN_FROM_TEXT: Readonly<Record<string, string>> = {
  request_time: 'asked_at',
  request_date: 'CAST(asked_at AS date)',
};
const BODIES: ReadonlySet<string> = new Set(['request', 'response']);

/** Bodies of some hours: no other partition is read, for a body is as large as a thousand lines. */
const inHours = (hours: readonly string[]): string =>
  hours
    .map((at) => at.split('/hour='))
    .map(([date = '', hour = '']) => `dt = ${literal(date)} AND hour = ${literal(hour)}`)
    .map((one) => `(${one})`)
    .join(' OR ');

/**
 * Brings what has arrived into `requests`, each request once, and none that was erased; bodies of their own
 * objects are joined back. All records are taken where no part is named.
 */
export const takeRequests = (
  places: Places,
  arrival: Arrival,
  window: Window,
  part: SpillPart | undefined,
): Statement => {
  const { requests, rawSpill } = tablesOf(places);
  const { service, dates, firstId, lastId } = window;
  const cells = REQUESTS.map(({ name: column }) => {
    const own = TAKEN_FROM_TEXT[column] ?? `p.r.${name(column)}`;
    const value =
      part && BODIES.has(column)
        ? `COALESCE(${own}, json_extract_scalar(b.bodies, '$.${column}'))`
        : own;
    return `${value} AS ${name(column)}`;
  });
  const spilled =
    part &&
    `, spilled AS (
    SELECT regexp_extract("$path", '([^/]+)[.]json$', 1) AS request_id, json_parse(min(line)) AS bodies
    FROM ${rawSpill} WHERE service = ${literal(service)} AND (${inHours(part.hours)}) GROUP BY 1
  )`;
  const taken =
    part &&
    ` AND (spilled_in IN ${among(part.hours)}${part.withOthers ? ' OR spilled_in IS NULL' : ''})`;
  const columns = REQUESTS.map(({ name: column }) => name(column));
  const gone = goneRequests((column) => `r.${column}`, 'asked_at');
  return {
    step: 'take-requests',
    sql: `MERGE INTO ${requests} t USING (
  WITH ${recordsOf(places, arrival)}, ${goneOf(places, service)}, picked AS (
    SELECT r, asked_at, row_number() OVER (PARTITION BY r.request_id ORDER BY line) AS delivery
    FROM sound ${gone.joins}
    WHERE CAST(asked_at AS date) IN ${days(dates)} AND NOT ${gone.condition}${taken ?? ''}
  )${spilled ?? ''}
  SELECT ${cells.join(', ')}
  FROM picked p${part ? ' LEFT JOIN spilled b ON p.r.spill_uri IS NOT NULL AND b.request_id = p.r.request_id' : ''}
  WHERE p.delivery = 1
) s
ON t.request_id = s.request_id AND t.service = ${literal(service)} AND t.request_date IN ${days(dates)}
  AND t.request_id BETWEEN ${literal(firstId)} AND ${literal(lastId)}
WHEN NOT MATCHED THEN INSERT (${columns.join(', ')}) VALUES (${columns.map((column) => `s.${column}`).join(', ')})`,
  };
};
