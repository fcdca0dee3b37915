import type { KeptCredentials } from '../../core/access/kept-credentials';
import { DomainError } from '../../core/shared/domain-error';
import { oneAfterTheOther, readIfThere, writePrivateFile } from './private-file';

/** What `credentials.json` holds; the CLI reads it. */
export interface Credentials {
  /** Where the platform answers: `http://127.0.0.1:8080`. */
  readonly endpoint: string | null;
  readonly operator_token: string | null;
  /** The keys that the manifest made, by service and name. */
  readonly keys: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface CredentialsFile extends KeptCredentials {
  /** @throws `bad-request` when the file is not what Tidegate wrote */
  read(): Promise<Credentials>;
  keepEndpoint(endpoint: string): Promise<void>;
}

/** Credentials in a JSON file that only its owner can read; replaced whole, never in place. */
export const credentialsFile = (path: string): CredentialsFile => {
  const inTurn = oneAfterTheOther();
  const read = async (): Promise<Credentials> => parse(path, (await readIfThere(path)) ?? '{}');
  const change = (next: (was: Credentials) => Credentials): Promise<void> =>
    inTurn(async () => {
      const was = await read();
      const is = next(was);
      if (is !== was) await writePrivateFile(path, `${JSON.stringify(is, null, 2)}\n`);
    });

  return {
    read,
    keepEndpoint: (endpoint) => change((was) => ({ ...was, endpoint })),
    operatorToken: async () => (await read()).operator_token,
    keepOperatorToken: (operator_token) => change((was) => ({ ...was, operator_token })),
    keepKey: (service, name, key) => change((was) => withKey(was, service, name, key)),
    changeKey: (service, name, key) =>
      change((was) =>
        Object.hasOwn(was.keys[service] ?? {}, name) ? withKey(was, service, name, key) : was,
      ),
    forgetKeysOf: (service) =>
      change((was) => {
        const { [service]: gone, ...keys } = was.keys;
        return gone ? { ...was, keys } : was;
      }),
  };
};

const withKey = (was: Credentials, service: string, name: string, key: string | null) => {
  const { [name]: _, ...others } = was.keys[service] ?? {};
  const { [service]: __, ...otherServices } = was.keys;
  const mine = key === null ? others : { ...others, [name]: key };
  const keys = Object.keys(mine).length > 0 ? { ...otherServices, [service]: mine } : otherServices;
  return { ...was, keys };
};

const parse = (path: string, text: string): Credentials => {
  const found = asObject(tryJson(text));
  const services = asObject(found?.keys ?? {});
  if (!found || !services) {
    throw new DomainError('bad-request', `${path} is not as Tidegate wrote it: mend or remove it`);
  }
  const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);
  const keys = Object.entries(services).map(([service, byName]) => [
    service,
    Object.fromEntries(
      Object.entries(asObject(byName) ?? {}).filter(([, key]) => typeof key === 'string'),
    ) as Record<string, string>,
  ]);
  return {
    endpoint: textOrNull(found.endpoint),
    operator_token: textOrNull(found.operator_token),
    keys: Object.fromEntries(keys),
  };
};

const tryJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const asObject = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
