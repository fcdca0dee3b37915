import { assertRevision, retryRaces } from '../shared/revisions';
import type { Stored } from '../shared/stored';
import type { ApiKey } from './access-types';
import type { KeyNeeds } from './create-key';
import { findKey } from './find-key';
import type { KeptCredentials } from './kept-credentials';

interface Needs extends Pick<KeyNeeds, 'keys' | 'guard' | 'now' | 'forget'> {
  readonly kept: Pick<KeptCredentials, 'changeKey'>;
}

interface Revocation {
  readonly service: string;
  readonly id: string;
  /** From `If-Match`. */
  readonly revision?: number | undefined;
}

/**
 * Revokes a key at once and frees its name; again does what a crash cut off, and no more.
 * @throws `service-not-found`, `not-found`, `revision-conflict`
 */
export const revokeKey =
  ({ keys, guard, now, forget, kept }: Needs) =>
  ({ service, id, revision }: Revocation): Promise<Stored<ApiKey>> =>
    retryRaces(async (write) => {
      const was = await findKey({ keys, guard }, service, id);
      assertRevision(was, revision);
      if (was.status === 'revoked') {
        await kept.changeKey(service, was.name, null);
        return keys.view(was);
      }
      const { revision: seen, ...row } = was;
      const is = {
        ...row,
        status: 'revoked' as const,
        digest: null,
        previous: null,
        updated_at: now().toISOString(),
      };
      await write(keys.replace(was, is));
      forget();
      await kept.changeKey(service, was.name, null);
      return keys.view({ ...is, revision: seen + 1 });
    });
