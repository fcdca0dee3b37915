import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { REQUESTS } from '../../../core/tables/fixed-columns';
import { errorsTableNameOf, tableNameOf } from '../../../core/tables/table-name';
import { REQUEST, RESPONSE } from '../capture-log/record-line';
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

/** Room for a line that DuckDB always keeps free, twice. */
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

/**
 * A SELECT of the records in these files. Bodies are cut out of their lines, where the log has them last:
 * DuckDB would write numbers and texts anew in its own way. It does so only where a body has a member
 * `request` or `response`, which cannot be told from the record's own by looking at the text.
 */
const recordsIn = (files: readonly string[], longest: number): string => {
  const head = Object.fromEntries(HEAD.map((column) => [column.name, duckType(column.type)]));
  // Splitting costs less than finding a place, which is counted in characters.
  return `
WITH ends AS (
  SELECT json, string_split(json::VARCHAR, ${literal(RESPONSE)}) AS around_response
  FROM read_json_objects(${list(files)}, format = 'newline_delimited', ignore_errors = true,
    maximum_object_size = ${longest})
), lines AS (
  SELECT *, string_split(around_response[1], ${literal(REQUEST)}) AS around_request FROM ends
), bodies AS (
  SELECT TRY(from_json(around_request[1] || '}', ${literal(JSON.stringify(head))})) AS known,
    len(around_response) = 2 AND len(around_request) = 2 AS is_cut,
    CASE WHEN is_cut THEN around_request[2] ELSE (json -> '$.request')::VARCHAR END AS request,
    CASE WHEN is_cut THEN left(around_response[2], -1) ELSE (json -> '$.response')::VARCHAR END AS response
  FROM lines
), records AS (
  SELECT *, CASE WHEN response IS NULL OR json_valid(response) THEN known END AS head FROM bodies
), read AS (
  SELECT ${HEAD.map((column) => `head.${name(column.name)}`).join(', ')},
    ${[...BODIES].map((body) => `${textOf(body)} AS ${body}`).join(', ')}
  FROM records
)
SELECT * REPLACE (${IS_RECORD} THEN request_id END AS request_id),
  CASE WHEN status_code = 200 AND row_count BETWEEN 1 AND strlen(request) THEN row_count END AS rows_
FROM read`;
};

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
