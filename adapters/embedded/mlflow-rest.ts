import pRetry, { AbortError } from 'p-retry';
import { DomainError } from '../../core/shared/domain-error';

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

  /** What is read belongs to the try: a text that breaks off is asked for again. */
  const get = async <T>(
    path: string,
    timeoutMs: number,
    read: (response: Response) => Promise<T>,
  ): Promise<T> => {
    const server = URL.parse(base);
    if (!server || !/^https?:$/.test(server.protocol)) throw notHttp();
    const unreached = (cause: unknown): never => {
      throw new DomainError(
        'bad-request',
        `the MLflow tracking server ${server.host} cannot be reached: check MLFLOW_TRACKING_URI`,
        { cause },
      );
    };
    const once = async (): Promise<T> => {
      const signal = AbortSignal.timeout(timeoutMs);
      const asked = fetch(base + path, { headers, signal, redirect: 'error' });
      const response = await asked.catch(unreached);
      if (response.ok) return read(response).catch(unreached);
      const told = messageOf(await response.text().catch(unreached));
      const why = `MLflow answers ${response.status}${told && `: ${told}`}`;
      const refused = new DomainError('bad-request', why);
      throw response.status < 500 ? new AbortError(refused) : refused;
    };
    return pRetry(once, { retries: 2, minTimeout: 200, randomize: true });
  };

  return {
    async json<T>(path: string): Promise<T> {
      const text = await get(path, ANSWER_MS, (response) => response.text());
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

    /** A file, as it comes. */
    async *stream(path: string): AsyncGenerator<Uint8Array> {
      const body = await get(path, FILE_MS, async (response) => response.body);
      try {
        if (body) yield* body;
      } catch (cause) {
        throw new DomainError(
          'bad-request',
          'a file from the MLflow tracking server broke off: register the model again',
          { cause },
        );
      }
    },
  };
};

const notHttp = (): DomainError =>
  new DomainError(
    'bad-request',
    'MLFLOW_TRACKING_URI names no http address: start `mlflow server` and name that',
  );

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
