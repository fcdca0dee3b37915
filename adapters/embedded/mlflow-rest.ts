import pRetry, { AbortError } from 'p-retry';
import { DomainError, isDomainError } from '../../core/shared/domain-error';

/** As MLflow's own clients log in: `MLFLOW_TRACKING_USERNAME` and `_PASSWORD`, or `_TOKEN`. */
export type MlflowLogin =
  | { readonly username: string; readonly password: string }
  | { readonly token: string };

interface Needs {
  readonly trackingUri: string;
  readonly login?: MlflowLogin | undefined;
}

const ANSWER_MS = 30_000;
const FILE_MS = 600_000;
const MAX_JSON = 10_000_000;

/** GETs of a tracking server, tried three times. What fails is told as `bad-request`. */
export const mlflowRest = ({ trackingUri, login }: Needs) => {
  const base = trackingUri.replace(/\/+$/, '');
  const headers = { accept: '*/*', ...(login && { authorization: authorization(login) }) };

  const get = async (path: string, timeoutMs: number): Promise<Response> => {
    const once = async () => {
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await fetch(base + path, { headers, signal, redirect: 'error' });
      if (response.ok) return response;
      const told = messageOf(await response.text());
      const why = `MLflow answers ${response.status}${told && `: ${told}`}`;
      const refused = new DomainError('bad-request', why);
      throw response.status < 500 ? new AbortError(refused) : refused;
    };
    try {
      return await pRetry(once, { retries: 2, minTimeout: 200, randomize: true });
    } catch (error) {
      if (isDomainError(error)) throw error;
      throw new DomainError(
        'bad-request',
        `the MLflow tracking server ${new URL(base).host} cannot be reached: check MLFLOW_TRACKING_URI`,
        { cause: error },
      );
    }
  };

  return {
    async json<T>(path: string): Promise<T> {
      const text = await (await get(path, ANSWER_MS)).text();
      try {
        if (text.length > MAX_JSON) throw new RangeError('too long');
        return JSON.parse(text) as T;
      } catch {
        throw new DomainError(
          'bad-request',
          'the MLflow tracking server answers no JSON: check MLFLOW_TRACKING_URI',
        );
      }
    },

    async stream(path: string): Promise<ReadableStream<Uint8Array>> {
      const { body } = await get(path, FILE_MS);
      return body ?? new ReadableStream({ start: (controller) => controller.close() });
    },
  };
};

const authorization = (login: MlflowLogin): string =>
  'token' in login
    ? `Bearer ${login.token}`
    : `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;

/** MLflow's errors are JSON with a message; anything else is a proxy's page. */
const messageOf = (text: string): string => {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message.slice(0, 200) : '';
  } catch {
    return '';
  }
};
