import {
  type AthenaClient,
  type ColumnInfo,
  GetQueryResultsCommand,
  type QueryExecution,
  type Row,
} from '@aws-sdk/client-athena';
import type { QueryRows } from '../../../core/tables/warehouse';
import { queryCell } from './query-cell';

/** Rows that Athena gives at most in one answer. */
const PAGE = 1_000;
/** Bytes of JSON that a result has at most. */
const MOST_BYTES = 4_000_000;

/** The first rows of a query that has succeeded; with `oneAtLeast` the first one, however large it is. */
export const firstRows = async (
  athena: AthenaClient,
  { QueryExecutionId, StatementType }: QueryExecution,
  maxRows: number,
  oneAtLeast = false,
): Promise<QueryRows> => {
  // Of a SELECT the first row holds the columns' names.
  let header = StatementType === 'DML' ? 1 : 0;
  const rows: QueryRows['rows'][number][] = [];
  let columns: readonly ColumnInfo[] = [];
  let bytes = 0;
  let next: string | undefined;
  do {
    const { ResultSet, NextToken } = await athena.send(
      new GetQueryResultsCommand({ QueryExecutionId, MaxResults: PAGE, NextToken: next }),
    );
    columns = ResultSet?.ResultSetMetadata?.ColumnInfo ?? columns;
    for (const row of (ResultSet?.Rows ?? []).slice(header)) {
      bytes += sizeOf(row);
      const isFull = bytes > MOST_BYTES && !(oneAtLeast && rows.length === 0);
      if (rows.length === maxRows || isFull) return result(columns, rows, true);
      rows.push(columns.map(({ Type = '' }, i) => queryCell(row.Data?.[i]?.VarCharValue, Type)));
    }
    header = 0;
    next = NextToken;
  } while (next !== undefined);
  return result(columns, rows, false);
};

const result = (
  columns: readonly ColumnInfo[],
  rows: QueryRows['rows'],
  truncated: boolean,
): QueryRows => ({
  columns: columns.map((column) => ({ name: column.Name ?? '', type: typeOf(column) })),
  rows,
  truncated,
});

const typeOf = ({ Type = '', Precision = 0, Scale = 0 }: ColumnInfo): string =>
  Type === 'decimal' && Precision > 0 ? `decimal(${Precision},${Scale})` : Type;

/** What texts come to in JSON, where some letters take two. */
const sizeOf = ({ Data = [] }: Row): number =>
  Data.reduce(
    (sum, { VarCharValue }) => sum + Buffer.byteLength(JSON.stringify(VarCharValue ?? null)) + 1,
    0,
  );
