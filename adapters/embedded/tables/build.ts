import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS, REQUESTS } from '../../../core/tables/fixed-columns';
import { serviceColumns } from '../../../core/tables/service-columns';
import type { ServiceTable, VersionColumns } from '../../../core/tables/service-table';
import { errorsTableNameOf, tableNameOf } from '../../../core/tables/table-name';
import type { Duck } from './duckdb';
import { type Counts, labelsForFresh } from './label-build';
import { filesOf, type LogWindow, nextWindow } from './log-window';
import { carryOut, finishDecided, partPath, workFolder } from './part-files';
import { duckType, list, literal } from './quoting';
import { messageOf } from './statement-check';
import type { Replacement, TableState } from './table-state';
import { notUnpacked, unpack } from './unpack-statement';
import { keepRecords, longestLine } from './window-lines';
import { createEmpty, writeParts } from './write-parts';

/** The columns of a service's table, and where each of its model versions' values go. */
export interface Description {
  readonly table: ServiceTable;
  version(model: string, modelVersion: number): Promise<VersionColumns | undefined>;
}

interface Needs {
  readonly duck: Duck;
  readonly state: TableState;
  /** Where the tables are. */
  readonly folder: string;
  /** Where the capture log is. */
  readonly log: string;
  readonly describe: (service: string) => Promise<Description | undefined>;
  /** What a part holds at most; 100,000 by default. */
  readonly mostRows?: number;
}

/** What one build did. */
export interface BuildReport {
  readonly requests: number;
  /** Requests that were in their table already. */
  readonly repeated: number;
  readonly rows: number;
  readonly errors: number;
  /** Lines that are no records. */
  readonly malformed: number;
  /** By service, what `errors` counts. */
  readonly failed: Counts;
  /** By service, labels that have now found several requests of their client's id. */
  readonly ambiguous: Counts;
}

/** Bytes of the log that one build takes on: what it unpacks has to fit into memory. */
const WINDOW_BYTES = 64 * 1024 * 1024;
/** A window is not made smaller than this for want of memory. */
const LEAST_BYTES = 64 * 1024;
/** Room for a line that DuckDB always keeps free, twice. */
const USUAL_LINE = 1024 * 1024;

/** Brings what is new in the log into the tables; null when nothing is. Not to be called twice at once. */
export const build = async (needs: Needs): Promise<BuildReport | null> => {
  await finishDecided(needs.state);
  for (let most = WINDOW_BYTES; ; most /= 8) {
    const window = nextWindow(needs.log, needs.state.position(), most);
    if (!window) return null;
    try {
      return await buildWindow(needs, window);
    } catch (error) {
      // Tables of many columns are larger unpacked than their text is: fewer at a time.
      if (!isOutOfMemory(error) || most <= LEAST_BYTES) throw error;
      await dropRelations(needs.duck);
    }
  }
};

const isOutOfMemory = (error: unknown): boolean => messageOf(error).startsWith('Out of Memory');

const dropRelations = (duck: Duck): Promise<void> =>
  duck.run(
    'DROP TABLE IF EXISTS fresh; DROP TABLE IF EXISTS unpacked; DROP TABLE IF EXISTS failed',
  );

const buildWindow = async (needs: Needs, window: LogWindow): Promise<BuildReport> => {
  const draft = join(workFolder(needs.folder), 'window.ndjson');
  const files = await filesOf(window, draft);
  const report = await buildFrom(needs, window, files);
  for (const file of files) if (file.startsWith(draft)) rmSync(file);
  return report;
};

const buildFrom = async (
  needs: Needs,
  { end }: LogWindow,
  files: readonly string[],
): Promise<BuildReport> => {
  const { describe, duck, state } = needs;
  const read = await readFresh(needs, files);
  const replacements: Replacement[] = [];
  const add = async (table: string, columns: typeof REQUESTS, relation: string) => {
    replacements.push(...(await writeParts(needs, { table, columns, relation })));
  };
  await add('requests', REQUESTS, 'fresh');

  let rows = 0;
  let errors = 0;
  const failed: Record<string, number> = {};
  const services = await duck.rows(
    'SELECT DISTINCT service FROM fresh WHERE status_code = 200 ORDER BY service',
  );
  for (const row of services) {
    const service = String(row.service);
    const columns = await unpackService(needs, service, await describe(service));
    const counts = await countsOf(duck, service);
    rows += counts.rows;
    errors += counts.errors;
    failed[service] = counts.errors;
    if (counts.rows > 0) await add(tableNameOf(service), columns, 'unpacked');
    if (counts.errors > 0) await add(errorsTableNameOf(service), ERRORS, 'failed');
  }
  const labels = await labelsForFresh(needs);
  replacements.push(...labels.replacements);
  await carryOut(state, { replacements, position: end, waiting: labels.waiting });
  await dropRelations(duck);
  return { ...read, rows, errors, failed, ambiguous: labels.ambiguous };
};

/** Makes `fresh`: the requests of these files that are in no part yet, each once. */
const readFresh = async ({ duck, state, folder }: Needs, files: readonly string[]) => {
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
  const longest = Math.max(USUAL_LINE, (await longestLine(files)) + 1);
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
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE fresh AS
     SELECT * REPLACE (${body('request')}, ${body('response')}), ${isJson('request')}, ${isJson('response')}
     FROM read_json(${list(files)}, format = 'newline_delimited', ignore_errors = true,
       maximum_object_size = ${longest}, columns = {${columns.join(', ')}})`,
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

/** Makes `unpacked` and `failed` of a service's requests in `fresh`; answers the columns of its table. */
const unpackService = async (
  { duck }: Needs,
  service: string,
  description: Description | undefined,
) => {
  const columns = serviceColumns(description?.table);
  await duck.run(createEmpty('unpacked', columns));
  await duck.run(createEmpty('failed', ERRORS));
  const versions = await duck.rows(
    `SELECT DISTINCT model_name AS model, model_version AS version FROM fresh
     WHERE status_code = 200 AND service = ${literal(service)} ORDER BY ALL`,
  );
  for (const { model, version } of versions) {
    const by = {
      service,
      model: model === null ? null : String(model),
      modelVersion: version === null ? null : Number(version),
    };
    const known =
      by.model !== null && by.modelVersion !== null
        ? await description?.version(by.model, by.modelVersion)
        : undefined;
    if (known) await duck.run(`INSERT INTO unpacked BY NAME ${unpack('fresh', by, known)}`);
    await duck.run(
      `INSERT INTO failed BY NAME ${notUnpacked('fresh', 'unpacked', by, known !== undefined)}`,
    );
  }
  return columns;
};

/** Counts `unpacked` and `failed`. @throws when not every answered request is in one of them, once */
const countsOf = async (duck: Duck, service: string) => {
  const [found] = await duck.rows(
    `SELECT (SELECT count(*) FROM unpacked)::INTEGER AS rows,
       (SELECT count(DISTINCT example_id) FROM unpacked)::INTEGER AS examples,
       (SELECT count(DISTINCT request_id) FROM unpacked)::INTEGER AS requests,
       (SELECT count(*) FROM failed)::INTEGER AS errors,
       (SELECT count(*) FROM fresh WHERE status_code = 200 AND service = ${literal(service)})::INTEGER AS answered`,
  );
  const count = (key: string): number => Number(found?.[key]);
  const [rows, errors, answered] = [count('rows'), count('errors'), count('answered')];
  const requests = count('requests');
  if (rows !== count('examples') || requests + errors !== answered) {
    throw new Error(
      `${service}: ${answered} answered requests came to ${rows} rows of ${requests} requests and ${errors} errors`,
    );
  }
  return { rows, errors };
};
