import type { Change, RecordKey, RecordStore } from '../shared/record-store';
import { removalOf } from '../shared/remove-records';
import type { Operator } from './access-types';

/** What a credential's digest leads to. */
export type CredentialRow =
  | { readonly kind: 'key'; readonly service: string; readonly id: string }
  | { readonly kind: 'operator'; readonly id: string }
  | {
      readonly kind: 'session';
      readonly operator: string;
      /** Of the operator's token when the session began: a rotation ends it. */
      readonly digest: string;
      readonly expires_at: string;
    }
  | {
      /** Of somebody whom another directory knows: all there is to know stands here. */
      readonly kind: 'pass';
      readonly operator: Operator;
      readonly expires_at: string;
    };

// A partition each: none of them grows hot, and the digest is all that is needed to find one.
const keyOf = (digest: string): RecordKey => ({
  partition: `credential#${digest}`,
  sort: 'credential',
});

/** What each credential opens, by its digest: the text itself is kept nowhere. */
export const credentialRecords = (store: RecordStore) => ({
  async find(digest: string): Promise<CredentialRow | undefined> {
    return (await store.get(keyOf(digest)))?.document as CredentialRow | undefined;
  },

  /** The change that makes a new credential. */
  adding: (digest: string, put: CredentialRow, expiresAt?: Date): Change => ({
    ...keyOf(digest),
    seen: 0,
    put,
    ...(expiresAt && { expiresAt }),
  }),

  /** The changes that end the credentials that are there. */
  removing: (digests: readonly (string | null | undefined)[]): Promise<readonly Change[]> =>
    removalOf(
      store,
      digests.flatMap((digest) => (digest ? [keyOf(digest)] : [])),
    ),
});

/** Where it is kept what credentials open. */
export type CredentialRecords = ReturnType<typeof credentialRecords>;
