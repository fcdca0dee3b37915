import type { KeptCredentials } from '../../core/access/kept-credentials';
import type { Secrets } from '../../core/access/secrets';
import { DomainError } from '../../core/shared/domain-error';

/** By service and name. */
type Keys = Readonly<Record<string, Readonly<Record<string, string>>>>;

const NAME = 'keys';

interface Needs {
  readonly secrets: Pick<Secrets, 'get' | 'put'>;
  /** Does what no other function does meanwhile; undefined when another is at it. */
  readonly alone: <T>(name: string, work: () => Promise<T>) => Promise<T | undefined>;
}

const withKey = (keys: Keys, service: string, name: string, key: string | null): Keys => {
  const { [name]: _, ...others } = keys[service] ?? {};
  return { ...keys, [service]: key === null ? others : { ...others, [name]: key } };
};

/**
 * The keys that manifests name, in one secret as JSON: people with the right to read it find them
 * there. Operators sign in with AWS credentials, so no token of theirs is kept.
 */
export const keptInSecrets = ({ secrets, alone }: Needs): KeptCredentials => {
  const read = async (): Promise<Keys> => JSON.parse((await secrets.get(NAME)) ?? '{}');

  /** `next` answers the same object where nothing changes. @throws `unavailable` when others were at it all the while: nothing is changed then */
  const change = async (next: (keys: Keys) => Keys): Promise<void> => {
    const seen = await read();
    // Most keys that are changed are not kept here: they wait for nobody.
    if (next(seen) === seen) return;
    const done = await alone('kept-keys', async () => {
      // All keys are one text: another function may have written it since.
      const keys = await read();
      const changed = next(keys);
      if (changed !== keys) await secrets.put(NAME, JSON.stringify(changed));
      return true;
    });
    if (!done) {
      const message = 'others are changing kept keys: try again in a minute';
      throw new DomainError('unavailable', message, { retryAfterS: 60 });
    }
  };

  return {
    operatorToken: async () => null,
    keepOperatorToken: async () => undefined,
    keepKey: (service, name, key) => change((keys) => withKey(keys, service, name, key)),
    changeKey: (service, name, key) =>
      change((keys) =>
        Object.hasOwn(keys[service] ?? {}, name) ? withKey(keys, service, name, key) : keys,
      ),
    forgetKeysOf: (service) =>
      change((keys) => {
        if (!Object.hasOwn(keys, service)) return keys;
        const { [service]: _, ...others } = keys;
        return others;
      }),
  };
};
