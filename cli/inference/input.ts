import { open } from 'node:fs/promises';
import { CliError, usageError } from '../cli-error';
import type { Environment } from '../environment';
import { count } from '../terminal/numbers';

/** What rows are written in. */
export type Format = 'csv' | 'json';

interface Input {
  readonly format: Format;
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** Bytes of a body the platform takes. */
export const MAX_BODY = 4_000_000;

const BOM = [0xef, 0xbb, 0xbf];

/**
 * Rows from a file, or from stdin for `-` or none. What they are is seen from the first character
 * unless told.
 * @throws CliError when there is nothing to read
 */
export const openInput = async (
  { stdin }: Environment,
  file: string | undefined,
  format: Format | undefined,
): Promise<Input> => {
  const fromStdin = file === undefined || file === '-';
  if (fromStdin && stdin.isTTY) throw usageError('give a file, or pipe rows in');
  const source = fromStdin ? (stdin as AsyncIterable<Uint8Array | string>) : readFile(file);
  const pieces = bytesOf(source)[Symbol.asyncIterator]();
  const start: Uint8Array[] = [];
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    const piece = start.length === 0 ? withoutBom(next.value) : next.value;
    start.push(piece);
    const first = piece.find((byte) => byte > 0x20);
    if (first === undefined) continue;
    const seen: Format = first === 0x7b || first === 0x5b ? 'json' : 'csv';
    return { format: format ?? seen, pieces: rejoined(start, pieces) };
  }
  throw new CliError(`${fromStdin ? 'stdin' : file} is empty`);
};

/** The whole of an input that is sent in one call. */
export const wholeInput = async (
  pieces: AsyncIterable<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>> => {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > MAX_BODY) {
      throw new CliError(`the body is larger than a call, ${count(MAX_BODY)} bytes`, {
        hint: 'give predict the rows as CSV: it is sent in as many calls as it needs',
      });
    }
    parts.push(piece);
  }
  return new Uint8Array(Buffer.concat(parts));
};

async function* readFile(file: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file).catch(() => {
    throw new CliError(`${file}: there is no such file, or it cannot be read`);
  });
  try {
    if ((await handle.stat()).isDirectory()) throw new CliError(`${file} is a folder`);
    yield* handle.createReadStream({ autoClose: false });
  } finally {
    await handle.close();
  }
}

async function* bytesOf(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    if (piece.length > 0) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
  }
}

const withoutBom = (piece: Uint8Array): Uint8Array =>
  BOM.every((byte, at) => piece[at] === byte) ? piece.subarray(BOM.length) : piece;

async function* rejoined(
  start: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* start;
  try {
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
