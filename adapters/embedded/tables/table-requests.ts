import type {
  CapturedRequest,
  CapturedRequests,
  RequestFilter,
} from '../../../core/capture/captured-requests';
import type { Page } from '../../../core/shared/page';
import {
  requestsOf,
  requestsPage,
  requestsStatements,
} from '../../../core/tables/requests-statement';
import type { QueryRows } from '../../../core/tables/warehouse';
import { literal, name } from './quoting';
import type { TableWorker } from './table-worker';

interface Needs {
  readonly queries: Pick<TableWorker, 'ask'>;
  /** What is not in the tables yet. */
  readonly log: CapturedRequests;
}

const statements = requestsStatements({ table: 'inference.requests', name, literal });
const PAGE_BYTES = 16 * 1024 * 1024;

/** Finds captured requests in the tables, and those of the last seconds in the capture log. */
export const tableRequests = ({ queries, log }: Needs): CapturedRequests => {
  const select = (sql: string, maxRows: number): Promise<QueryRows> =>
    queries.ask<QueryRows>({ ask: 'query', sql, maxRows, maxBytes: PAGE_BYTES, oneAtLeast: true });

  const inTables = async (filter: RequestFilter): Promise<Page<CapturedRequest>> =>
    requestsPage(await select(statements.page(filter), filter.limit + 1), filter.limit);

  return {
    async get(service, requestId) {
      const sql = statements.byId(service, requestId);
      if (sql === null) return undefined;
      return (await log.get(service, requestId)) ?? requestsOf(await select(sql, 1))[0];
    },

    async find(filter) {
      const pages = await Promise.all([inTables(filter), log.find(filter)]);
      return together(pages, filter.limit);
    },
  };
};

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
