import type { TableColumn } from '../../../core/tables/table-column';
import type { Duck } from './duckdb';
import { draftPath, partitionOf, partPath } from './part-files';
import { shapeOf } from './part-shape';
import { duckType, literal, name } from './quoting';
import type { Part, Replacement, TableState } from './table-state';
import { emptyRelation } from './unpack-statement';

interface Needs {
  readonly duck: Duck;
  readonly state: TableState;
  readonly folder: string;
  /** What a part holds at most. */
  readonly mostRows?: number;
}

/** New rows of one table, in a relation with its columns and `request_date`. */
export interface NewRows {
  readonly table: string;
  readonly columns: readonly TableColumn[];
  readonly relation: string;
}

const MOST_ROWS = 100_000;
/** A part that has grown to this is full: it is written anew, and through memory, with every build. */
const MOST_BYTES = 48 * 1024 * 1024;

/** Drafts of the parts that new rows belong to: each day's last part grows until it is full. */
export const writeParts = async (
  { duck, state, folder, mostRows = MOST_ROWS }: Needs,
  { table, columns, relation }: NewRows,
): Promise<readonly Replacement[]> => {
  // The day stands in the path.
  const partition = partitionOf(table);
  const kept = columns.filter((column) => column.name !== partition);
  const shape = shapeOf(kept);
  const days = await duck.rows(
    `SELECT ${partition}::VARCHAR AS date, count(*)::INTEGER AS rows FROM ${relation}
     GROUP BY ALL ORDER BY date`,
  );
  const replacements: Replacement[] = [];

  const draftOf = async (from: string, grown: Part | undefined, next: Omit<Part, Counted>) => {
    const draft = draftPath(folder, next);
    const before = grown
      ? ` UNION ALL BY NAME SELECT * FROM read_parquet(${literal(partPath(folder, grown))}, hive_partitioning = false)`
      : '';
    await duck.run(
      `COPY (${emptyRelation(kept)}${before} UNION ALL BY NAME ${from})
       TO ${literal(draft)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)`,
    );
    const [found] = await duck.rows(
      `SELECT count(*)::INTEGER AS rows, min(request_id) AS first, max(request_id) AS last
       FROM read_parquet(${literal(draft)}, hive_partitioning = false)`,
    );
    const part = {
      ...next,
      rows: Number(found?.rows),
      bytes: await uncompressed(duck, draft),
      firstId: String(found?.first),
      lastId: String(found?.last),
    };
    replacements.push({ draft, path: partPath(folder, part), part });
    return part.rows;
  };

  for (const day of days) {
    const date = String(day.date);
    const last = state.partsOf(table, date).at(-1);
    let grown = last && last.rows < mostRows && last.bytes < MOST_BYTES ? last : undefined;
    let number = grown ? grown.number : (last?.number ?? 0) + 1;
    for (let from = 0; from < Number(day.rows); ) {
      const take = Math.min(Number(day.rows) - from, mostRows - (grown?.rows ?? 0));
      const rows = await draftOf(
        `(SELECT ${kept.map((column) => name(column.name)).join(', ')} FROM ${relation}
          WHERE ${partition} = DATE ${literal(date)} LIMIT ${take} OFFSET ${from})`,
        grown,
        { table, date, number, shape },
      );
      if (rows !== take + (grown?.rows ?? 0)) {
        throw new Error(`${table} of ${date} came to ${rows} rows: the part stays as it was`);
      }
      from += take;
      number += 1;
      grown = undefined;
    }
  }
  return replacements;
};

type Counted = 'rows' | 'bytes' | 'firstId' | 'lastId';

/** Bytes that a Parquet file has when it is read. */
export const uncompressed = async (duck: Duck, file: string): Promise<number> => {
  const [sizes] = await duck.rows(
    `SELECT sum(total_uncompressed_size)::BIGINT AS bytes FROM parquet_metadata(${literal(file)})`,
  );
  return Number(sizes?.bytes);
};

/** A temporary table with these columns, without a row. */
export const createEmpty = (table: string, columns: readonly TableColumn[]): string =>
  `CREATE OR REPLACE TEMP TABLE ${table} (${columns
    .map((column) => `${name(column.name)} ${duckType(column.type)}`)
    .join(', ')})`;
