import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

const NEWLINE = 10;
const CHUNK_BYTES = 1 << 20;
// An escaped backslash, a whole surrogate pair, or (captured) half of one.
const SURROGATES =
  /\\\\|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(\\u[dD][89a-fA-F][\da-fA-F]{2})/g;

const chunksOf = (file: string): AsyncIterable<Buffer> =>
  createReadStream(file, { highWaterMark: CHUNK_BYTES });

/**
 * Copies the lines that are records into one file and answers how many are none. DuckDB ends at some
 * broken lines, takes others together with the sound one that follows, and refuses half a surrogate
 * pair, which JSON allows.
 */
export const keepRecords = async (files: readonly string[], copy: string): Promise<number> => {
  let others = 0;
  await pipeline(
    async function* kept() {
      for (const file of files) {
        for await (const line of linesOf(file)) {
          const record = recordIn(line);
          if (record !== null) yield `${record}\n`;
          else if (line.length > 0) others += 1;
        }
      }
    },
    createWriteStream(copy, { mode: 0o600 }),
  );
  return others;
};

async function* linesOf(file: string): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  for await (const chunk of chunksOf(file)) {
    let start = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, at)]);
      parts = [];
      start = at + 1;
    }
    parts.push(chunk.subarray(start));
  }
}

const recordIn = (line: Buffer): string | null => {
  const text = recordText(line.toString('utf8'));
  return text === null
    ? null
    : text.replaceAll(SURROGATES, (token, half) => (half === undefined ? token : '\\ufffd'));
};

/** The line as it stands if its bodies are its last members, as they are in every line of this log. */
const recordText = (text: string): string | null => {
  try {
    const record = JSON.parse(text);
    if (typeof record?.request_id !== 'string') return null;
    if (Object.keys(record).slice(-2).join() === 'request,response') return text;
    const { request = null, response = null, ...head } = record;
    return JSON.stringify({ ...head, request, response });
  } catch {
    return null;
  }
};
