import type { FileHandle } from 'node:fs/promises';

/** Bytes looked at between two turns of the event loop. */
const CHUNK_BYTES = 256 * 1024;
/** More than the columns before a line's bodies take. */
export const MOST_COLUMNS = 16_384;
const NEWLINE = 10;

/** A finished line of a file. */
export interface LinePlace {
  readonly offset: number;
  readonly length: number;
}

/**
 * Called with each finished line: `bytes` from `start` to `end` is the line, or its beginning where
 * it is long. True ends the scan.
 */
type Visit = (bytes: Buffer, start: number, end: number, place: LinePlace) => boolean;

/** Visits the lines of a file, ignoring an unfinished last one; answers how many bytes were read. */
export const scanLines = async (file: FileHandle, visit: Visit): Promise<number> => {
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  const read = async (at: number): Promise<Buffer> => {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
    return chunk.subarray(0, bytesRead);
  };
  let offset = 0;
  for (;;) {
    const bytes = await read(offset);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      if (visit(bytes, start, end, { offset: offset + start, length: end - start })) return offset;
      start = end + 1;
    }
    if (start === 0) {
      if (bytes.length < CHUNK_BYTES) return offset;
      const first = Buffer.from(bytes.subarray(0, MOST_COLUMNS));
      const length = await lengthOfLine(read, offset);
      if (length === undefined) return offset;
      if (visit(first, 0, first.length, { offset, length })) return offset;
      start = length + 1;
    }
    offset += start;
  }
};

const lengthOfLine = async (
  read: (at: number) => Promise<Buffer>,
  offset: number,
): Promise<number | undefined> => {
  for (let at = offset; ; at += CHUNK_BYTES) {
    const bytes = await read(at);
    const end = bytes.indexOf(NEWLINE);
    if (end >= 0) return at - offset + end;
    if (bytes.length < CHUNK_BYTES) return undefined;
  }
};
