import type { Session } from '../session';
import { count } from '../terminal/numbers';
import { printable } from '../terminal/printable';
import type { QueryResult } from './ask';
import { scanText } from './scan-cost';

type Row = QueryResult['rows'][number];

const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|FLOAT|DOUBLE|REAL|DECIMAL)/i;

/** Prints the rows of a result, and says how many there are, how long they took and what they cost. */
export const showRows = async (
  { printTable, say }: Session,
  { columns, rows, truncated, duration_ms, scanned_bytes }: QueryResult,
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
  const scanned = scanned_bytes === null ? '' : `, ${scanText(scanned_bytes)}`;
  say(`${amount} in ${(duration_ms / 1000).toFixed(2)} s${scanned}`);
  if (truncated) {
    say('There are more: raise --max-rows (to 10,000), or take all with --csv or --output <file>.');
  }
};

const cellText = (value: Row[number] | undefined): string => {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'string' ? value : JSON.stringify(value);
};
