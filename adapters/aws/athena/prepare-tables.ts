import type { ServiceTable } from '../../../core/tables/service-table';
import { tableNameOf } from '../../../core/tables/table-name';
import { addColumns, createServiceTables, createSharedTables, type Ground } from './create-tables';
import type { Places } from './places';
import { literal } from './quoting';
import type { Statement } from './statement';
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
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { rows } = yield columnsThere(places, service);
    const known = new Set(rows.map(([column]) => column ?? ''));
    const statement = addColumns(places, service, table, known);
    if (!statement) return;
    // It cannot be run again: what it adds may be there since, by its own first attempt or by another run.
    yield round < ROUNDS ? { ...statement, mayFail: true } : statement;
  }
}

/** How often columns are looked for that are missing; the last time it must do to add them. */
const ROUNDS = 3;

const columnsThere = ({ database }: Places, service: string): Statement => ({
  step: 'columns-there',
  sql: `SELECT column_name FROM information_schema.columns WHERE table_schema = ${literal(database)} AND table_name = ${literal(tableNameOf(service))}`,
});
