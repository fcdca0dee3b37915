import { ERRORS } from '../../../core/tables/fixed-columns';
import { serviceColumns } from '../../../core/tables/service-columns';
import type { ServiceTable, VersionColumns } from '../../../core/tables/service-table';
import { errorsTableNameOf, tableNameOf } from '../../../core/tables/table-name';
import type { Duck } from './duckdb';
import { duckType, literal, name } from './quoting';
import { settled } from './settled';
import { type AnsweredBy, notUnpacked, parse, unpack } from './unpack-statement';
import { type DayRows, type NewRows, rowsOf } from './write-parts';

/** The columns of a service's table, and where each of its model versions' values go. */
export interface Description {
  readonly table: ServiceTable;
  version(model: string, modelVersion: number): Promise<VersionColumns | undefined>;
}

/** What a service's requests come to; it reads from `fresh`, and relations of its own. */
interface Unpacked {
  readonly rows: NewRows;
  readonly errors: NewRows;
}

/** What some requests of one day that one model version answered come to. */
interface Stretch extends DayRows {
  /** As `parse` makes it. */
  readonly relation: string;
  /** Undefined when nobody knows its columns. */
  readonly version: VersionColumns | undefined;
  /** Requests that have rows. */
  readonly requests: number;
}

/** So many requests are parsed in two halves, side by side. */
const MANY = 5_000;

/**
 * The rows and errors that a service's requests in `fresh` come to.
 * @throws when not every answered request is in one of them, once
 */
export const unpackService = async (
  duck: Duck,
  service: string,
  description: Description | undefined,
): Promise<Unpacked> => {
  await duck.run(
    `CREATE OR REPLACE TABLE failed (${ERRORS.map((column) => `${name(column.name)} ${duckType(column.type)}`).join(', ')})`,
  );
  const answers = await duck.rows(
    `SELECT request_date::VARCHAR AS date, model_name AS model, model_version AS version,
       count(*)::INTEGER AS requests, min(rowid)::INTEGER AS first, max(rowid)::INTEGER AS last
     FROM fresh WHERE status_code = 200 AND service = ${literal(service)} GROUP BY ALL ORDER BY ALL`,
  );
  const asked = answers.flatMap((row) => {
    const by = {
      ...{ service, date: String(row.date) },
      model: row.model === null ? null : String(row.model),
      modelVersion: row.version === null ? null : Number(row.version),
    };
    const [first, last] = [Number(row.first), Number(row.last)];
    const middle = Number(row.requests) < MANY ? last : Math.floor((first + last) / 2);
    const halves: [number, number][] = [
      [first, middle],
      [middle + 1, last],
    ];
    return halves.filter(([from, to]) => from <= to).map((rowids) => ({ ...by, rowids }));
  });
  const stretches = await settled(
    asked.map((by, i) => unpackStretch(duck, by, `unpacked_${i}`, description)),
  );
  const errors = await rowsOf(duck, {
    table: errorsTableNameOf(service),
    columns: ERRORS,
    key: 'request_id',
    relation: 'failed',
  });
  const answered = answers.reduce((sum, { requests }) => sum + Number(requests), 0);
  const unpacked = stretches.reduce((sum, { requests }) => sum + requests, 0);
  const failed = countRows(errors.days);
  if (unpacked + failed !== answered) {
    throw new Error(
      `${service}: ${answered} answered requests came to rows of ${unpacked} and ${failed} errors`,
    );
  }
  return { rows: rowsOfAll(service, description, stretches), errors };
};

/** Makes the relation; what has no row goes into `failed`. */
const unpackStretch = async (
  duck: Duck,
  by: AnsweredBy,
  relation: string,
  description: Description | undefined,
): Promise<Stretch> => {
  const { date, model, modelVersion } = by;
  const version =
    model !== null && modelVersion !== null
      ? await description?.version(model, modelVersion)
      : undefined;
  if (!version) {
    await duck.run(`INSERT INTO failed BY NAME ${notUnpacked('fresh', by, null)}`);
    return { date, relation, version, requests: 0, rows: 0 };
  }
  await duck.run(`CREATE OR REPLACE TABLE ${relation} AS ${parse('fresh', by, version)}`);
  const [found] = await duck.rows(
    `SELECT count(*)::INTEGER AS "all", count(DISTINCT request_id) FILTER (rows_ > 0)::INTEGER AS requests,
       sum(rows_)::INTEGER AS rows
     FROM ${relation}`,
  );
  const requests = Number(found?.requests);
  if (requests < Number(found?.all))
    await duck.run(`INSERT INTO failed BY NAME ${notUnpacked('fresh', by, relation)}`);
  return { date, relation, version, requests, rows: Number(found?.rows ?? 0) };
};

const rowsOfAll = (
  service: string,
  description: Description | undefined,
  stretches: readonly Stretch[],
): NewRows => ({
  table: tableNameOf(service),
  columns: serviceColumns(description?.table),
  key: 'example_id',
  days: [...Map.groupBy(stretches, ({ date }) => date)]
    .map(([date, ofDay]) => ({ date, rows: countRows(ofDay) }))
    .filter(({ rows }) => rows > 0),
  select: (date, from, to) => {
    const ofDay = stretches.filter((one) => one.date === date);
    const selects = ofDay.map(({ relation, version, rows }, i) => {
      const before = countRows(ofDay.slice(0, i));
      const isThere = version !== undefined && before < to && before + rows > from;
      return isThere ? [unpack(relation, version, from - before, to - before)] : [];
    });
    return selects.flat().join('\nUNION ALL BY NAME\n');
  },
});

/** Rows of all these. */
export const countRows = (some: readonly DayRows[]): number =>
  some.reduce((sum, { rows }) => sum + rows, 0);
