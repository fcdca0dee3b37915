import { foundService } from '../services/find-service';
import { DomainError } from '../shared/domain-error';
import type { Change } from '../shared/record-store';
import { retryRaces } from '../shared/revisions';
import type { Stored } from '../shared/stored';
import type { ApiKey } from './access-types';
import type { KeyRecords, KeyRow } from './key-records';
import type { NewToken } from './tokens';

/**
 * The check that a service is there and stays as it was read while its key is written, so that no
 * key outlives its service; undefined when there is none.
 */
export type GuardService = (service: string) => Promise<Change | undefined>;

/** What making and changing keys needs. */
export interface KeyNeeds {
  readonly keys: KeyRecords;
  readonly guard: GuardService;
  readonly digest: (text: string) => string;
  readonly newToken: NewToken;
  readonly newId: () => string;
  readonly now: () => Date;
  /** Called when credentials changed: nothing that was remembered of them holds any more. */
  readonly forget: () => void;
}

/** A key as it is asked for. */
export type NewKey = Pick<
  ApiKey,
  'service' | 'name' | 'scopes' | 'throttle' | 'expires_at' | 'created_by'
>;

/** A key with its text, which is shown this once. */
export type KeyWithText = Stored<ApiKey> & { readonly key: string };

/**
 * Makes a key of a service.
 * @throws `service-not-found`; `already-exists` when an active key has the name; `bad-request` when it
 * would have expired already
 */
export const createKey =
  ({ keys, guard, ...needs }: KeyNeeds) =>
  (wanted: NewKey): Promise<KeyWithText> =>
    retryRaces(async (write) => {
      const check = foundService(await guard(wanted.service), wanted.service);
      if (await keys.idOf(wanted.service, wanted.name)) {
        const way = 'revoke that one or choose another name';
        throw new DomainError('already-exists', `there is a key ${wanted.name} already: ${way}`);
      }
      const { row, text, textDigest } = newKeyRow(needs, wanted);
      await write(keys.add(row, textDigest, check));
      needs.forget();
      return { ...(await keys.view({ ...row, revision: 1 })), key: text };
    });

/** A key's row and text, not yet written. @throws `bad-request` when it would have expired already */
export const newKeyRow = (
  { digest, newToken, newId, now }: Pick<KeyNeeds, 'digest' | 'newToken' | 'newId' | 'now'>,
  { service, name, scopes, throttle, expires_at, created_by }: NewKey,
) => {
  const at = now();
  const expires = expires_at === null ? null : new Date(expires_at);
  if (expires && expires <= at) {
    throw new DomainError('bad-request', 'expires_at lies in the past: give a later time or null');
  }
  const text = newToken('tgk-');
  const textDigest = digest(text);
  const row: KeyRow = {
    id: newId(),
    service,
    name,
    scopes,
    status: 'active',
    throttle,
    expires_at: expires?.toISOString() ?? null,
    created_by,
    created_at: at.toISOString(),
    updated_at: at.toISOString(),
    digest: textDigest,
    previous: null,
  };
  return { row, text, textDigest };
};
