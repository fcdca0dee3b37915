import { CliError } from '../cli-error';
import { count } from '../terminal/numbers';
import { isBlank, recordCutter } from './csv-records';

/** Rows for one call, under the header they all share. */
export interface CsvBatch {
  readonly body: Uint8Array<ArrayBuffer>;
  /** Of the first row, counted from 0 without the header. */
  readonly firstRow: number;
  readonly rows: number;
  /** No batch comes after this one. */
  readonly isLast: boolean;
}

interface Limits {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/**
 * Cuts a CSV into calls, only ever between records; the header is repeated in each. A CSV without
 * rows is one batch without rows.
 * @throws CliError for a record that fits in no call
 */
export async function* csvBatches(
  pieces: AsyncIterable<Uint8Array>,
  { maxRows, maxBytes }: Limits,
): AsyncGenerator<CsvBatch> {
  let header: Uint8Array | null = null;
  let rows: Uint8Array[] = [];
  let bytes = 0;
  let firstRow = 0;

  const batch = (isLast: boolean): CsvBatch => {
    const whole = { body: joined([header ?? new Uint8Array(), ...rows]), firstRow, isLast };
    const made = { ...whole, rows: rows.length };
    firstRow += rows.length;
    rows = [];
    bytes = 0;
    return made;
  };

  for await (const record of recordsOf(pieces, maxBytes)) {
    if (header === null) {
      header = record;
      continue;
    }
    if (header.length + record.length > maxBytes) {
      throw tooLarge(firstRow + rows.length, maxBytes);
    }
    const isFull = rows.length === maxRows || header.length + bytes + record.length > maxBytes;
    if (isFull) yield batch(false);
    rows.push(record);
    bytes += record.length;
  }
  yield batch(true);
}

async function* recordsOf(
  pieces: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const cutter = recordCutter();
  // The header is record -1.
  let row = -1;
  for await (const piece of pieces) {
    for (const record of cutter.push(piece)) {
      if (isBlank(record)) continue;
      row += 1;
      yield record;
    }
    if (cutter.pending > maxBytes) throw tooLarge(row, maxBytes);
  }
  for (const record of cutter.end()) if (!isBlank(record)) yield record;
}

const tooLarge = (row: number, maxBytes: number): CliError =>
  new CliError(
    `${row < 0 ? 'the header' : `row ${row}`} is larger than a call, ${count(maxBytes)} bytes`,
    { hint: 'is a quote never closed?' },
  );

const joined = (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};
