import pRetry from 'p-retry';
import { CliError } from './cli-error';
import { type Answered, Refused, refused, Unreached, unreached } from './refusals';

/** A request to the platform. */
export interface Sent {
  readonly method: string;
  /** Below the endpoint: `/api/services`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly timeoutMs?: number;
  /** Aborted, the request is given up. */
  readonly signal?: AbortSignal;
  /** `never` tries once; `patient` also waits when the platform says `throttled`. */
  readonly retry?: 'never' | 'patient';
}

/** Sends a request; rejects with a CliError unless the answer is one of success. */
export type Send = (request: Sent) => Promise<Answered>;

interface ClientNeeds {
  readonly endpoint: string;
  readonly credential: string | undefined;
  /** Said with a 401 or 403: which credential was sent. */
  readonly credentialHint?: string;
}

const TIMEOUT_MS = 30_000;
const RETRIES = 3;
const LONGEST_WAIT_S = 10;

/**
 * Sends requests to the platform. What failed on the way is tried again for GET, and for any
 * method when the platform refused it for the moment and said when to come back.
 * @throws CliError for everything that is not an answer of success
 */
export const httpClient = ({ endpoint, credential, credentialHint }: ClientNeeds): Send => {
  if (credential !== undefined && !/^[\x21-\x7e]+$/.test(credential)) {
    throw new CliError('the token or key holds characters that cannot be sent');
  }
  const once = async (request: Sent): Promise<Answered> => {
    const response = await reach(endpoint, request, credential);
    if (response.status >= 200 && response.status < 300) return response;
    throw refused(endpoint, response, credentialHint);
  };
  return (request) =>
    pRetry(() => once(request), {
      retries: RETRIES,
      minTimeout: 200,
      maxTimeout: 2000,
      randomize: true,
      shouldRetry: ({ error }) => isWorthRetrying(error, request),
      onFailedAttempt: ({ error, retriesLeft }) =>
        retriesLeft > 0 && isWorthRetrying(error, request) ? pause(error) : undefined,
    });
};

const isWorthRetrying = (error: unknown, { method, retry }: Sent): boolean => {
  if (retry === 'never') return false;
  if (error instanceof Unreached) return method === 'GET' && error.mayPass;
  if (!(error instanceof Refused)) return false;
  const { status, retryAfterS, problem } = error;
  if (status === 502 || status === 504) return method === 'GET';
  if (retryAfterS === null || retryAfterS > LONGEST_WAIT_S) return false;
  return status === 503 || (retry === 'patient' && problem?.type === 'urn:tidegate:throttled');
};

const pause = async (error: unknown): Promise<void> => {
  const seconds = error instanceof Refused ? (error.retryAfterS ?? 0) : 0;
  // p-retry adds its own, random wait to this one.
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
};

const reach = async (
  endpoint: string,
  { method, path, query, headers, body, signal, timeoutMs = TIMEOUT_MS }: Sent,
  credential: string | undefined,
): Promise<Answered> => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) search.set(name, String(value));
  }
  try {
    const response = await fetch(`${endpoint}${path}${search.size > 0 ? `?${search}` : ''}`, {
      method,
      headers: {
        accept: 'application/json',
        ...headers,
        ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
      },
      // A credential follows no redirect.
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]),
      ...(body !== undefined && { body }),
    });
    return await answered(response);
  } catch (error) {
    throw unreached(endpoint, error, timeoutMs);
  }
};

const answered = async (response: Response): Promise<Answered> => ({
  status: response.status,
  headers: response.headers,
  text: await response.text(),
});

/** @throws CliError when the answer is not one of success */
export const settled = async (origin: string, response: Response): Promise<void> => {
  if (!response.ok) throw refused(origin, await answered(response));
};
