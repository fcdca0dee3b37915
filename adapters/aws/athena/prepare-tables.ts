import { LABELS } from '../../../core/tables/fixed-columns';
import { serviceColumns } from '../../../core/tables/service-columns';
import type { ServiceTable } from '../../../core/tables/service-table';
import type { TableColumn } from '../../../core/tables/table-column';
import { tableNameOf } from '../../../core/tables/table-name';
import { addColumns, createServiceTables, createSharedTables, type Ground } from './create-tables';
import type { Places } from './places';
import { among, literal } from './quoting';
import type { Statement, StatementResult } from './statement';
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
  yield* addMissingColumns(places, service, table);
}

/** Gives a service's table, and that of labels, the columns that they lack. */
export function* addMissingColumns(
  places: Places,
  service: string,
  table: ServiceTable,
): Steps<void> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const wanted = new Map([
      ['labels', LABELS],
      [tableNameOf(service), serviceColumns(table)],
    ]);
    const { rows } = yield columnsThere(places, [...wanted.keys()]);
    const missing = missingIn(wanted, rows);
    if (missing.length === 0) return;
    for (const [name, columns] of missing) {
      const statement = addColumns(places, name, columns);
      // It cannot be run again: what it adds may be there since, by its own first attempt or by another run.
      yield round < ROUNDS ? { ...statement, mayFail: true } : statement;
    }
  }
}

/** How often columns are looked for that are missing; the last time it must do to add them. */
const ROUNDS = 3;

const columnsThere = ({ database }: Places, tables: readonly string[]): Statement => ({
  step: 'columns-there',
  sql: `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = ${literal(database)} AND table_name IN ${among(tables)}`,
});

type Columns = readonly TableColumn[];

/** By table, the columns that it should have and has not: a newer release may know more of them. */
const missingIn = (
  wanted: ReadonlyMap<string, Columns>,
  there: StatementResult['rows'],
): readonly (readonly [string, Columns])[] => {
  const known = new Set(there.map((row) => row.join('.')));
  return [...wanted].flatMap(([table, columns]) => {
    const missing = columns.filter((column) => !known.has(`${table}.${column.name}`));
    return missing.length > 0 ? [[table, missing] as const] : [];
  });
};
