import { closeSync, openSync, readSync, statSync } from 'node:fs';

const NEWLINE = 10;
const CHUNK_BYTES = 1 << 16;
/** Most files end with a line. */
const LAST_BYTES = 1 << 10;

/** The offset behind the first newline from `from` on; undefined when there is none. */
export const endOfLine = (path: string, from: number, size: number): number | undefined => {
  const fd = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let start = from; start < size; start += CHUNK_BYTES) {
      const read = readSync(fd, chunk, 0, Math.min(CHUNK_BYTES, size - start), start);
      const at = chunk.subarray(0, read).indexOf(NEWLINE);
      if (at !== -1) return start + at + 1;
    }
    return undefined;
  } finally {
    closeSync(fd);
  }
};

/** The offset behind the last newline before `size`; `from` when there is none behind it. */
export const endOfLines = (path: string, from: number, size: number): number => {
  const fd = openSync(path, 'r');
  try {
    for (let [end, bytes] = [size, LAST_BYTES]; end > from; bytes = CHUNK_BYTES) {
      const start = Math.max(from, end - bytes);
      const chunk = Buffer.allocUnsafe(end - start);
      const read = readSync(fd, chunk, 0, end - start, start);
      const at = chunk.subarray(0, read).lastIndexOf(NEWLINE);
      if (at !== -1) return start + at + 1;
      end = start;
    }
    return from;
  } finally {
    closeSync(fd);
  }
};

/** Bytes of the longest line in these files with its newline, or `usual` when none has more. */
export const longestLine = (files: readonly string[], usual: number): number => {
  let longest = usual;
  for (const file of files) {
    const { size } = statSync(file);
    for (let at = 0; at < size; ) {
      const next = endOfLines(file, at, Math.min(size, at + usual));
      const end = next > at ? next : (endOfLine(file, at + usual, size) ?? size);
      if (next <= at) longest = Math.max(longest, end - at);
      at = end;
    }
  }
  return longest;
};
