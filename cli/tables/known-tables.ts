import { CliError } from '../cli-error';
import type { ItemOf } from '../control-api';
import { itemsOf } from '../list';
import type { Session } from '../session';

/** A table as the platform tells it. */
export type Table = ItemOf<'GET /api/tables'>;

const MOST = 10_000;

export const allTables = async (
  session: Session,
  timeoutMs?: number,
): Promise<readonly Table[]> => {
  const taking = { path: {}, ...(timeoutMs !== undefined && { timeoutMs }) };
  return (await itemsOf(session, 'GET /api/tables', taking, MOST)).items;
};

/** A table by its name, with or without its database (`inference.`). @throws CliError when there is none */
export const findTable = async (session: Session, given: string): Promise<Table> => {
  const found = (await allTables(session)).find(
    ({ name }) => name === given || name.slice(name.indexOf('.') + 1) === given,
  );
  if (found) return found;
  throw new CliError(`no table ${given}`, { hint: '`tidegate tables list` names them' });
};

/** Prints tables, one a line. */
export const printTables = ({ printTable }: Session, tables: readonly Table[]): Promise<void> =>
  printTable(tables, TABLE_COLUMNS);

export const TABLE_COLUMNS = [
  { title: 'TABLE', cell: ({ name }: Table) => name },
  { title: 'SERVICE', cell: ({ service }: Table) => service },
  { title: 'COLUMNS', cell: ({ columns }: Table) => columns.length, right: true },
] as const;

/** Prints a table's columns, one a line. */
export const printColumns = ({ printTable }: Session, { columns }: Table): Promise<void> =>
  printTable(columns, [
    { title: 'COLUMN', cell: ({ name }) => name },
    { title: 'TYPE', cell: ({ type }) => type },
  ]);
