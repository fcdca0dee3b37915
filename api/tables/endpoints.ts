import { ERRORS, LABELS, REQUESTS } from '../../core/tables/fixed-columns';
import type { QueryProgress } from '../../core/tables/run-query';
import type { RunProgress } from '../../core/tables/run-tables';
import { serviceColumns } from '../../core/tables/service-columns';
import type { TableColumn } from '../../core/tables/table-column';
import { errorsTableNameOf, tableNameOf } from '../../core/tables/table-name';
import type { TableRecords } from '../../core/tables/table-records';
import type { AskedRun, RunCounts, TablesStatus } from '../../core/tables/table-run';
import type { QueryState, ResultFormat, Warehouse } from '../../core/tables/warehouse';
import { Elsewhere, endpoints, Later, Streamed } from '../endpoints';
import { pageOfAll } from '../services/page-of-all';
import { tableContracts } from './contracts';

interface Needs {
  readonly tables: Pick<TableRecords, 'find' | 'list'>;
  readonly runQuery: (sql: string, maxRows: number, waitMs: number) => Promise<QueryProgress>;
  readonly findQuery: (id: string) => Promise<QueryProgress>;
  readonly queryResult: Warehouse['queryResult'];
  readonly cancelQuery: (id: string) => Promise<void>;
  /** @throws `service-not-found` */
  readonly startRun: (asked: AskedRun) => Promise<RunProgress>;
  readonly findRun: (service: string, id: string) => Promise<RunProgress>;
  readonly status: (service: string) => Promise<TablesStatus>;
  /** What stands before a table's name in SQL. */
  readonly database: string;
}

/** The tables of what was captured, and SQL over them. */
export const tableEndpoints = (use: Needs) =>
  endpoints<'tables'>(tableContracts, {
    listTables: async ({ query }) => {
      const tableView = viewIn(use.database);
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

    getQueryResult: async ({ path, query: { format } }) => {
      const result = await use.queryResult(path.query, format);
      if ('url' in result) return new Elsewhere(result.url);
      return new Streamed(result, {
        'content-type': TYPES[format],
        // An id that is known holds nothing but letters, digits and hyphens.
        'content-disposition': `attachment; filename="${path.query}.${format}"`,
      });
    },

    cancelQuery: async ({ path }) => {
      await use.cancelQuery(path.query);
      return null;
    },

    eraseData: async ({ path: { service }, body: what }) => {
      const progress = await use.startRun({ kind: 'erasure', service, what });
      const counts = countsIn(progress);
      return counts ? { erasure_id: progress.id, ...counts } : new Later({ run_id: progress.id });
    },

    refreshTables: async ({ path: { service }, body = {} }) => {
      const { from = FIRST_DAY, to = LAST_DAY } = body;
      const days = { from: dayOf(from), to: dayOf(to) };
      const progress = await use.startRun({ kind: 'refresh', service, ...days });
      const counts = countsIn(progress);
      if (!counts) return new Later({ run_id: progress.id });
      const { rows, errors, labels } = counts;
      return { run_id: progress.id, status: 'succeeded' as const, rows, errors, labels };
    },

    getTablesRun: async ({ path }) => {
      const { id, run } = await use.findRun(path.service, path.run);
      return {
        run_id: id,
        kind: run.kind,
        status: run.status,
        ...(run.status === 'succeeded' ? run.counts : NO_COUNTS),
        error: run.status === 'failed' ? (run.error as Error).message : null,
      };
    },

    getTablesStatus: ({ path }) => use.status(path.service),
  });

const TYPES = {
  csv: 'text/csv; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
} as const satisfies Record<ResultFormat, string>;

const NO_COUNTS = { requests: null, rows: null, errors: null, labels: null };

const FIRST_DAY = '0001-01-01T00:00:00Z';
const LAST_DAY = '9999-12-31T00:00:00Z';
const dayOf = (time: string): string => new Date(time).toISOString().slice(0, 10);

const viewIn =
  (database: string) =>
  (name: string, service: string | null, columns: readonly TableColumn[]) => ({
    name: `${database}.${name}`,
    service,
    columns: columns.map((column) => ({ name: column.name, type: column.type })),
  });

/** What a run came to; undefined while it goes on. @throws what it failed with */
const countsIn = ({ run }: RunProgress): RunCounts | undefined => {
  if (run.status === 'failed') throw run.error;
  return run.status === 'succeeded' ? run.counts : undefined;
};

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
