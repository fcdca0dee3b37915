import type { CapturedRequest, RequestFilter } from '../capture/captured-requests';
import { firstIdOf, requestTimeOf } from '../capture/request-time';
import type { Page } from '../shared/page';
import { REQUESTS } from './fixed-columns';
import type { QueryRows } from './warehouse';

/** How an engine writes what every engine has. */
interface Dialect {
  /** The table of requests as it stands in a statement. */
  readonly table: string;
  /** A column's name in a statement. */
  readonly name: (text: string) => string;
  /** A text in a statement. */
  readonly literal: (text: string) => string;
}

const COLUMNS = REQUESTS.map((column) => column.name).filter(
  (column) => column !== 'request_date' && column !== 'spill_uri',
);
/** Members of a filter that are columns. */
const FILTERS = [
  'client_request_id',
  'requester',
  'service_version',
  'status_code',
  'role',
  'primary_request_id',
] as const;

/** Statements that look captured requests up: of their days alone, newest first. */
export const requestsStatements = ({ table, name, literal }: Dialect) => {
  const select = (where: readonly string[], limit: number): string =>
    `SELECT ${COLUMNS.map(name).join(', ')} FROM ${table}
      WHERE ${where.join(' AND ')} ORDER BY request_id DESC LIMIT ${limit}`;
  const sqlOf = (value: string | number): string =>
    typeof value === 'number' ? String(Number(value)) : literal(value);
  const dayOf = (ms: number): string => `DATE ${literal(dayText(ms))}`;

  return {
    /** The request of an id; null for what is no request id. */
    byId(service: string, requestId: string): string | null {
      const time = requestTimeOf(requestId);
      if (Number.isNaN(time)) return null;
      const where = [
        `service = ${literal(service)}`,
        `request_date = ${dayOf(time)}`,
        `request_id = ${literal(requestId)}`,
      ];
      return select(where, 1);
    },

    /** One request more than a page has, so that it is known whether there is another page. */
    page({ service, from, to, limit, cursor, ...filter }: RequestFilter): string {
      const before = cursor !== undefined && cursor < firstIdOf(to) ? cursor : firstIdOf(to);
      const where = [
        `service = ${literal(service)}`,
        `request_date >= ${dayOf(from)}`,
        `request_date <= ${dayOf(to)}`,
        `request_id >= ${literal(firstIdOf(from))} AND request_id < ${literal(before)}`,
        ...FILTERS.flatMap((column) => {
          const value = filter[column];
          return value === undefined ? [] : [`${column} = ${sqlOf(value)}`];
        }),
      ];
      return select(where, limit + 1);
    },
  };
};

/** The requests of a result. */
export const requestsOf = ({ rows }: Pick<QueryRows, 'rows'>): readonly CapturedRequest[] =>
  rows.map(
    (row) =>
      Object.fromEntries(
        COLUMNS.map((column, i) => [column, row[i] ?? null]),
      ) as never as CapturedRequest,
  );

/** A page of what `page` found. */
export const requestsPage = (found: QueryRows, limit: number): Page<CapturedRequest> => {
  const all = requestsOf(found);
  const items = all.slice(0, limit);
  const more = found.truncated || all.length > limit;
  return { items, next_cursor: more ? (items.at(-1)?.request_id ?? null) : null };
};

/** The UTC day of a time, within the days that SQL's dates have. */
const dayText = (ms: number): string => {
  const last = Date.UTC(9999, 11, 31);
  return new Date(Math.min(Math.max(ms, 0), last)).toISOString().slice(0, 10);
};
