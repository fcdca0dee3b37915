import type {
  CapturedRequest,
  CapturedRequests,
  RequestFilter,
} from '../../../core/capture/captured-requests';
import { firstIdOf, requestTimeOf } from '../../../core/capture/request-time';
import type { Page } from '../../../core/shared/page';
import { REQUESTS } from '../../../core/tables/fixed-columns';
import type { QueryRows } from '../../../core/tables/warehouse';
import { literal, name } from './quoting';
import type { TableWorker } from './table-worker';

interface Needs {
  readonly queries: Pick<TableWorker, 'ask'>;
  /** What is not in the tables yet. */
  readonly log: CapturedRequests;
}

const COLUMNS = REQUESTS.map((column) => column.name).filter(
  (column) => column !== 'request_date' && column !== 'spill_uri',
);
const PAGE_BYTES = 16 * 1024 * 1024;
/** Members of a filter that are columns. */
const FILTERS = [
  'client_request_id',
  'requester',
  'service_version',
  'status_code',
  'role',
  'primary_request_id',
] as const;

/** Finds captured requests in the tables, and those of the last seconds in the capture log. */
export const tableRequests = ({ queries, log }: Needs): CapturedRequests => {
  const select = async (where: string, limit: number): Promise<Found> => {
    const sql = `SELECT ${COLUMNS.map(name).join(', ')} FROM inference.requests
      WHERE ${where} ORDER BY request_id DESC LIMIT ${limit}`;
    const ask = {
      ask: 'query',
      sql,
      maxRows: limit,
      maxBytes: PAGE_BYTES,
      oneAtLeast: true,
    } as const;
    const { rows, truncated } = await queries.ask<QueryRows>(ask);
    const items = rows.map(
      (row) =>
        Object.fromEntries(
          COLUMNS.map((column, i) => [column, row[i] ?? null]),
        ) as never as CapturedRequest,
    );
    return { items, truncated };
  };

  const inTables = async (filter: RequestFilter): Promise<Page<CapturedRequest>> => {
    const { service, from, to, limit, cursor } = filter;
    const before = cursor !== undefined && cursor < firstIdOf(to) ? cursor : firstIdOf(to);
    const conditions = [
      `service = ${literal(service)}`,
      `request_date >= DATE ${literal(dayOf(from))}`,
      `request_date <= DATE ${literal(dayOf(to))}`,
      `request_id >= ${literal(firstIdOf(from))} AND request_id < ${literal(before)}`,
      ...FILTERS.flatMap((column) => {
        const value = filter[column];
        return value === undefined ? [] : [`${column} = ${sqlOf(value)}`];
      }),
    ];
    const { items, truncated } = await select(conditions.join(' AND '), limit + 1);
    const page = items.slice(0, limit);
    const more = truncated || items.length > limit;
    return { items: page, next_cursor: more ? (page.at(-1)?.request_id ?? null) : null };
  };

  return {
    async get(service, requestId) {
      const time = requestTimeOf(requestId);
      if (Number.isNaN(time)) return undefined;
      const fresh = await log.get(service, requestId);
      if (fresh) return fresh;
      const { items } = await select(
        `service = ${literal(service)} AND request_date = DATE ${literal(dayOf(time))}
         AND request_id = ${literal(requestId)}`,
        1,
      );
      return items[0];
    },

    async find(filter) {
      const pages = await Promise.all([inTables(filter), log.find(filter)]);
      return together(pages, filter.limit);
    },
  };
};

interface Found {
  readonly items: readonly CapturedRequest[];
  /** There are more, which did not fit. */
  readonly truncated: boolean;
}

/** One page of several, as far down as all of them have looked. */
const together = (
  pages: readonly Page<CapturedRequest>[],
  limit: number,
): Page<CapturedRequest> => {
  const seen =
    pages
      .map(({ next_cursor }) => next_cursor ?? '')
      .sort()
      .at(-1) ?? '';
  const byId = new Map(
    pages.flatMap(({ items }) => items.map((item) => [item.request_id, item] as const)),
  );
  const all = [...byId.values()]
    .filter(({ request_id }) => request_id >= seen)
    .sort((a, b) => (a.request_id < b.request_id ? 1 : -1));
  const items = all.slice(0, limit);
  const more = all.length > items.length ? (items.at(-1)?.request_id ?? null) : seen || null;
  return { items, next_cursor: more };
};

const sqlOf = (value: string | number): string =>
  typeof value === 'number' ? String(Number(value)) : literal(value);

/** The UTC day of a time, within the days that SQL's dates have. */
const dayOf = (ms: number): string => {
  const last = Date.UTC(9999, 11, 31);
  return new Date(Math.min(Math.max(ms, 0), last)).toISOString().slice(0, 10);
};
