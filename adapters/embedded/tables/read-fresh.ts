import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { REQUESTS } from '../../../core/tables/fixed-columns';
import { errorsTableNameOf, tableNameOf } from '../../../core/tables/table-name';
import { END, REQUEST, RESPONSE } from '../capture-log/record-line';
import type { Duck } from './duckdb';
import { type FreshGroup, groupsIn } from './fresh-groups';
import { longestLine } from './line-ends';
import { partPath, workFolder } from './part-files';
import { duckType, list, literal, name } from './quoting';
import { inPieces, settled } from './settled';
import { isOutOfMemory } from './statement-check';
import type { TableState } from './table-state';
import { keepRecords } from './window-lines';

interface Needs {
  readonly duck: Duck;
  readonly state: TableState;
  /** Where the tables are. */
  readonly folder: string;
}

/** What these files held. */
export interface FreshReport {
  readonly requests: number;
  /** Requests that were in their table already. */
  readonly repeated: number;
  /** Lines that are no records. */
  readonly malformed: number;
}

/** What `fresh` holds. */
export interface Fresh extends FreshReport {
  readonly groups: readonly FreshGroup[];
}

/** What some files came to as they were read. */
export interface LinesRead {
  readonly lines: number;
  readonly records: number;
  /** Different ids of records. */
  readonly ids: number;
  /** Also of lines that are no records, or records that are there twice. */
  readonly groups: readonly FreshGroup[];
}

/** Bytes that DuckDB reads at a time, unless a line has more. */
const USUAL_LINE = 1024 * 1024;

/** Makes `fresh` of what was read: the requests that are in no part yet, each once. */
export const readFresh = async (
  { duck, state, folder }: Needs,
  { lines, records, ids, groups: all }: LinesRead,
): Promise<Fresh> => {
  await duck.run('DROP TABLE IF EXISTS fresh; ALTER TABLE arriving RENAME TO fresh');
  if (lines !== records) await duck.run('DELETE FROM fresh WHERE request_id IS NULL');
  if (records !== ids) {
    await duck.run(
      'DELETE FROM fresh WHERE rowid NOT IN (SELECT min(rowid) FROM fresh GROUP BY request_id)',
    );
  }
  let groups = lines === ids ? all : await groupsIn(duck, 'fresh');
  const known = overlapping(groups, state, folder);
  if (known.length > 0) {
    await duck.run(
      `DELETE FROM fresh WHERE request_id IN (
         SELECT request_id FROM read_parquet(${list(known)}, hive_partitioning = false)
         WHERE request_id BETWEEN (SELECT min(request_id) FROM fresh) AND (SELECT max(request_id) FROM fresh))`,
    );
    groups = await groupsIn(duck, 'fresh');
  }
  const requests = groups.reduce((sum, group) => sum + group.requests, 0);
  return { requests, repeated: records - requests, malformed: lines - records, groups };
};

/**
 * Makes `arriving` of all lines; what is no record has no `request_id` in it. Beside `requests`' columns
 * it has `rows_`: the rows that an answered request says it comes to, if that may be so.
 */
export const readLines = async (
  { duck, folder }: Pick<Needs, 'duck' | 'folder'>,
  files: readonly string[],
): Promise<LinesRead> => {
  const longest = longestLine(files, USUAL_LINE) + 1;
  const counts = await readInto(duck, files, longest).catch((error: unknown) => {
    if (isOutOfMemory(error)) throw error;
    return null;
  });
  if (counts && counts.lines === counts.records) return counts;
  const copy = join(workFolder(folder), 'records.ndjson');
  const others = await keepRecords(files, copy);
  const kept = await readInto(duck, [copy], longest);
  rmSync(copy);
  return { ...kept, lines: kept.lines + others };
};

const BODIES = new Set(['request', 'response']);
const HEAD = REQUESTS.filter((column) => !BODIES.has(column.name));

const readInto = async (
  duck: Duck,
  files: readonly string[],
  longest: number,
): Promise<LinesRead> => {
  const columns = REQUESTS.map((column) => `${name(column.name)} ${duckType(column.type)}`);
  await duck.run(`CREATE OR REPLACE TABLE arriving (${columns.join(', ')}, rows_ INTEGER)`);
  await inPieces(files, (some) =>
    duck.run(`INSERT INTO arriving BY NAME ${recordsIn(some, longest)}`),
  );
  const [[counts], groups] = await settled([
    duck.rows(
      'SELECT count(*)::INTEGER AS lines, count(request_id)::INTEGER AS records, ' +
        'count(DISTINCT request_id)::INTEGER AS ids FROM arriving',
    ),
    groupsIn(duck, 'arriving'),
  ]);
  const count = (key: string): number => Number(counts?.[key]);
  return { lines: count('lines'), records: count('records'), ids: count('ids'), groups };
};

/** What a line holds between its tabs. */
const FIELDS = ['columns', 'request_name', 'request', 'response_name', 'response', 'ended'];
const NAMES = `request_name = ${literal(REQUEST.trim())} AND response_name = ${literal(RESPONSE.trim())} AND ended = ${literal(END.trim())}`;

/**
 * A SELECT of the records in these files. Lines are cut at their tabs, not parsed: it is quicker, and
 * DuckDB would write numbers and texts of bodies anew in its own way.
 */
const recordsIn = (files: readonly string[], longest: number): string => {
  const head = Object.fromEntries(HEAD.map((column) => [column.name, duckType(column.type)]));
  const fields = FIELDS.map((field) => `${field}: 'VARCHAR'`).join(', ');
  return `
WITH lines AS (
  SELECT * FROM read_csv(${list(files)}, columns = {${fields}}, auto_detect = false, header = false,
    delim = '\t', quote = '', escape = '', null_padding = true, max_line_size = ${longest}, buffer_size = ${longest})
), records AS (
  SELECT request, response, CASE WHEN ${NAMES} AND ${[...BODIES].map(isSound).join(' AND ')}
    THEN TRY(from_json(columns || '}', ${literal(JSON.stringify(head))})) END AS head
  FROM lines
), read AS (
  SELECT ${HEAD.map((column) => `head.${name(column.name)}`).join(', ')},
    ${[...BODIES].map((body) => `CASE WHEN head IS NOT NULL THEN ${textOf(body)} END AS ${body}`).join(', ')}
  FROM records
)
SELECT * REPLACE (${IS_RECORD} THEN request_id END AS request_id),
  CASE WHEN status_code = 200 AND row_count BETWEEN 1 AND strlen(request) THEN row_count END AS rows_
FROM read`;
};

/** A body was JSON when it was written; half a surrogate pair is none for DuckDB. */
const isSound = (body: string): string =>
  `CASE WHEN contains(${body}, '\\u') THEN json_valid(${body}) ELSE true END`;

/** What every record has: JSON without it is no line of this log. */
const IS_RECORD =
  'CASE WHEN request_date IS NOT NULL AND request_time IS NOT NULL AND service IS NOT NULL AND status_code IS NOT NULL';

/** A body that is no plain object in the line is a text, which holds the body. */
const textOf = (body: string): string =>
  `CASE WHEN starts_with(${body}, '"') THEN ${body}::JSON ->> '$' WHEN ${body} <> 'null' THEN ${body} END`;

/**
 * Parts that may hold one of the ids in `fresh`. Not of `requests` alone: where these are kept for fewer
 * days than their rows, a request can be known by its row only.
 */
const overlapping = (
  groups: readonly FreshGroup[],
  state: TableState,
  folder: string,
): readonly string[] => {
  const parts = groups.flatMap(({ service, date, firstId, lastId }) =>
    ['requests', tableNameOf(service), errorsTableNameOf(service)]
      .flatMap((table) => state.partsOf(table, date))
      .filter((part) => part.firstId <= lastId && part.lastId >= firstId)
      .map((part) => partPath(folder, part)),
  );
  return [...new Set(parts)];
};
