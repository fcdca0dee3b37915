import { errorsTableNameOf, tableNameOf } from '../../../core/tables/table-name';
import { type Places, tablesOf } from './places';
import { among, day, literal, name } from './quoting';
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

/** Takes everything of a service out of a table. */
export const removeAll = (places: Places, service: string, table: KeptTable): Statement => {
  const kept = tables(places, service)[table];
  return { step: `remove-all-${table}`, sql: `DELETE FROM ${kept.table} WHERE ${kept.condition}` };
};

/** Takes requests out of a table by their ids; of labels also those by these clients' ids. */
export const removeRequests = (
  places: Places,
  service: string,
  table: KeptTable,
  ids: readonly string[],
  clientIds: readonly string[],
): Statement => {
  const kept = tables(places, service)[table];
  const byId = ids.length > 0 ? [`request_id IN ${among(ids)}`] : [];
  const byExample =
    table === 'labels' && ids.length > 0 ? [`substr(example_id, 1, 36) IN ${among(ids)}`] : [];
  const byClient =
    table === 'labels' && clientIds.length > 0 ? [`client_request_id IN ${among(clientIds)}`] : [];
  const which = [...byId, ...byExample, ...byClient].join(' OR ');
  return {
    step: `erase-${table}`,
    sql: `DELETE FROM ${kept.table} WHERE ${kept.condition} AND (${which || 'false'})`,
  };
};

/** Forgets a service's own tables, with their files. */
export const dropServiceTables = (places: Places, service: string): readonly Statement[] =>
  [tableNameOf(service), errorsTableNameOf(service)].map((table) => ({
    step: 'drop-table',
    // Hive's grammar, as all that defines tables; `name` lets no quote through.
    sql: `DROP TABLE IF EXISTS ${[places.database, table].map((part) => `\`${name(part).slice(1, -1)}\``).join('.')}`,
  }));
