import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { segmentsAmong } from '../capture-log/segments';
import { type LogPosition, nextWindow } from './log-window';

/**
 * Takes out of the capture log what is in the tables and was written before `before`, and what crashes
 * left then. Segments up to `upTo` must not grow any more. The last one that was read stays, empty: its
 * number says which is the next.
 */
export const trimLog = (
  folder: string,
  reached: LogPosition,
  upTo: number,
  before: number,
): void => {
  const files = readdirSync(folder);
  const segments = segmentsAmong(files);
  const isOld = (file: string): boolean => statSync(join(folder, file)).mtimeMs < before;
  // Without that segment the numbers may have begun anew, and say nothing of what is in the tables.
  if (segments.some(({ file }) => file === reached.file)) {
    for (const { file, sequence } of segments) {
      if (sequence < reached.sequence && isOld(file)) rmSync(join(folder, file), { force: true });
    }
    // Half a line, which nobody was answered on, may be left behind the last whole one.
    const isThrough =
      reached.sequence <= upTo && !nextWindow(folder, reached, Number.POSITIVE_INFINITY);
    if (isThrough && isOld(reached.file)) truncateSync(join(folder, reached.file));
  }
  for (const file of files) {
    if (file.endsWith('.torn') && isOld(file)) rmSync(join(folder, file), { force: true });
  }
};

/**
 * Empties the log up to a segment; all of it must be in the tables, and that segment must not grow any
 * more. It stays, empty: its number says which is the next.
 */
export const emptyLog = (folder: string, upTo: number): void => {
  for (const { file, sequence } of segmentsAmong(readdirSync(folder))) {
    if (sequence < upTo) rmSync(join(folder, file), { force: true });
    if (sequence === upTo) truncateSync(join(folder, file));
  }
  for (const file of readdirSync(folder)) {
    if (file.endsWith('.torn')) rmSync(join(folder, file), { force: true });
  }
};
