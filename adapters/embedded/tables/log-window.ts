import { createReadStream, createWriteStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { segmentsAmong } from '../capture-log/segments';
import { endOfLine, endOfLines } from './line-ends';

/** Up to where the capture log has been read: a segment's file and number, and an offset behind a newline. */
export interface LogPosition {
  readonly file: string;
  readonly sequence: number;
  readonly offset: number;
}

/** Whether a position lies before another. */
export const isBefore = (one: LogPosition, other: LogPosition): boolean =>
  one.sequence < other.sequence || (one.sequence === other.sequence && one.offset < other.offset);

export const LOG_START: LogPosition = { file: '', sequence: -1, offset: 0 };

/** A stretch of one segment that holds whole lines only. */
interface Piece {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  /** The piece is the whole file, to which nothing comes any more. */
  readonly whole: boolean;
}

/** The next stretch of the log. */
export interface LogWindow {
  readonly pieces: readonly Piece[];
  /** Where the log goes on. */
  readonly end: LogPosition;
  /** It holds as much as was asked for, and the log has more. */
  readonly more: boolean;
}

/**
 * What the log has behind a position: whole lines, at least one, up to `maxBytes`; null when there is
 * nothing new. When the segment of the position is gone, the numbers may have begun anew (the log was
 * deleted, or lost in a power cut): then it is all that there is.
 */
export const nextWindow = (
  folder: string,
  reached: LogPosition,
  maxBytes: number,
): LogWindow | null => {
  const all = segmentsAmong(readdirSync(folder));
  const after = all.some(({ file }) => file === reached.file) ? reached : LOG_START;
  const segments = all.filter(({ sequence }) => sequence >= after.sequence);
  const pieces: Piece[] = [];
  let bytes = 0;
  let end = after;
  let more = false;
  let day = '';
  for (const { file, sequence, time } of segments) {
    const before = day;
    day = new Date(time).toISOString().slice(0, 10);
    // The next window would write the last parts of the day anew that this one has begun.
    if (bytes >= maxBytes / 2 && day !== before) {
      more = true;
      break;
    }
    const path = join(folder, file);
    const from = file === after.file ? after.offset : 0;
    const { size } = statSync(path);
    const room = Math.min(size, from + maxBytes - bytes);
    more = room < size;
    let to = endOfLines(path, from, room);
    if (to <= from && more) {
      if (pieces.length > 0) break;
      to = endOfLine(path, room, size) ?? from;
    }
    end = { file, sequence, offset: Math.max(from, to) };
    if (to > from) {
      // The log's last segment may grow while it is read.
      const isClosed = file !== segments.at(-1)?.file;
      pieces.push({ path, from, to, whole: isClosed && from === 0 && to === size });
      bytes += to - from;
    }
    if (more) break;
  }
  return pieces.length === 0 ? null : { pieces, end, more };
};

/** Files that hold just the window; pieces of segments are copied to `<draft>.<n>`. */
export const filesOf = async ({ pieces }: LogWindow, draft: string): Promise<readonly string[]> =>
  Promise.all(
    pieces.map(async ({ path, from, to, whole }, i) => {
      if (whole) return path;
      const copy = `${draft}.${i}`;
      await pipeline(
        createReadStream(path, { start: from, end: to - 1 }),
        createWriteStream(copy, { mode: 0o600 }),
      );
      return copy;
    }),
  );
