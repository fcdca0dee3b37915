import type { ServiceTable } from '../../../core/tables/service-table';
import { tableNameOf } from '../../../core/tables/table-name';
import { addColumns, createServiceTables, createSharedTables } from './create-tables';
import type { Places } from './places';
import { literal } from './quoting';
import type { Steps } from './steps';

/** Makes a service's tables and those of all services, and gives them columns that they lack. */
export function* prepareTables(
  places: Places,
  bucket: string,
  service: string,
  table: ServiceTable,
): Steps<void> {
  for (const statement of createSharedTables(places, bucket)) yield statement;
  for (const statement of createServiceTables(places, bucket, service, table)) yield statement;
  const { rows } = yield {
    step: 'columns-there',
    sql: `SELECT column_name FROM information_schema.columns WHERE table_schema = ${literal(places.database)} AND table_name = ${literal(tableNameOf(service))}`,
  };
  const known = new Set(rows.map(([column]) => column ?? ''));
  for (const statement of addColumns(places, service, table, known)) yield statement;
}
