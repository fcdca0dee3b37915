import { rename } from 'node:fs/promises';
import { basename } from 'node:path';
import type { TableColumn } from '../../../core/tables/table-column';
import type { Duck } from './duckdb';
import { appendRows, groupsForColumns, putColumns } from './part-bytes';
import type { Kept } from './part-extents';
import { literal } from './quoting';
import { partFormat } from './write-parts';

/** Where a row stands in its file, from 0. */
export const ROW_NUMBER: TableColumn = { name: 'file_row_number', type: 'bigint' };

/**
 * A draft of a part with its columns of labels in place of those that it had, without writing the
 * others anew; null when all must be written. `select` is a SELECT of these columns and of the row's
 * number, of all the part's rows.
 */
export const putLabels = async (
  duck: Duck,
  path: string,
  draft: string,
  select: string,
): Promise<Kept | null> => {
  const groups = await groupsForColumns(path);
  if (!groups) return null;
  // A draft's file is called as no other is, and as no table of the platform's.
  const relation = `"${basename(draft)}"`;
  await duck.run(`CREATE OR REPLACE TABLE ${relation} AS ${select}`);
  try {
    let from = 0;
    for (const [i, rows] of groups.entries()) {
      const group = i === 0 ? draft : `${draft}.${i}`;
      await duck.run(
        `COPY (SELECT * EXCLUDE (${ROW_NUMBER.name}) FROM ${relation}
           WHERE ${ROW_NUMBER.name} >= ${from} AND ${ROW_NUMBER.name} < ${from + rows}
           ORDER BY ${ROW_NUMBER.name})
         TO ${literal(group)} ${partFormat(rows)}`,
      );
      from += rows;
      if (i === 0) continue;
      await appendRows(draft, group);
      await rename(group, draft);
    }
  } finally {
    // Whatever failed: it holds memory, and its name is none that others could drop.
    await duck.run(`DROP TABLE ${relation}`);
  }
  return putColumns(path, draft);
};
