import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { END, REQUEST, RESPONSE } from '../capture-log/record-line';

const NEWLINE = 10;
const CHUNK_BYTES = 1 << 20;
// An escaped backslash, a whole surrogate pair, or (captured) half of one.
const SURROGATES =
  /\\\\|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(\\u[dD][89a-fA-F][\da-fA-F]{2})/g;

const SPELT = new RegExp(`^[^\\t\\r]*${REQUEST}[^\\t\\r]*${RESPONSE}[^\\t\\r]*${END}$`);

const chunksOf = (file: string): AsyncIterable<Buffer> =>
  createReadStream(file, { highWaterMark: CHUNK_BYTES });

/**
 * Copies the lines that are records into one file, spelt as this log has them, and answers how many are
 * none. DuckDB refuses half a surrogate pair, which JSON allows.
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

const recordText = (text: string): string | null => {
  try {
    const record = JSON.parse(text);
    if (typeof record?.request_id !== 'string') return null;
    return SPELT.test(text) ? text : recordLine(record);
  } catch {
    return null;
  }
};

/** A record's line, spelt as this log has it. */
export const recordLine = ({
  request = null,
  response = null,
  ...columns
}: Readonly<Record<string, unknown>>): string => {
  const head = JSON.stringify(columns).slice(0, -1);
  return `${head}${REQUEST}${JSON.stringify(request)}${RESPONSE}${JSON.stringify(response)}${END}`;
};
