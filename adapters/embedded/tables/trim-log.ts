import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { segmentsAmong } from '../capture-log/segments';
import type { LogPosition } from './log-window';

/** Removes segments of the capture log that are in the tables and were written to last before `before`. */
export const trimLog = (folder: string, { sequence }: LogPosition, before: number): void => {
  for (const segment of segmentsAmong(readdirSync(folder))) {
    const path = join(folder, segment.file);
    if (segment.sequence < sequence && statSync(path).mtimeMs < before)
      rmSync(path, { force: true });
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
