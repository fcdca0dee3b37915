import { errorsTableNameOf, tableNameOf } from '../../../core/tables/table-name';
import { type Places, tablesOf } from './places';
import { among, day, days, literal, name } from './quoting';
import type { Statement } from './statement';

/** A table whose rows of a service go, and the name of the column with its days. */
interface Kept {
  readonly table: string;
  readonly condition: string;
  readonly dayColumn: 'request_date' | 'received_date';
}

const tables = (places: Places, service: string) => {
  const { requests, labels, rows, errors } = tablesOf(places);
  const ofService = `service = ${literal(service)}`;
  return {
    requests: { table: requests, condition: ofService, dayColumn: 'request_date' },
    labels: { table: labels, condition: ofService, dayColumn: 'received_date' },
    rows: { table: rows(service), condition: 'true', dayColumn: 'request_date' },
    errors: { table: errors(service), condition: 'true', dayColumn: 'request_date' },
  } as const satisfies Record<string, Kept>;
};

/** One of a service's tables. */
export type KeptTable = keyof ReturnType<typeof tables>;

/** Takes the days before one (`YYYY-MM-DD`) out of a table: whole partitions, of which nothing is read. */
export const removeBefore = (
  places: Places,
  service: string,
  table: KeptTable,
  first: string,
): Statement => {
  const kept = tables(places, service)[table];
  return {
    step: `remove-old-${table}`,
    sql: `DELETE FROM ${kept.table} WHERE ${kept.condition} AND ${kept.dayColumn} < ${day(first)}`,
  };
};

/** Takes everything of a service out of a table of all services. */
export const removeAll = (
  places: Places,
  service: string,
  table: 'requests' | 'labels',
): Statement => {
  const kept = tables(places, service)[table];
  return { step: `remove-all-${table}`, sql: `DELETE FROM ${kept.table} WHERE ${kept.condition}` };
};

/** Counts a service's rows in some tables: a line with each table's number. */
export const countRows = (
  places: Places,
  service: string,
  some: readonly KeptTable[],
): Statement => {
  const known = tables(places, service);
  const counts = some.map((table) => {
    const kept = known[table];
    return `(SELECT count(*) FROM ${kept.table} WHERE ${kept.condition})`;
  });
  return { step: 'count-rows', sql: `SELECT ${counts.join(', ')}` };
};

/** The names of those of a service's own tables that are there, a line each. */
export const ownTables = ({ database }: Places, service: string): Statement => ({
  step: 'own-tables',
  sql: `SELECT table_name FROM information_schema.tables WHERE table_schema = ${literal(database)}
  AND table_name IN ${among([tableNameOf(service), errorsTableNameOf(service)])}`,
});

/** Forgets a service's own tables, with their files. */
export const dropServiceTables = (places: Places, service: string): readonly Statement[] =>
  [tableNameOf(service), errorsTableNameOf(service)].map((table) => ({
    step: 'drop-table',
    // Hive's grammar, as all that defines tables; `name` lets no quote through.
    sql: `DROP TABLE IF EXISTS ${[places.database, table].map((part) => `\`${name(part).slice(1, -1)}\``).join('.')}`,
  }));

/** Words that have a meaning of their own in statements (Athena's page on reserved words, of `SELECT`). */
const RESERVED =
  /^(?:alter|and|as|between|by|case|cast|constraint|create|cross|cube|deallocate|delete|describe|distinct|drop|else|end|escape|except|execute|exists|extract|false|first|for|from|full|group|grouping|having|in|inner|insert|intersect|into|is|join|last|left|like|natural|normalize|not|null|on|or|order|outer|prepare|recursive|right|rollup|select|skip|table|then|true|unescape|union|unnest|using|values|when|where|with)$/;

/**
 * A table's name for OPTIMIZE and VACUUM, whose grammar is their own: bare names, and backticks around
 * a table's that is none (Athena's page on VACUUM).
 */
const upkeptName = (quoted: string): string => {
  const [database = '', table = ''] = quoted.replaceAll('"', '').split('.');
  const isBare = /^[a-z]/.test(table) && !RESERVED.test(table);
  return `${database}.${isBare ? table : `\`${table}\``}`;
};

/**
 * Packs the files of some days (at most 90) of a table into few, without the rows that have gone from
 * them; only columns by which a table is parted may stand in its condition.
 */
export const packDays = (
  places: Places,
  service: string,
  table: KeptTable,
  dates: readonly string[],
): Statement => {
  const { table: from, condition, dayColumn } = tables(places, service)[table];
  const where = condition === 'true' ? '' : `${condition} AND `;
  return {
    step: `pack-${table}`,
    sql: `OPTIMIZE ${upkeptName(from)} REWRITE DATA USING BIN_PACK WHERE ${where}${dayColumn} IN ${days(dates)}`,
  };
};

/** Packs what is known of erased requests. */
export const packErased = (places: Places): Statement => ({
  step: 'pack-erased',
  sql: `OPTIMIZE ${upkeptName(tablesOf(places).erased)} REWRITE DATA USING BIN_PACK`,
});

const dropFiles = (table: string, from: string): Statement => ({
  step: `drop-old-files-${table}`,
  sql: `VACUUM ${upkeptName(from)}`,
});

/** Takes away the files of a table that nothing names any more and that are older than its property says. */
export const dropOldFiles = (places: Places, service: string, table: KeptTable): Statement =>
  dropFiles(table, tables(places, service)[table].table);

/** The same of a table of all services. */
export const dropOldSharedFiles = (
  places: Places,
  table: 'requests' | 'labels' | 'erased',
): Statement => dropFiles(table, tablesOf(places)[table]);
