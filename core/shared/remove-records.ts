import type { Change, RecordKey, RecordStore } from './record-store';

/** The changes that remove those records that are there. */
export const removalOf = async (
  store: RecordStore,
  keys: readonly RecordKey[],
): Promise<readonly Change[]> => {
  const found = await Promise.all(keys.map((key) => store.get(key)));
  return found.flatMap((record) => {
    if (!record) return [];
    const { partition, sort, revision: seen } = record;
    return [{ partition, sort, seen, remove: true }];
  });
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
