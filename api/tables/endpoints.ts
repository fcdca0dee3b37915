import type { Erasure, ErasureReport } from '../../core/tables/erasure';
import { ERRORS, LABELS, REQUESTS } from '../../core/tables/fixed-columns';
import type { QueryProgress } from '../../core/tables/run-query';
import { serviceColumns } from '../../core/tables/service-columns';
import type { TableColumn } from '../../core/tables/table-column';
import { errorsTableNameOf, tableNameOf } from '../../core/tables/table-name';
import type { TableRecords } from '../../core/tables/table-records';
import type { QueryState, RefreshReport, ResultFormat } from '../../core/tables/warehouse';
import { endpoints, Later, Streamed } from '../endpoints';
import { pageOfAll } from '../services/page-of-all';
import { tableContracts } from './contracts';

interface Needs {
  readonly tables: Pick<TableRecords, 'find' | 'list'>;
  readonly runQuery: (sql: string, maxRows: number, waitMs: number) => Promise<QueryProgress>;
  readonly findQuery: (id: string) => Promise<QueryProgress>;
  readonly queryResult: (id: string, format: ResultFormat) => Promise<AsyncIterable<Uint8Array>>;
  readonly cancelQuery: (id: string) => Promise<void>;
  /** @throws `service-not-found` */
  readonly refresh: (
    service: string,
    received: { readonly from: string; readonly to: string },
  ) => Promise<RefreshReport>;
  readonly erase: (service: string, what: Erasure) => Promise<ErasureReport>;
  readonly newId: () => string;
}

/** The tables of what was captured, and SQL over them. */
export const tableEndpoints = (use: Needs) =>
  endpoints<'tables'>(tableContracts, {
    listTables: async ({ query }) => {
      const services = await Promise.all(
        (await use.tables.list()).map(async (service) => {
          const table = await use.tables.find(service);
          return [
            tableView(tableNameOf(service), service, serviceColumns(table)),
            tableView(errorsTableNameOf(service), service, ERRORS),
          ];
        }),
      );
      const fixed = [tableView('labels', null, LABELS), tableView('requests', null, REQUESTS)];
      return pageOfAll([...fixed, ...services.flat()], ({ name }) => name, query);
    },

    runQuery: async ({ body: { sql, max_rows, wait_s } }) => {
      const { id, state } = await use.runQuery(sql, max_rows, wait_s * 1000);
      if (state.status === 'failed') throw state.error;
      if (state.status === 'succeeded') return resultView(id, state);
      // What was cancelled meanwhile says so when it is asked for.
      return new Later({ query_id: id });
    },

    getQuery: async ({ path }) => {
      const { id, state } = await use.findQuery(path.query);
      return {
        query_id: id,
        status: state.status,
        result: state.status === 'succeeded' ? resultView(id, state) : null,
        error: state.status === 'failed' ? (state.error as Error).message : null,
      };
    },

    getQueryResult: async ({ path, query: { format } }) =>
      new Streamed(await use.queryResult(path.query, format), {
        'content-type': TYPES[format],
        // An id that is known holds nothing but letters, digits and hyphens.
        'content-disposition': `attachment; filename="${path.query}.${format}"`,
      }),

    cancelQuery: async ({ path }) => {
      await use.cancelQuery(path.query);
      return null;
    },

    eraseData: async ({ path, body }) => ({
      erasure_id: use.newId(),
      ...(await use.erase(path.service, body)),
    }),

    refreshTables: async ({ path, body = {} }) => {
      const { from = FIRST_DAY, to = LAST_DAY } = body;
      const report = await use.refresh(path.service, { from: dayOf(from), to: dayOf(to) });
      return { run_id: use.newId(), status: 'succeeded' as const, ...report };
    },
  });

const TYPES = {
  csv: 'text/csv; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
} as const satisfies Record<ResultFormat, string>;

const FIRST_DAY = '0001-01-01T00:00:00Z';
const LAST_DAY = '9999-12-31T00:00:00Z';
const dayOf = (time: string): string => new Date(time).toISOString().slice(0, 10);

const tableView = (name: string, service: string | null, columns: readonly TableColumn[]) => ({
  name: `inference.${name}`,
  service,
  columns: columns.map((column) => ({ name: column.name, type: column.type })),
});

const resultView = (
  query_id: string,
  { result, duration_ms, scanned_bytes }: Extract<QueryState, { status: 'succeeded' }>,
) => ({
  query_id,
  columns: [...result.columns],
  rows: result.rows.map((row) => [...row]),
  truncated: result.truncated,
  duration_ms,
  scanned_bytes,
});
