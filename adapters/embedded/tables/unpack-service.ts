import { ERRORS } from '../../../core/tables/fixed-columns';
import { serviceColumns } from '../../../core/tables/service-columns';
import type { ServiceTable, VersionColumns } from '../../../core/tables/service-table';
import { errorsTableNameOf, tableNameOf } from '../../../core/tables/table-name';
import type { Duck } from './duckdb';
import type { FreshGroup } from './fresh-groups';
import { duckType, name } from './quoting';
import { settled } from './settled';
import {
  answeredBy,
  countRows,
  type Looked,
  notUnpacked,
  unpack,
  unpackedColumns,
} from './unpack-statement';
import { type DayRows, type NewRows, rowsIn, rowsOf, rowsOfDays } from './write-parts';
import { sameInAll } from './write-same';

/** The columns of a service's table, and where each of its model versions' values go. */
export interface Description {
  readonly table: ServiceTable;
  version(model: string, modelVersion: number): Promise<VersionColumns | undefined>;
}

/** What a service's requests come to; it reads from `fresh` and `failed`. */
interface Unpacked {
  readonly rows: NewRows;
  readonly errors: NewRows;
}

/** What some requests of one day that one model version answered come to. */
interface Stretch extends DayRows {
  readonly by: FreshGroup;
  /** Undefined when nobody knows its columns. */
  readonly version: VersionColumns | undefined;
  /** Requests that have rows. */
  readonly requests: number;
}

/**
 * The rows and errors that a service's requests in `fresh` come to. What was counted when they were
 * answered is believed unless all are `looked` at: whoever writes the rows sees whether it was true.
 * @throws when not every answered request is in one of them, once
 */
export const unpackService = async (
  duck: Duck,
  service: string,
  answered: readonly FreshGroup[],
  description: Description | undefined,
  looked: Looked,
): Promise<Unpacked> => {
  await duck.run(
    `CREATE OR REPLACE TABLE failed (${ERRORS.map((column) => `${name(column.name)} ${duckType(column.type)}`).join(', ')})`,
  );
  const stretches = await settled(
    answered.map((group) => unpackStretch(duck, group, description, looked)),
  );
  const requests = answered.reduce((sum, group) => sum + group.requests, 0);
  const unpacked = stretches.reduce((sum, stretch) => sum + stretch.requests, 0);
  const failures = {
    ...{ table: errorsTableNameOf(service), columns: ERRORS },
    ...{ key: 'request_id', relation: 'failed' },
  };
  const errors = unpacked === requests ? rowsOfDays(failures, []) : await rowsOf(duck, failures);
  const failed = rowsIn(errors.days);
  if (unpacked + failed !== requests) {
    throw new Error(
      `${service}: ${requests} answered requests came to rows of ${unpacked} and ${failed} errors`,
    );
  }
  return { rows: rowsOfAll(service, description, stretches), errors };
};

/** What has no row goes into `failed`. */
const unpackStretch = async (
  duck: Duck,
  group: FreshGroup,
  description: Description | undefined,
  looked: Looked,
): Promise<Stretch> => {
  const { date, model, modelVersion, requests, rows, unknown } = group;
  const version =
    model !== null && modelVersion !== null
      ? await description?.version(model, modelVersion)
      : undefined;
  if (!version) {
    await duck.run(`INSERT INTO failed BY NAME ${notUnpacked(group, false)}`);
    return { date, by: group, version, requests: 0, rows: 0 };
  }
  if (looked === 'unknown' && unknown === 0) return { date, by: group, version, requests, rows };
  await duck.run(countRows(group, version, looked));
  await duck.run(`INSERT INTO failed BY NAME ${notUnpacked(group, true)}`);
  const [found] = await duck.rows(
    `SELECT count(*) FILTER (rows_ > 0)::INTEGER AS requests, sum(rows_)::INTEGER AS rows
     FROM fresh WHERE ${answeredBy(group)}`,
  );
  const counts = { requests: Number(found?.requests), rows: Number(found?.rows) };
  return { date, by: group, version, ...counts };
};

const rowsOfAll = (
  service: string,
  description: Description | undefined,
  stretches: readonly Stretch[],
): NewRows => {
  const columns = serviceColumns(description?.table);
  const within = (date: string, from: number, to: number) => {
    const ofDay = stretches.filter((one) => one.date === date);
    return ofDay.flatMap(({ by, version, rows }, i) => {
      const before = rowsIn(ofDay.slice(0, i));
      const isThere = version !== undefined && before < to && before + rows > from;
      return isThere ? [{ by, version, from: from - before, to: to - before }] : [];
    });
  };
  return {
    ...{ table: tableNameOf(service), columns, key: 'example_id' },
    days: [...Map.groupBy(stretches, ({ date }) => date)]
      .map(([date, ofDay]) => ({ date, rows: rowsIn(ofDay) }))
      .filter(({ rows }) => rows > 0),
    select: (...place) =>
      within(...place)
        .map((one) => unpack(one.by, one.version, one.from, one.to))
        .join('\nUNION ALL BY NAME\n'),
    same: (...place) => {
      const there = within(...place);
      const known = new Set(there.flatMap(({ version }) => unpackedColumns(version)));
      const none = columns.filter(({ name }) => !known.has(name));
      return new Map([
        ...none.map(({ name }): [string, null] => [name, null]),
        ...sameInAll(there.map(({ by }) => by.same)),
      ]);
    },
  };
};
