import type { Page, PageRequest } from '../shared/page';
import type { Change, RecordStore, StoredRecord } from '../shared/record-store';
import { removalOf, removePartition } from '../shared/remove-records';
import type { Stored } from '../shared/stored';
import type { ApiKey } from './access-types';
import { credentialRecords } from './credential-records';

/** A key as it is remembered. */
export interface KeyRow extends Omit<ApiKey, 'last_used_at'> {
  /** Null once it is revoked. */
  readonly digest: string | null;
  /** The text before the last rotation, while it still opens. */
  readonly previous: { readonly digest: string; readonly until: string } | null;
}

const partitionOf = (service: string) => `keys#${service}`;
const rowKey = ({ service, id }: Pick<ApiKey, 'service' | 'id'>) => ({
  partition: partitionOf(service),
  sort: id,
});
const nameKey = ({ service, name }: Pick<ApiKey, 'service' | 'name'>) => ({
  partition: `key-names#${service}`,
  sort: name,
});
const usesOf = (service: string) => `key-uses#${service}`;
const manifestOf = (service: string) => `manifest-keys#${service}`;

const lastUse = (record: StoredRecord | undefined): string | null =>
  (record?.document as { readonly last_used_at: string } | undefined)?.last_used_at ?? null;

const view = (
  { digest: _, previous: __, ...key }: Stored<KeyRow>,
  last_used_at: string | null,
): Stored<ApiKey> => ({ ...key, last_used_at });

/** Keys of services, as documents of a `RecordStore`; the keys themselves as digests. */
export const keyRecords = (store: RecordStore) => {
  const credentials = credentialRecords(store);
  const credentialOf = ({ service, id }: KeyRow) => ({ kind: 'key', service, id }) as const;
  const toRow = ({ document, revision }: StoredRecord): Stored<KeyRow> => ({
    ...(document as KeyRow),
    revision,
  });

  return {
    async find(service: string, id: string): Promise<Stored<KeyRow> | undefined> {
      const record = await store.get(rowKey({ service, id }));
      return record && toRow(record);
    },

    /** The id of the active key of that name. */
    async idOf(service: string, name: string): Promise<string | undefined> {
      const record = await store.get(nameKey({ service, name }));
      return (record?.document as { readonly id: string } | undefined)?.id;
    },

    /** Adds a key to a service that is still as `guard` says; `alongside` comes with it or not at all. */
    async add(row: KeyRow, digest: string, guard: Change, alongside: readonly Change[] = []) {
      await store.transact([
        guard,
        { ...rowKey(row), seen: 0, put: row },
        { ...nameKey(row), seen: 0, put: { id: row.id } },
        credentials.adding(digest, credentialOf(row)),
        ...alongside,
      ]);
    },

    /** Writes a key anew: digests it no longer has open nothing more, its name is free once revoked. */
    async replace({ revision, ...was }: Stored<KeyRow>, is: KeyRow): Promise<void> {
      const kept = new Set([is.digest, is.previous?.digest]);
      const had = [was.digest, was.previous?.digest];
      const added = is.digest !== null && !had.includes(is.digest) ? [is.digest] : [];
      await store.transact([
        { ...rowKey(is), seen: revision, put: is },
        ...added.map((digest) => credentials.adding(digest, credentialOf(is))),
        ...(await credentials.removing(had.filter((digest) => !kept.has(digest ?? null)))),
        ...(is.status === 'revoked' ? await removalOf(store, [nameKey(is)]) : []),
      ]);
    },

    async view(key: Stored<KeyRow>): Promise<Stored<ApiKey>> {
      const used = await store.get({ partition: usesOf(key.service), sort: key.id });
      return view(key, lastUse(used));
    },

    /** Oldest first. */
    async list(service: string, { limit, cursor }: PageRequest): Promise<Page<Stored<ApiKey>>> {
      const page = { limit, ...(cursor !== undefined && { after: cursor }) };
      const { records, next = null } = await store.list({
        partition: partitionOf(service),
        ...page,
      });
      // Only keys have uses, so as many uses from the same place on cover the same keys.
      const uses = await store.list({ partition: usesOf(service), ...page });
      const used = new Map(uses.records.map((record) => [record.sort, record]));
      const items = records.map((record) => view(toRow(record), lastUse(used.get(record.sort))));
      return { items, next_cursor: next };
    },

    /** Moves `last_used_at`, never back; a key that is gone is left alone. */
    async used(service: string, id: string, at: Date): Promise<void> {
      const key = await store.get(rowKey({ service, id }));
      if (!key) return;
      const use = { partition: usesOf(service), sort: id };
      const found = await store.get(use);
      const last_used_at = at.toISOString();
      if ((lastUse(found) ?? '') >= last_used_at) return;
      await store.transact([
        // No use outlives its key: the list of keys counts on it.
        { ...rowKey(key.document as KeyRow), seen: key.revision, check: true },
        { ...use, seen: found?.revision ?? 0, put: { last_used_at } },
      ]);
    },

    async isFromManifest(service: string, name: string): Promise<boolean> {
      return (await store.get({ partition: manifestOf(service), sort: name })) !== undefined;
    },

    /** The change that remembers that the manifest's key of that name was made. */
    fromManifest: (service: string, name: string): Change => ({
      partition: manifestOf(service),
      sort: name,
      seen: 0,
      put: {},
    }),

    /** Ends and forgets all keys of a service; again after a crash does the rest. */
    async removeAll(service: string): Promise<void> {
      for (;;) {
        const { records } = await store.list({ partition: partitionOf(service), limit: 25 });
        if (records.length === 0) break;
        const rows = records.map(toRow);
        await store.transact([
          ...rows.map((row) => ({ ...rowKey(row), seen: row.revision, remove: true as const })),
          ...(await credentials.removing(
            rows.flatMap((row) => [row.digest, row.previous?.digest]),
          )),
        ]);
      }
      for (const partition of [`key-names#${service}`, usesOf(service), manifestOf(service)]) {
        await removePartition(store, partition);
      }
    },
  };
};

/** Where keys are kept. */
export type KeyRecords = ReturnType<typeof keyRecords>;
