import { type Places, tablesOf } from './places';
import { literal } from './quoting';

/**
 * What was erased of a service, in a `WITH`: `gone_ids` are requests, `gone_clients` clients' ids and until
 * when, with those that came along with a request; and, with null, the service itself if it was purged.
 */
export const goneOf = (places: Places, service: string): string => {
  const erased = `FROM ${tablesOf(places).erased} WHERE service = ${literal(service)}`;
  return `gone_ids AS (
    SELECT request_id, max(erased_at) AS erased_at ${erased} AND request_id IS NOT NULL GROUP BY 1
  ), gone_clients AS (
    SELECT client_request_id, max(erased_at) AS erased_at,
      max(CASE WHEN request_id IS NULL THEN erased_at END) AS asked_until
    ${erased} AND (client_request_id IS NOT NULL OR request_id IS NULL) GROUP BY 1
  )`;
};

/** Purged at; a service that never was has none. */
const PURGED = '(SELECT max(erased_at) FROM gone_clients WHERE client_request_id IS NULL)';

/**
 * Which of some requests were erased, as joins and a condition. `of` says how a request's column is
 * written, `askedAt` when it was asked.
 */
export const goneRequests = (of: (column: string) => string, askedAt: string) => ({
  joins: `LEFT JOIN gone_ids gone_as ON gone_as.request_id = ${of('request_id')}
    LEFT JOIN gone_ids gone_with ON gone_with.request_id = ${of('primary_request_id')}
    LEFT JOIN gone_clients gone_by ON gone_by.client_request_id = ${of('client_request_id')}`,
  condition: `(gone_as.request_id IS NOT NULL OR gone_with.request_id IS NOT NULL
    OR COALESCE(${askedAt} <= gone_by.asked_until, false) OR COALESCE(${askedAt} <= ${PURGED}, false))`,
});

/** The same of labels: those of an erased request that were received until it was. */
export const goneLabels = (of: (column: string) => string, receivedAt: string) => ({
  joins: `LEFT JOIN gone_ids gone_as
      ON gone_as.request_id = COALESCE(${of('request_id')}, substr(${of('example_id')}, 1, 36))
    LEFT JOIN gone_clients gone_by ON gone_by.client_request_id = ${of('client_request_id')}`,
  condition: `(COALESCE(${receivedAt} <= gone_as.erased_at, false)
    OR COALESCE(${receivedAt} <= gone_by.erased_at, false) OR COALESCE(${receivedAt} <= ${PURGED}, false))`,
});
