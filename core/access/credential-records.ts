import type { Change, RecordKey, RecordStore } from '../shared/record-store';

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

export type CredentialRecords = ReturnType<typeof credentialRecords>;

/** The changes that remove those records that are there. */
export const removalOf = async (
  store: RecordStore,
  keys: readonly RecordKey[],
): Promise<readonly Change[]> => {
  const found = await Promise.all(keys.map((key) => store.get(key)));
  return found.flatMap((record) =>
    record
      ? [
          {
            partition: record.partition,
            sort: record.sort,
            seen: record.revision,
            remove: true as const,
          },
        ]
      : [],
  );
};

/** Removes all records of a partition. */
export const removePartition = async (store: RecordStore, partition: string): Promise<void> => {
  for (;;) {
    const { records } = await store.list({ partition, limit: 100 });
    if (records.length === 0) return;
    await store.transact(
      records.map(({ sort, revision }) => ({ partition, sort, seen: revision, remove: true })),
    );
  }
};
