import type { TableColumn } from '../../../core/tables/table-column';
import type { Duck } from './duckdb';
import { appendRows, hasRoom, keepFormer } from './part-bytes';
import type { Kept } from './part-extents';
import { draftPath, partitionOf, partPath } from './part-files';
import { shapeOf } from './part-shape';
import { list, literal, name } from './quoting';
import { settled } from './settled';
import type { Part, Replacement, TableState } from './table-state';
import { emptyRelation } from './unpack-statement';
import { type Same, writeWithSame } from './write-same';

interface Needs {
  readonly duck: Duck;
  readonly state: TableState;
  readonly folder: string;
  /** What a part holds at most. */
  readonly mostRows?: number;
}

/** How many rows a day has. */
export interface DayRows {
  /** `YYYY-MM-DD` */
  readonly date: string;
  readonly rows: number;
}

/** New rows of one table. */
export interface NewRows {
  readonly table: string;
  readonly columns: readonly TableColumn[];
  /** The column in which no value may stand twice. */
  readonly key: string | null;
  /** Days that have rows. */
  readonly days: readonly DayRows[];
  /** A SELECT of a day's rows, from one place (the first is 0) to before another. */
  readonly select: (date: string, from: number, to: number) => string;
  /** What is the same in all of these rows, as far as it is known. */
  readonly same?: (date: string, from: number, to: number) => Same;
}

const MOST_ROWS = 100_000;
/** A part that has grown to this is full: it is written anew, and through memory, with every build. */
const MOST_BYTES = 48 * 1024 * 1024;
/** A column with more values than this is written without a dictionary, and without the work to make one. */
const MOST_DISTINCT = 2_000;

/** Cells that are written at a time, and so held in memory, where that is not too few rows. */
const GROUP_CELLS = 4_096_000;
const LEAST_GROUP_ROWS = 40_960;
/** Rows of a row group; most parts are one, which labels are put into with one statement. */
const groupRows = (columns: number): number =>
  Math.min(MOST_ROWS, Math.max(LEAST_GROUP_ROWS, Math.floor(GROUP_CELLS / columns)));

/** How files of row groups of at least so many rows are written, but for the last. */
export const partFormat = (groupRows: number): string =>
  `(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT ${MOST_DISTINCT}, ROW_GROUP_SIZE ${groupRows})`;
/** How parts are written, whatever columns they have. */
export const PART_FORMAT = partFormat(LEAST_GROUP_ROWS);

/** Rows of all these. */
export const rowsIn = (some: readonly DayRows[]): number =>
  some.reduce((sum, { rows }) => sum + rows, 0);

/** Rows that are in a relation with the table's columns. */
export const rowsOf = async (duck: Duck, { relation, ...rest }: Relation): Promise<NewRows> => {
  const day = partitionOf(rest.table);
  const days = await duck.rows(
    `SELECT ${day}::VARCHAR AS date, count(*)::INTEGER AS rows FROM ${relation}
     GROUP BY ALL ORDER BY date`,
  );
  return rowsOfDays(
    { relation, ...rest },
    days.map(({ date, rows }) => ({ date: String(date), rows: Number(rows) })),
  );
};

/** A relation with a table's columns, and those that it may have besides. */
interface Relation extends Pick<NewRows, 'table' | 'columns' | 'key' | 'same'> {
  readonly relation: string;
}

/** Rows that are in a relation, of days that are known. */
export const rowsOfDays = ({ relation, ...rest }: Relation, days: readonly DayRows[]): NewRows => {
  const cells = rest.columns.map((column) => name(column.name)).join(', ');
  return {
    ...rest,
    days,
    select: (date, from, to) =>
      `SELECT ${cells} FROM ${relation} WHERE ${partitionOf(rest.table)} = DATE ${literal(date)} LIMIT ${to - from} OFFSET ${from}`,
  };
};

/**
 * Drafts of the parts that new rows belong to: each day's last part grows until it is full.
 * @throws when they do not hold each row once
 */
export const writeParts = async (needs: Needs, rows: NewRows): Promise<readonly Replacement[]> => {
  const { replacements, wrong } = await draftParts(needs, rows);
  if (wrong !== undefined) throw new Error(wrong);
  return replacements;
};

/** The same; `wrong` tells of a draft that does not hold what it should. */
export const draftParts = async (
  needs: Needs,
  rows: NewRows,
): Promise<{
  readonly replacements: readonly Replacement[];
  readonly wrong: string | undefined;
}> => {
  const drafts = await settled(
    rows.days.flatMap((day) =>
      slicesOf(needs, rows.table, day).map((slice) => writeSlice(needs, rows, slice)),
    ),
  );
  return {
    replacements: drafts.map(({ replacement }) => replacement),
    wrong: drafts.find(({ wrong }) => wrong !== undefined)?.wrong,
  };
};

/** New rows of one part: those of its day from one place to before another. */
interface Slice {
  readonly date: string;
  readonly number: number;
  readonly from: number;
  readonly to: number;
  /** The part as it was. */
  readonly grown: Part | undefined;
}

const slicesOf = (
  { state, mostRows = MOST_ROWS }: Needs,
  table: string,
  { date, rows }: DayRows,
): readonly Slice[] => {
  const last = state.partsOf(table, date).at(-1);
  // Much at once is not worth writing a part anew for that is nearly full.
  const share = rows < mostRows / 2 ? 1 : 0.75;
  const isOpen = last && last.rows < mostRows * share && last.bytes < MOST_BYTES * share;
  const grown = isOpen ? last : undefined;
  const first = Math.min(rows, grown ? mostRows - grown.rows : 0);
  let number = grown ? grown.number : (last?.number ?? 0) + 1;
  const slices: Slice[] = [];
  if (grown) slices.push({ date, number: number++, from: 0, to: first, grown });
  // Of one size, so that none of them need grow.
  const parts = Math.ceil((rows - first) / mostRows);
  for (let i = 0; i < parts; i += 1) {
    const [from, to] = [i, i + 1].map((n) => first + Math.round(((rows - first) * n) / parts));
    slices.push({ date, number: number++, from: from ?? 0, to: to ?? rows, grown: undefined });
  }
  return slices;
};

const writeSlice = async (
  { duck, folder }: Needs,
  { table, columns, key, select, same }: NewRows,
  { date, number, from, to, grown }: Slice,
): Promise<{ readonly replacement: Replacement; readonly wrong: string | undefined }> => {
  // The day stands in the path.
  const partition = partitionOf(table);
  const inFile = columns.filter((column) => column.name !== partition);
  const next = { table, date, number, shape: shapeOf(inFile) };
  const draft = draftPath(folder, next);
  const path = partPath(folder, next);
  const copyOf = (of: readonly TableColumn[], former = ''): Promise<void> =>
    duck.run(
      `COPY (${emptyRelation(of)} ${former}
         UNION ALL BY NAME (SELECT COLUMNS(c -> c IN ${list(of.map((column) => column.name))})
           FROM (${select(date, from, to)})))
       TO ${literal(draft)} ${partFormat(groupRows(inFile.length))}`,
    );
  const copy = (): Promise<void> =>
    writeWithSame(duck, draft, inFile, same?.(date, from, to) ?? new Map(), copyOf);
  const grow = async (): Promise<Kept> => {
    if (grown?.shape === next.shape && (await hasRoom(path))) {
      await copy();
      const kept = await appendRows(path, draft);
      if (kept) return kept;
    }
    await copyOf(
      inFile,
      `UNION ALL BY NAME SELECT * FROM read_parquet(${literal(path)}, hive_partitioning = false)`,
    );
    return keepFormer(path, draft);
  };
  const kept = grown ? await grow() : await copy();
  const rows = to - from + (grown?.rows ?? 0);
  const { rows: found, ...footer } = await footerOf(duck, draft);
  // New rows are of different requests; it is those that were there before which may be the same.
  const keys = grown && key !== null ? await distinct(duck, draft, key) : found;
  const wrong =
    found === rows && keys === rows
      ? undefined
      : `${table} of ${date} came to ${found} rows of ${keys}, and not to ${rows}: the part stays as it was`;
  const part = { ...next, rows, ...footer };
  return { replacement: { draft, path, part, ...kept }, wrong };
};

const distinct = async (duck: Duck, file: string, key: string): Promise<number> => {
  const [found] = await duck.rows(
    `SELECT count(DISTINCT ${name(key)})::INTEGER AS keys
     FROM read_parquet(${literal(file)}, hive_partitioning = false)`,
  );
  return Number(found?.keys);
};

/** What a Parquet file's footer tells of it. */
export const footerOf = async (
  duck: Duck,
  file: string,
): Promise<Pick<Part, 'rows' | 'bytes' | 'firstId' | 'lastId'>> => {
  const ids = `FILTER (path_in_schema = 'request_id')`;
  const [footer] = await duck.rows(
    `SELECT sum(total_uncompressed_size)::BIGINT AS bytes,
       (sum(num_values) ${ids})::INTEGER AS rows,
       bool_and(stats_min_value IS NOT NULL) ${ids} AS known,
       min(stats_min_value) ${ids} AS first, max(stats_max_value) ${ids} AS last
     FROM parquet_metadata(${literal(file)})`,
  );
  // Very long ids are not in it.
  const [range] = footer?.known
    ? [footer]
    : await duck.rows(
        `SELECT min(request_id) AS first, max(request_id) AS last
         FROM read_parquet(${literal(file)}, hive_partitioning = false)`,
      );
  return {
    ...{ rows: Number(footer?.rows), bytes: Number(footer?.bytes) },
    ...{ firstId: String(range?.first), lastId: String(range?.last) },
  };
};
