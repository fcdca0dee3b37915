import { usageError } from './cli-error';

/** Where `tidegate up` listens unless it is told otherwise. */
export const DEFAULT_ENDPOINT = 'http://127.0.0.1:8080';

/**
 * The base URL without a slash at its end.
 * @throws CliError when it is not one; its text is not repeated, for it may hold a password
 */
export const checkedEndpoint = (text: string): string => {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw usageError(`the endpoint is not a URL; it looks like ${DEFAULT_ENDPOINT}`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw usageError('the endpoint must start with http:// or https://');
  }
  if (url.username !== '' || url.password !== '') {
    throw usageError('the endpoint must not hold a user or password: set TIDEGATE_TOKEN instead');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
};

const LOOPBACK = /^(127(\.\d+){3}|\[::1\]|localhost)$/;

/** Whether an endpoint is on this machine. */
export const isLocal = (endpoint: string): boolean => LOOPBACK.test(new URL(endpoint).hostname);

/** Whether what was made for one endpoint may be sent to another: the same host, or this machine. */
export const isSameHome = (made: string, asked: string): boolean => {
  if (!URL.canParse(made)) return false;
  return new URL(made).origin === new URL(asked).origin || (isLocal(made) && isLocal(asked));
};

/**
 * Fills `{service}` in a route's path.
 * @throws CliError for a name that would change the path
 */
export const filledPath = (route: string, names: Readonly<Record<string, string>>): string =>
  route.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = names[name] ?? '';
    if (value === '' || value === '.' || value === '..') {
      throw usageError(`'${value}' is no name of a ${name.replace('_', ' ')}`);
    }
    return encodeURIComponent(value);
  });
