import { requestTimeOf } from '../../../core/capture/request-time';
import type { Erasure } from '../../../core/tables/erasure';
import { serviceColumns } from '../../../core/tables/service-columns';
import type { ServiceTable } from '../../../core/tables/service-table';
import { inParts } from './in-parts';
import { type Places, tablesOf } from './places';
import { day, literal, name, time } from './quoting';
import { dayOfId, REQUEST_ID } from './record-shape';
import { sameValue } from './same-value';
import type { Statement } from './statement';

/** An erasure under way. */
export interface Erasing {
  readonly service: string;
  /** RFC 3339 */
  readonly at: string;
  /** The execution that is at it. */
  readonly execution: string;
}

/** Ids in one statement; clients' have up to 256 letters, and each may be a quote. */
const MOST_REQUESTS = 1_000;
const MOST_CLIENTS = 250;

const inserted = ({ service, at, execution }: Erasing, ids: readonly [string, string]): string =>
  `WHEN NOT MATCHED THEN INSERT (service, request_id, client_request_id, erased_at, open_in)
VALUES (${[literal(service), ...ids, time(at), literal(execution)].join(', ')})`;

/** What was told before goes until now, so that what came late of it goes when it is asked again. */
const movedOn = ({ at, execution }: Erasing): string =>
  `WHEN MATCHED AND (t.erased_at < ${time(at)} OR t.open_in IS NULL)
  THEN UPDATE SET erased_at = greatest(t.erased_at, ${time(at)}), open_in = ${literal(execution)}`;

/** Writes down whose data is to go, each id once. @throws RangeError for a column there is not */
export const tellErased = (
  places: Places,
  erasing: Erasing,
  what: Erasure,
  table: ServiceTable,
): readonly Statement[] => {
  if ('request_ids' in what) {
    const possible = what.request_ids.filter((id) => isPossible(id, erasing.at));
    return inParts([...new Set(possible)], MOST_REQUESTS).map((ids) =>
      tellRequests(places, erasing, valuesOf(ids)),
    );
  }
  if ('client_request_ids' in what) {
    return inParts([...new Set(what.client_request_ids)], MOST_CLIENTS).map((ids) =>
      tellClients(places, erasing, ids),
    );
  }
  const column = serviceColumns(table).find((known) => known.name === what.column);
  if (!column) throw new RangeError('no column of this name');
  // The value was in the request, whoever else has answered it.
  const found = `SELECT DISTINCT u.id FROM ${tablesOf(places).rows(erasing.service)} r
  CROSS JOIN UNNEST(ARRAY[r.request_id, r.primary_request_id]) AS u (id)
  WHERE ${sameValue(`r.${name(column.name)}`, column.type, String(what.value))} AND u.id IS NOT NULL`;
  return [tellRequests(places, erasing, found)];
};

const tellRequests = (places: Places, erasing: Erasing, source: string): Statement => ({
  step: 'tell-erased',
  sql: `MERGE INTO ${tablesOf(places).erased} t USING (
  ${source}
) s
ON t.service = ${literal(erasing.service)} AND t.request_id = s.id
${movedOn(erasing)}
${inserted(erasing, ['s.id', 'NULL'])}`,
});

const tellClients = (places: Places, erasing: Erasing, ids: readonly string[]): Statement => ({
  step: 'tell-erased',
  sql: `MERGE INTO ${tablesOf(places).erased} t USING (
  ${valuesOf(ids)}
) s
ON t.service = ${literal(erasing.service)} AND t.request_id IS NULL AND t.client_request_id = s.id
${movedOn(erasing)}
${inserted(erasing, ['NULL', 's.id'])}`,
});

/** Writes down that everything of a service goes that was asked until now. */
export const tellPurged = (places: Places, erasing: Erasing): Statement => ({
  step: 'tell-purged',
  sql: `MERGE INTO ${tablesOf(places).erased} t USING (SELECT 1 AS one) s
ON t.service = ${literal(erasing.service)} AND t.request_id IS NULL AND t.client_request_id IS NULL
WHEN MATCHED AND t.erased_at < ${time(erasing.at)} THEN UPDATE SET erased_at = ${time(erasing.at)}
${inserted(erasing, ['NULL', 'NULL'])}`,
});

/** Goes on with what an execution has left that came to no end. */
export const takeOver = (places: Places, { service, execution }: Erasing): Statement => ({
  step: 'take-over',
  sql: `UPDATE ${tablesOf(places).erased} SET open_in = ${literal(execution)}
WHERE service = ${literal(service)} AND open_in IS NOT NULL AND open_in <> ${literal(execution)}`,
});

/** All of it is done. */
export const closeErased = (places: Places, { service, execution }: Erasing): Statement => ({
  step: 'close-erased',
  sql: `UPDATE ${tablesOf(places).erased} SET open_in = NULL
WHERE service = ${literal(service)} AND open_in = ${literal(execution)}`,
});

const daysOf = (places: Places, service: string): string =>
  `SELECT DISTINCT ${dayOfId('request_id')} AS asked_on FROM ${tablesOf(places).erased}
  WHERE service = ${literal(service)} AND open_in IS NOT NULL`;

/** Days of the requests that are being erased, a line each; with a null one for ids of clients. */
export const lookAtErased = (places: Places, service: string): Statement => ({
  step: 'look-at-erased',
  sql: `SELECT CAST(asked_on AS varchar) FROM (${daysOf(places, service)}) ORDER BY 1`,
});

/** Those of these days, all between two, of which tables of the service have anything, a line each. */
export const lookForErased = (
  places: Places,
  service: string,
  hasOwnTables: boolean,
  { from, to }: { readonly from: string; readonly to: string },
): Statement => {
  const { requests, rows, errors } = tablesOf(places);
  const between = `request_date BETWEEN ${day(from)} AND ${day(to)}`;
  const own = hasOwnTables ? [rows(service), errors(service)] : [];
  const there = [
    `SELECT request_date FROM ${requests} WHERE service = ${literal(service)} AND ${between}`,
    ...own.map((table) => `SELECT request_date FROM ${table} WHERE ${between}`),
  ];
  return {
    step: 'look-for-erased',
    sql: `SELECT CAST(asked_on AS varchar) FROM (${daysOf(places, service)})
WHERE asked_on IN (${there.join(' UNION ')}) ORDER BY 1`,
  };
};

/** What of a service was written down before and is no longer needed behind the row that says it was purged. */
export const forgetErased = (places: Places, service: string): Statement => ({
  step: 'forget-erased',
  sql: `DELETE FROM ${tablesOf(places).erased}
WHERE service = ${literal(service)} AND (request_id IS NOT NULL OR client_request_id IS NOT NULL)`,
});

/** Of what can arrive no more nothing needs to be known. */
export const forgetErasedBefore = (places: Places, first: string): Statement => ({
  step: 'forget-erased',
  sql: `DELETE FROM ${tablesOf(places).erased} WHERE erased_at < ${time(first)} AND open_in IS NULL`,
});

/** What a clock may be wrong by. */
const DAY_MS = 86_400_000;
const ID = new RegExp(REQUEST_ID);

/** Whether there can be such a request: its id names a day until now. */
const isPossible = (id: string, at: string): boolean => {
  return ID.test(id) && requestTimeOf(id) <= Date.parse(at) + DAY_MS;
};

const valuesOf = (ids: readonly string[]): string =>
  `SELECT id FROM (VALUES ${ids.map((id) => `(${literal(id)})`).join(', ')}) AS v (id)`;
