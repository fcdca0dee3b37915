import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '../cli-error';

const PART_BYTES = 32_000_000;
const QUOTE = '"'.charCodeAt(0);
const LINE_FEED = '\n'.charCodeAt(0);

/**
 * Writes the rows of a CSV, without the names before them, into files that end with a row: each has
 * `partBytes` and as much more as its last row has. Answers the files, in order.
 * @throws CliError when a row is not whole
 */
export const csvParts = async (
  pieces: AsyncIterable<Uint8Array>,
  folder: string,
  partBytes = PART_BYTES,
): Promise<readonly string[]> => {
  const files: string[] = [];
  const next = (): Promise<FileHandle> => {
    const file = join(folder, `part-${files.length}.csv`);
    files.push(file);
    return open(file, 'wx');
  };
  let isQuoted = false;
  let bytes = 0;
  // None until the names are over.
  let part: FileHandle | null = null;
  try {
    for await (const piece of pieces) {
      let from = 0;
      for (let at = 0; at < piece.length; at += 1) {
        const byte = piece[at];
        // A quote within a value is two, after which it is quoted as before.
        if (byte === QUOTE) isQuoted = !isQuoted;
        if (byte !== LINE_FEED || isQuoted) continue;
        const end = at + 1;
        if (part && bytes + end - from < partBytes) continue;
        await part?.appendFile(piece.subarray(from, end));
        await part?.close();
        part = await next();
        bytes = 0;
        from = end;
      }
      await part?.appendFile(piece.subarray(from));
      bytes += piece.length - from;
    }
  } finally {
    await part?.close();
  }
  if (isQuoted || !part) throw new CliError('the result broke off: try again');
  return files;
};
