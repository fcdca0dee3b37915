import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { CliError } from '../cli-error';
import { settled } from '../client';
import { filledPath } from '../endpoint';
import { unreached } from '../refusals';
import type { Session } from '../session';
import { size } from '../terminal/numbers';
import { printable } from '../terminal/printable';
import { write } from '../terminal/write';
import { ask, cancelled } from './ask';

/** What a whole result is written in. */
export type ResultFormat = 'csv' | 'parquet';

interface Wanted {
  readonly format: ResultFormat;
  /** Null is stdout. */
  readonly file: string | null;
}

/** The longest that a statement may run, and a little more. */
const TIMEOUT_MS = 330_000;
const SEE_OTHER = 303;

/**
 * Runs a statement and writes its whole result into a file, which is there only once it is whole, or to
 * stdout.
 * @throws CliError when it fails or is cancelled
 */
export const fetchResult = async (
  session: Session,
  sql: string,
  { format, file }: Wanted,
  signal: AbortSignal,
): Promise<void> => {
  const { query_id: query } = await ask(session, sql, 1, signal);
  const cancel = (): void => {
    // The query itself is over: there is nothing to say when this fails.
    session.call('DELETE /api/queries/{query}', { path: { query } }).catch(() => undefined);
  };
  signal.addEventListener('abort', cancel, { once: true });
  const progress = session.progress();
  progress.update('the result is made, Ctrl-C cancels it');
  let bytes = 0;
  const counted = async function* () {
    for await (const piece of piecesOf(session, query, format, signal)) {
      bytes += piece.length;
      if (file === null) progress.done();
      else progress.update(`${size(bytes)} are here`);
      yield piece;
    }
  };
  try {
    if (file === null) {
      for await (const piece of counted()) await write(session.environment.stdout, piece);
      return;
    }
    await writeFile(file, counted());
  } finally {
    progress.done();
    signal.removeEventListener('abort', cancel);
  }
  session.say(`wrote ${printable(file)}, ${size(bytes)}`);
};

async function* piecesOf(
  { endpoint, operatorToken }: Session,
  query: string,
  format: ResultFormat,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const path = filledPath('/api/queries/{query}/result', { query });
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new DOMException('the result is late', 'TimeoutError')),
    TIMEOUT_MS,
  );
  try {
    const ended = AbortSignal.any([signal, late.signal]);
    const answer = await fetch(`${endpoint}${path}?format=${format}`, {
      headers: { ...(operatorToken !== undefined && { authorization: `Bearer ${operatorToken}` }) },
      // A credential follows no redirect.
      redirect: 'manual',
      signal: ended,
    });
    const elsewhere = placeIn(endpoint, answer);
    if (!elsewhere) await settled(endpoint, answer);
    const response = elsewhere ? await fetchFrom(elsewhere, ended) : answer;
    // What is there may take as long as the line to here does.
    clearTimeout(timer);
    yield* response.body ?? [];
  } catch (error) {
    if (signal.aborted) throw cancelled();
    throw error instanceof CliError ? error : unreached(endpoint, error, TIMEOUT_MS);
  } finally {
    clearTimeout(timer);
  }
}

/** Where the platform says that a result lies: in the AWS home in S3, at an address that opens it without a credential. */
const placeIn = (endpoint: string, { status, headers }: Response): URL | null => {
  const location = headers.get('location');
  if (status !== SEE_OTHER || location === null || !URL.canParse(location)) return null;
  const place = new URL(location);
  const isAsSafe = place.protocol === 'https:' || new URL(endpoint).protocol === place.protocol;
  return isAsSafe ? place : null;
};

const fetchFrom = async (place: URL, signal: AbortSignal): Promise<Response> => {
  const response = await fetch(place, { redirect: 'error', signal }).catch((error: unknown) => {
    throw unreached(place.origin, error, TIMEOUT_MS);
  });
  if (response.ok) return response;
  // The rest of the address opens the result to whoever reads it.
  throw new CliError(`the result cannot be fetched from ${place.origin} (${response.status})`);
};

const writeFile = async (file: string, pieces: AsyncIterable<Uint8Array>): Promise<void> => {
  const part = `${file}.${process.pid}.part`;
  try {
    await pipeline(pieces, createWriteStream(part, { flags: 'wx' }));
    await rename(part, file);
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    // One that was there already is somebody else's.
    if (code !== 'EEXIST') await rm(part, { force: true });
    if (path === undefined || error instanceof CliError) throw error;
    throw new CliError(`${file} cannot be written (${code})`, { cause: error });
  }
};
