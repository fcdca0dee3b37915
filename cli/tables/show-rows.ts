import type { Session } from '../session';
import { count } from '../terminal/numbers';
import { printable } from '../terminal/printable';
import type { QueryResult } from './ask';

type Row = QueryResult['rows'][number];

const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|FLOAT|DOUBLE|REAL|DECIMAL)/i;

/** Prints the rows of a result, and says how many there are and how long they took. */
export const showRows = async (
  { printTable, say }: Session,
  { columns, rows, truncated, duration_ms }: QueryResult,
): Promise<void> => {
  if (rows.length > 0) {
    await printTable(
      rows,
      columns.map(({ name, type }, at) => {
        const right = NUMBERS.test(type);
        return {
          title: printable(name),
          cell: (row: Row) => cellText(row[at]),
          right,
          wraps: !right,
        };
      }),
    );
  }
  const amount = `${count(rows.length)} row${rows.length === 1 ? '' : 's'}`;
  say(`${amount} in ${(duration_ms / 1000).toFixed(2)} s`);
  if (truncated) {
    say('There are more: raise --max-rows (to 10,000), or take all with --csv or --output <file>.');
  }
};

const cellText = (value: Row[number] | undefined): string => {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'string' ? value : JSON.stringify(value);
};
