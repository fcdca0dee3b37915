import { retryRaces } from '../shared/revisions';
import type { KeyNeeds } from './create-key';
import type { KeptCredentials } from './kept-credentials';

interface Needs extends Pick<KeyNeeds, 'keys' | 'forget'> {
  readonly kept: Pick<KeptCredentials, 'forgetKeysOf'>;
}

/** Ends and forgets all keys of a service that is being deleted; again changes nothing. */
export const removeKeysOf =
  ({ keys, forget, kept }: Needs) =>
  async (service: string): Promise<void> => {
    await retryRaces((write) => write(keys.removeAll(service)));
    forget();
    await kept.forgetKeysOf(service);
  };
