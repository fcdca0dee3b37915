import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { REQUESTS } from '../../../core/tables/fixed-columns';
import type { Duck } from './duckdb';
import { longestLine } from './line-ends';
import { partPath, workFolder } from './part-files';
import { duckType, list, literal, name } from './quoting';
import { inHalves, settled } from './settled';
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

/** Room for a line that DuckDB always keeps free, twice. */
const USUAL_LINE = 1024 * 1024;

/**
 * Makes `fresh`: the requests of these files that are in no part yet, each once, with `request_is_json`
 * and `response_is_json`.
 */
export const readFresh = async (
  { duck, state, folder }: Needs,
  files: readonly string[],
): Promise<FreshReport> => {
  const { lines, records, ids } = await readLines({ duck, folder }, files);
  if (lines !== records) await duck.run('DELETE FROM fresh WHERE request_id IS NULL');
  if (records !== ids) {
    await duck.run(
      'DELETE FROM fresh WHERE rowid NOT IN (SELECT min(rowid) FROM fresh GROUP BY request_id)',
    );
  }
  const known = await overlapping(duck, state, folder);
  if (known.length > 0) {
    await duck.run(
      `DELETE FROM fresh WHERE request_id IN (
         SELECT request_id FROM read_parquet(${list(known)}, hive_partitioning = false)
         WHERE request_id BETWEEN (SELECT min(request_id) FROM fresh) AND (SELECT max(request_id) FROM fresh))`,
    );
  }
  const [left] = await duck.rows('SELECT count(*)::INTEGER AS requests FROM fresh');
  const requests = Number(left?.requests);
  return { requests, repeated: records - requests, malformed: lines - records };
};

/** Makes `fresh` of all lines; what is no record has no `request_id` in it. */
const readLines = async (
  { duck, folder }: Pick<Needs, 'duck' | 'folder'>,
  files: readonly string[],
) => {
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

const readInto = async (duck: Duck, files: readonly string[], longest: number) => {
  const columns = REQUESTS.map((column) => {
    const isBody = column.name === 'request' || column.name === 'response';
    return `${literal(column.name)}: ${literal(isBody ? 'JSON' : duckType(column.type))}`;
  });
  // A body that is no plain object in the line is a text, which holds the body.
  const isText = (column: string): string => `starts_with(${column}::VARCHAR, '"')`;
  const body = (column: string): string =>
    `CASE WHEN ${isText(column)} THEN ${column} ->> '$' ELSE ${column}::VARCHAR END AS ${column}`;
  const isJson = (column: string): string =>
    `CASE WHEN ${isText(column)} THEN json_valid(${column} ->> '$') ELSE ${column} IS NOT NULL END AS ${column}_is_json`;
  const kept = REQUESTS.map((column) => `${name(column.name)} ${duckType(column.type)}`);
  await duck.run(
    `CREATE OR REPLACE TABLE fresh (${kept.join(', ')}, request_is_json BOOLEAN, response_is_json BOOLEAN)`,
  );
  await settled(
    inHalves(files).map((some) =>
      duck.run(
        `INSERT INTO fresh BY NAME
         SELECT * REPLACE (${body('request')}, ${body('response')}), ${isJson('request')}, ${isJson('response')}
         FROM read_json(${list(some)}, format = 'newline_delimited', ignore_errors = true,
           maximum_object_size = ${longest}, columns = {${columns.join(', ')}})`,
      ),
    ),
  );
  // What every record has: JSON without it is no line of this log.
  await duck.run(
    `UPDATE fresh SET request_id = NULL
     WHERE request_date IS NULL OR request_time IS NULL OR service IS NULL OR status_code IS NULL`,
  );
  const [counts] = await duck.rows(
    'SELECT count(*)::INTEGER AS lines, count(request_id)::INTEGER AS records, ' +
      'count(DISTINCT request_id)::INTEGER AS ids FROM fresh',
  );
  const count = (key: string): number => Number(counts?.[key]);
  return { lines: count('lines'), records: count('records'), ids: count('ids') };
};

/** Parts of `requests` that may hold one of the ids in `fresh`. */
const overlapping = async (
  duck: Duck,
  state: TableState,
  folder: string,
): Promise<readonly string[]> => {
  const days = await duck.rows(
    `SELECT request_date::VARCHAR AS date, min(request_id) AS first, max(request_id) AS last
     FROM fresh GROUP BY ALL`,
  );
  return days.flatMap(({ date, first, last }) =>
    state
      .partsOf('requests', String(date))
      .filter((part) => part.firstId <= String(last) && part.lastId >= String(first))
      .map((part) => partPath(folder, part)),
  );
};
