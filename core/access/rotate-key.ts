import { DomainError } from '../shared/domain-error';
import { assertRevision, retryRaces } from '../shared/revisions';
import type { KeyNeeds, KeyWithText } from './create-key';
import { findKey } from './find-key';
import type { KeptCredentials } from './kept-credentials';

interface Needs extends Omit<KeyNeeds, 'newId'> {
  readonly kept: Pick<KeptCredentials, 'changeKey'>;
}

interface Rotation {
  readonly service: string;
  readonly id: string;
  /** Seconds for which the text of now opens still; texts before it end at once. */
  readonly grace_s: number;
  /** From `If-Match`. */
  readonly revision?: number | undefined;
}

/**
 * Gives a key a new text and keeps its id.
 * @throws `service-not-found`; `not-found` also when it is revoked; `bad-request` when it has expired;
 * `revision-conflict`
 */
export const rotateKey =
  ({ keys, guard, digest, newToken, now, forget, kept }: Needs) =>
  ({ service, id, grace_s, revision }: Rotation): Promise<KeyWithText> =>
    retryRaces(async (write) => {
      const was = await findKey({ keys, guard }, service, id);
      assertRevision(was, revision);
      const at = now();
      if (was.digest === null) {
        throw new DomainError('not-found', `the key ${was.name} is revoked: make another one`);
      }
      if (was.expires_at !== null && Date.parse(was.expires_at) <= at.getTime()) {
        throw new DomainError('bad-request', `the key ${was.name} has expired: make another one`);
      }
      const text = newToken('tgk-');
      const until = new Date(at.getTime() + grace_s * 1000).toISOString();
      const previous = grace_s > 0 ? { digest: was.digest, until } : null;
      const updated_at = at.toISOString();
      const { revision: seen, ...row } = was;
      const is = { ...row, digest: digest(text), previous, updated_at };
      // First what may fail without a loss: once the old text is gone the new one must reach somebody.
      await kept.changeKey(service, was.name, text);
      await write(keys.replace(was, is));
      forget();
      return { ...(await keys.view({ ...is, revision: seen + 1 })), key: text };
    });
