import { ERRORS, REQUESTS } from '../../../core/tables/fixed-columns';
import { serviceColumns } from '../../../core/tables/service-columns';
import type { ServiceTable } from '../../../core/tables/service-table';
import type { TableColumn } from '../../../core/tables/table-column';
import { errorsTableNameOf, tableNameOf } from '../../../core/tables/table-name';
import { LABEL_COLUMNS } from './label-shape';
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

interface Definition {
  readonly table: string;
  readonly columns: readonly TableColumn[];
  readonly partitionedBy: readonly string[];
}

const create = (
  { database }: Places,
  bucket: string,
  { table, columns, partitionedBy }: Definition,
): Statement => ({
  step: 'create-table',
  sql: `CREATE TABLE IF NOT EXISTS ${hiveName(database)}.${hiveName(table)} (${columnsOf(columns)})
PARTITIONED BY (${partitionedBy.map(hiveName).join(', ')})
LOCATION ${literal(`s3://${bucket}/tables/${table}/`)}
TBLPROPERTIES ('table_type' = 'ICEBERG', 'format' = 'parquet', 'write_compression' = 'zstd')`,
});

/** Makes the tables of all services, where they are not there; `bucket` is where tables lie. */
export const createSharedTables = (places: Places, bucket: string): readonly Statement[] => [
  create(places, bucket, {
    table: 'requests',
    columns: REQUESTS,
    partitionedBy: ['service', 'request_date'],
  }),
  create(places, bucket, {
    table: 'labels',
    columns: LABEL_COLUMNS,
    partitionedBy: ['service', 'received_date'],
  }),
];

/** Makes a service's tables, where they are not there. */
export const createServiceTables = (
  places: Places,
  bucket: string,
  service: string,
  table: ServiceTable,
): readonly Statement[] => [
  create(places, bucket, {
    table: tableNameOf(service),
    columns: serviceColumns(table),
    partitionedBy: ['request_date'],
  }),
  create(places, bucket, {
    table: errorsTableNameOf(service),
    columns: ERRORS,
    partitionedBy: ['request_date'],
  }),
];

/** Gives a service's table the columns that it has not yet; `known` are those that it has. */
export const addColumns = (
  { database }: Places,
  service: string,
  table: ServiceTable,
  known: ReadonlySet<string>,
): readonly Statement[] => {
  const missing = serviceColumns(table).filter(({ name }) => !known.has(name));
  if (missing.length === 0) return [];
  const sql = `ALTER TABLE ${hiveName(database)}.${hiveName(tableNameOf(service))} ADD COLUMNS (${columnsOf(missing)})`;
  return [{ step: 'add-columns', sql }];
};
