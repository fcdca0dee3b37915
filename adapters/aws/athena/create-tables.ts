import { ERRORS, LABELS, REQUESTS } from '../../../core/tables/fixed-columns';
import { serviceColumns } from '../../../core/tables/service-columns';
import type { ServiceTable } from '../../../core/tables/service-table';
import type { TableColumn } from '../../../core/tables/table-column';
import { errorsTableNameOf, tableNameOf } from '../../../core/tables/table-name';
import type { Places } from './places';
import { literal } from './quoting';
import type { Statement } from './statement';

const NAME = /^[a-z0-9_]{1,255}$/;

/** A name in a statement that defines tables, which Athena reads with Hive's grammar. @throws RangeError */
const hiveName = (text: string): string => {
  if (!NAME.test(text)) throw new RangeError('no name of a table or column');
  return `\`${text}\``;
};

const columnsOf = (columns: readonly TableColumn[]): string =>
  columns.map(({ name, type }) => `${hiveName(name)} ${type}`).join(', ');

/** Where tables lie, and how old files are that nothing names when they go. */
export interface Ground {
  readonly bucket: string;
  /** Longer than a statement runs, which writes files before it names them. */
  readonly quietSeconds: number;
}

interface Definition {
  readonly table: string;
  /** In the bucket, when not under the table's name. */
  readonly folder?: string;
  readonly columns: readonly TableColumn[];
  readonly partitionedBy: readonly string[];
}

const create = (
  database: string,
  { bucket, quietSeconds }: Ground,
  { table, folder = table, columns, partitionedBy }: Definition,
): Statement => {
  const properties = {
    ...{ table_type: 'ICEBERG', format: 'parquet', write_compression: 'zstd' },
    // A file goes as soon as one delete file belongs to it: what was erased is not to lie in it for long.
    ...{ optimize_rewrite_data_file_threshold: '1', optimize_rewrite_delete_file_threshold: '1' },
    ...{ vacuum_min_snapshots_to_keep: '1', vacuum_max_snapshot_age_seconds: `${quietSeconds}` },
  };
  const pairs = Object.entries(properties).map(([key, value]) => `'${key}' = '${value}'`);
  return {
    step: 'create-table',
    sql: `CREATE TABLE IF NOT EXISTS ${hiveName(database)}.${hiveName(table)} (${columnsOf(columns)})
PARTITIONED BY (${partitionedBy.map(hiveName).join(', ')})
LOCATION ${literal(`s3://${bucket}/tables/${folder}/`)}
TBLPROPERTIES (${pairs.join(', ')})`,
  };
};

/**
 * Which requests were erased, and by clients' ids those asked until then; a row with neither is a service
 * that was purged. `open_in` is the execution that is still at it.
 */
export const ERASED = [
  { name: 'service', type: 'string' },
  { name: 'request_id', type: 'string' },
  { name: 'client_request_id', type: 'string' },
  { name: 'erased_at', type: 'timestamp' },
  { name: 'open_in', type: 'string' },
] as const satisfies readonly TableColumn[];

/** Makes the tables of all services, where they are not there. */
export const createSharedTables = (
  { database, rawDatabase }: Places,
  ground: Ground,
): readonly Statement[] => [
  create(database, ground, {
    table: 'requests',
    columns: REQUESTS,
    partitionedBy: ['service', 'request_date'],
  }),
  create(database, ground, {
    table: 'labels',
    columns: LABELS,
    partitionedBy: ['service', 'received_date'],
  }),
  create(rawDatabase, ground, {
    table: 'erased',
    // No service's table is named with a dot.
    folder: 'raw.erased',
    columns: ERASED,
    partitionedBy: ['service'],
  }),
];

/** Makes a service's tables, where they are not there. */
export const createServiceTables = (
  { database }: Places,
  ground: Ground,
  service: string,
  table: ServiceTable,
): readonly Statement[] => [
  create(database, ground, {
    table: tableNameOf(service),
    columns: serviceColumns(table),
    partitionedBy: ['request_date'],
  }),
  create(database, ground, {
    table: errorsTableNameOf(service),
    columns: ERRORS,
    partitionedBy: ['request_date'],
  }),
];

/** Gives a table columns that it has not yet. */
export const addColumns = (
  { database }: Places,
  table: string,
  columns: readonly TableColumn[],
): Statement => ({
  step: 'add-columns',
  sql: `ALTER TABLE ${hiveName(database)}.${hiveName(table)} ADD COLUMNS (${columnsOf(columns)})`,
});
