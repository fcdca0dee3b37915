import { type AthenaClient, GetQueryResultsCommand, type Row } from '@aws-sdk/client-athena';
import type { StatementResult } from './statement';

const PAGE = 1_000;
/** More than any statement answers whose rows are looked at: they are read anew with each step behind it. */
const MOST_ROWS = 20_000;

/** What a statement that has succeeded came to. @throws when it has more rows than are to be looked at */
export const statementResult = async (
  athena: AthenaClient,
  id: string,
): Promise<StatementResult> => {
  const rows: StatementResult['rows'][number][] = [];
  let written: number | null = null;
  let next: string | undefined;
  let isFirst = true;
  do {
    const page = await athena.send(
      new GetQueryResultsCommand({ QueryExecutionId: id, MaxResults: PAGE, NextToken: next }),
    );
    const { Rows = [], ResultSetMetadata } = page.ResultSet ?? {};
    const columns = ResultSetMetadata?.ColumnInfo ?? [];
    written = page.UpdateCount ?? written;
    // The first row of a SELECT holds the columns' names.
    const isHeader = isFirst && columns.every(({ Name }, i) => Name === textAt(Rows[0], i));
    for (const row of isHeader ? Rows.slice(1) : Rows) {
      rows.push(columns.map((_, i) => textAt(row, i)));
    }
    if (rows.length > MOST_ROWS) {
      throw new RangeError(`a statement answers more than ${MOST_ROWS} rows: query ${id} has them`);
    }
    isFirst = false;
    next = page.NextToken;
  } while (next !== undefined);
  return { rows, written, query: id };
};

const textAt = (row: Row | undefined, i: number): string | null =>
  row?.Data?.[i]?.VarCharValue ?? null;
