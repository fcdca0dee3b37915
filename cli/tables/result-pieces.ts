import { CliError } from '../cli-error';
import { settled } from '../client';
import { filledPath } from '../endpoint';
import { unreached } from '../refusals';
import type { Session } from '../session';
import { cancelled } from './ask';

/** What a whole result is written in. */
export type ResultFormat = 'csv' | 'parquet';

/** The longest that a statement may run, and a little more. */
const TIMEOUT_MS = 330_000;
const SEE_OTHER = 303;

/**
 * The whole result of a query, from the platform or from where it says that it lies.
 * @throws CliError when it fails or is cancelled
 */
export async function* resultPieces(
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

/** Whether the platform refused a result because its home does not write that format. */
export const isNotOffered = (error: unknown): boolean =>
  error instanceof CliError &&
  error.problem?.errors?.some(
    ({ path, code }) => path === 'query.format' && code === 'not-offered',
  ) === true;

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
