import type { ColumnType } from '../../core/models/signature';
import { DomainError } from '../../core/shared/domain-error';
import type { CompiledInput } from './compiled-input';
import type { RowSource } from './fill-table';
import { headerPlaces, type SourceOptions } from './shape-sources';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/;
const TRUTHS: Readonly<Record<string, boolean>> = { true: true, false: false };

/**
 * Rows of a CSV text (RFC 4180) with a header line. An empty cell is missing; what a column's type
 * cannot read stays text, so that the check refuses it.
 * @throws `malformed-body` for a quote that is never closed or stands within a cell
 */
export const csvSource = (
  text: string,
  { columns, positionOf }: CompiledInput,
  { faults, maxRows }: SourceOptions,
): RowSource | null => {
  // One row more than allowed is enough to know that there are too many.
  const { records, total } = csvRecords(text, maxRows + 2);
  const [header, ...rows] = records;
  if (!header || rows.length === 0) {
    faults.add(-1, -1, null, 'empty', 'a header line and at least one row are needed');
    return null;
  }
  const placeOf = headerPlaces(header, positionOf, columns.length, faults);
  rows.forEach((row, index) => {
    if (row.length === header.length) return;
    faults.add(index, -1, null, 'ragged', `${row.length} cells under ${header.length} columns`);
  });
  if (faults.count > 0 && total - 1 <= maxRows) return null;
  return {
    rows: total - 1,
    present: placeOf.map((place) => place >= 0),
    cell: (row, column) =>
      typedCell(rows[row]?.[placeOf[column] ?? -1] ?? '', columns[column]?.type),
  };
};

const typedCell = (cell: string, type: ColumnType | undefined): unknown => {
  if (cell === '') return null;
  if (type === 'string' || type === 'datetime') return cell;
  if (type === 'boolean') return TRUTHS[cell.toLowerCase()] ?? cell;
  return NUMBER.test(cell) ? Number(cell) : cell;
};

/** Records of a CSV text: all are counted, the first `most` kept. A blank line is none. */
export const csvRecords = (text: string, most: number): { records: string[][]; total: number } => {
  const records: string[][] = [];
  let total = 0;
  let at = 0;
  while (at < text.length) {
    const record: string[] = [];
    for (let more = true; more; ) {
      const cell = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at);
      record.push(cell.value);
      at = cell.end;
      more = text[at] === ',';
      if (more) at += 1;
    }
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    if (record.length === 1 && record[0] === '') continue;
    total += 1;
    if (records.length < most) records.push(record);
  }
  return { records, total };
};

interface Cell {
  readonly value: string;
  /** Where the comma, line end or end of text stands. */
  readonly end: number;
}

const ENDS = /[,\r\n]/g;

const plainCell = (text: string, start: number): Cell => {
  ENDS.lastIndex = start;
  const end = ENDS.exec(text)?.index ?? text.length;
  return { value: text.slice(start, end), end };
};

const quotedCell = (text: string, start: number): Cell => {
  let value = '';
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote === -1) throw new DomainError('malformed-body', 'a quoted cell is never closed');
    value += text.slice(from, quote);
    if (text[quote + 1] !== '"') {
      const end = quote + 1;
      if (end < text.length && !',\r\n'.includes(text[end] ?? '')) {
        throw new DomainError('malformed-body', 'text after a closing quote');
      }
      return { value, end };
    }
    value += '"';
    from = quote + 2;
  }
};
