import type { ServiceTable } from '../../../core/tables/service-table';
import { tableNameOf } from '../../../core/tables/table-name';
import { addColumns, createServiceTables, createSharedTables, type Ground } from './create-tables';
import type { Places } from './places';
import { literal } from './quoting';
import type { Steps } from './steps';

/**
 * Makes a service's tables and those of all services, and gives them columns that they lack; a service
 * without a description has no tables of its own.
 */
export function* prepareTables(
  places: Places,
  ground: Ground,
  service: string,
  table: ServiceTable | undefined,
): Steps<void> {
  for (const statement of createSharedTables(places, ground)) yield statement;
  if (!table) return;
  for (const statement of createServiceTables(places, ground, service, table)) yield statement;
  const { rows } = yield {
    step: 'columns-there',
    sql: `SELECT column_name FROM information_schema.columns WHERE table_schema = ${literal(places.database)} AND table_name = ${literal(tableNameOf(service))}`,
  };
  const known = new Set(rows.map(([column]) => column ?? ''));
  for (const statement of addColumns(places, service, table, known)) yield statement;
}
