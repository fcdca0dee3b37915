import type { Page, PageRequest } from '../shared/page';
import type { RecordKey, RecordStore } from '../shared/record-store';
import { removalOf } from '../shared/remove-records';
import type { Stored } from '../shared/stored';
import type { Model, ModelVersion } from './model-version';

/** Whose files these are: one key per version that needs the package. */
const users = (digest: string): string => `artifact#${digest}`;
const userOf = ({ model, version }: Numbered) => `${model}#${version}`;

type Numbered = Pick<ModelVersion, 'model' | 'version'>;

const headKey = (name: string): RecordKey => ({ partition: 'models', sort: name });
const digestKey = (model: string, digest: string): RecordKey => ({
  partition: `model#${model}`,
  sort: `digest#${digest}`,
});

// Counted down, because a store lists upwards and people look at the newest first.
const rank = (version: number): string => String(999_999_999 - version).padStart(9, '0');

/** Where a version is kept, for others whose transaction needs it to stay. */
export const modelVersionKey = ({ model, version }: Numbered): RecordKey => ({
  partition: `model#${model}`,
  sort: `version#${rank(version)}`,
});

/** Models and their versions, as documents of a `RecordStore`. */
export const modelRecords = (store: RecordStore) => {
  const page = async <T>(
    partition: string,
    prefix: string,
    { limit, cursor }: PageRequest,
  ): Promise<Page<Stored<T>>> => {
    const found = await store.list({ partition, prefix, limit, ...(cursor && { after: cursor }) });
    const items = found.records.map(({ document, revision }) => ({
      ...(document as T),
      revision,
    }));
    return { items, next_cursor: found.next ?? null };
  };

  const one = async <T>(key: RecordKey): Promise<Stored<T> | undefined> => {
    const record = await store.get(key);
    return record && { ...(record.document as T), revision: record.revision };
  };

  return {
    find: (name: string) => one<Model>(headKey(name)),

    list: (request: PageRequest) => page<Model>('models', '', request),

    findVersion: (model: string, version: number) =>
      one<ModelVersion>(modelVersionKey({ model, version })),

    /** Newest first. */
    listVersions: (model: string, request: PageRequest) =>
      page<ModelVersion>(`model#${model}`, 'version#', request),

    /** The newest version of a model that has these files. */
    async findByDigest(model: string, digest: string) {
      const known = await one<{ version: number }>(digestKey(model, digest));
      return known && one<ModelVersion>(modelVersionKey({ model, version: known.version }));
    },

    /** Adds a version and moves the model's head to it, both or neither. */
    async add(next: ModelVersion, head: Stored<Model> | undefined): Promise<Stored<ModelVersion>> {
      const known = await store.get(digestKey(next.model, next.digest));
      const { created_by, created_at } = head ?? next;
      const model: Model = {
        name: next.model,
        latest_version: next.version,
        created_by,
        created_at,
        updated_at: next.created_at,
      };
      await store.transact([
        { ...headKey(next.model), seen: head?.revision ?? 0, put: model },
        { ...modelVersionKey(next), seen: 0, put: next },
        {
          ...digestKey(next.model, next.digest),
          seen: known?.revision ?? 0,
          put: { version: next.version },
        },
        { partition: users(next.digest), sort: userOf(next), seen: 0, put: null },
      ]);
      const added = await one<ModelVersion>(modelVersionKey(next));
      return added ?? { ...next, revision: 1 };
    },

    /** Replaces what is remembered of a version's answers. */
    async keepExpected(version: Stored<ModelVersion>, expected: ModelVersion['expected']) {
      const { revision, ...document } = version;
      await store.transact([
        { ...modelVersionKey(version), seen: revision, put: { ...document, expected } },
      ]);
    },

    async remove(version: Stored<ModelVersion>): Promise<void> {
      const byDigest = digestKey(version.model, version.digest);
      const newest = await one<{ version: number }>(byDigest);
      const pointsHere = newest?.version === version.version;
      await store.transact([
        { ...modelVersionKey(version), seen: version.revision, remove: true },
        ...(pointsHere ? [{ ...byDigest, seen: newest.revision, remove: true as const }] : []),
        ...(await removalOf(store, [{ partition: users(version.digest), sort: userOf(version) }])),
      ]);
    },

    /** Whether any version of any model still has these files. */
    async isNeeded(digest: string): Promise<boolean> {
      const { records } = await store.list({ partition: users(digest), limit: 1 });
      return records.length > 0;
    },
  };
};

/** Where models and their versions are kept. */
export type ModelRecords = ReturnType<typeof modelRecords>;
