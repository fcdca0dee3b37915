import type { KeptCredentials } from '../../core/access/kept-credentials';
import type { Secrets } from '../../core/access/secrets';

/** By service and name. */
type Keys = Readonly<Record<string, Readonly<Record<string, string>>>>;

const NAME = 'keys';

/**
 * The keys that manifests name, in one secret as JSON: people with the right to read it find them
 * there. Operators sign in with AWS credentials, so no token of theirs is kept.
 */
export const keptInSecrets = (secrets: Secrets): KeptCredentials => {
  const read = async (): Promise<Keys> => JSON.parse((await secrets.get(NAME)) ?? '{}');
  const write = (keys: Keys) => secrets.put(NAME, JSON.stringify(keys));
  const withKey = async (keys: Keys, service: string, name: string, key: string | null) => {
    const { [name]: _, ...others } = keys[service] ?? {};
    await write({ ...keys, [service]: key === null ? others : { ...others, [name]: key } });
  };
  return {
    operatorToken: async () => null,
    keepOperatorToken: async () => undefined,
    keepKey: async (service, name, key) => withKey(await read(), service, name, key),
    async changeKey(service, name, key) {
      const keys = await read();
      if (Object.hasOwn(keys[service] ?? {}, name)) await withKey(keys, service, name, key);
    },
    async forgetKeysOf(service) {
      const { [service]: gone, ...keys } = await read();
      if (gone) await write(keys);
    },
  };
};
