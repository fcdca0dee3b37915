import type { Signature } from '../models/signature';
import type { RecordStore, StoredRecord } from '../shared/record-store';
import { removalOf, removePartition } from '../shared/remove-records';
import { retryRaces } from '../shared/revisions';
import { type OutcomeType, withOutcomes } from './outcomes';
import { NO_COLUMNS, type ServiceTable, type VersionColumns, withVersion } from './service-table';

/** A model version that a service uses, as far as its columns go. */
export interface TabledVersion {
  readonly model: string;
  readonly version: number;
  readonly signature: Pick<Signature, 'inputs' | 'output'>;
}

/** Where a model version's values go, and which one it is. */
export interface StoredVersion extends VersionColumns {
  readonly model: string;
  readonly version: number;
}

const tableKey = (service: string) => ({ partition: 'tables', sort: service });
const versionsOf = (service: string): string => `table#${service}`;
const versionKey = (service: string, model: string, version: number) => ({
  partition: versionsOf(service),
  sort: `${model}#${version}`,
});

/** Columns of the services' tables, which outlive the services: what was captured of them stays. */
export const tableRecords = (store: RecordStore) => {
  const find = async (service: string): Promise<ServiceTable | undefined> =>
    (await store.get(tableKey(service)))?.document as ServiceTable | undefined;

  const all = async (partition: string): Promise<readonly StoredRecord[]> => {
    const found: StoredRecord[] = [];
    for (let after: string | undefined; ; ) {
      const { records, next } = await store.list({
        partition,
        limit: 100,
        ...(after && { after }),
      });
      found.push(...records);
      if (next === undefined) return found;
      after = next;
    }
  };

  return {
    find,

    /** Where a model version's values go; undefined for one that the service never had. */
    async findVersion(
      service: string,
      model: string,
      version: number,
    ): Promise<VersionColumns | undefined> {
      const record = await store.get(versionKey(service, model, version));
      return record?.document as VersionColumns | undefined;
    },

    /** Every model version that a service ever had. */
    async listVersions(service: string): Promise<readonly StoredVersion[]> {
      return (await all(versionsOf(service))).map(({ sort, document }) => {
        const [model = '', version = ''] = sort.split('#');
        return { ...(document as VersionColumns), model, version: Number(version) };
      });
    },

    /** Names of services that have tables, in order. */
    async list(): Promise<readonly string[]> {
      return (await all('tables')).map(({ sort }) => sort);
    },

    /** By service, the revision of its columns: it moves when they change. */
    async revisions(): Promise<ReadonlyMap<string, number>> {
      return new Map((await all('tables')).map(({ sort, revision }) => [sort, revision]));
    },

    /** Makes room for a model version's values; what has room stays as it is. */
    async ensure(
      service: string,
      { model, version, signature }: TabledVersion,
      hashed: ReadonlySet<string>,
    ): Promise<void> {
      await retryRaces(async (write) => {
        const [head, row] = await Promise.all([
          store.get(tableKey(service)),
          store.get(versionKey(service, model, version)),
        ]);
        const table = (head?.document as ServiceTable | undefined) ?? NO_COLUMNS;
        const next = withVersion(table, signature, hashed);
        const put = { ...versionKey(service, model, version), put: next.version };
        if (row && JSON.stringify(row.document) === JSON.stringify(next.version)) return;
        await write(
          store.transact([
            { ...tableKey(service), seen: head?.revision ?? 0, put: next.table },
            { ...put, seen: row?.revision ?? 0 },
          ]),
        );
      });
    },

    /**
     * Makes room for outcomes with names, before the first label tells them.
     * @throws as `withOutcomes` does
     */
    async ensureOutcomes(
      service: string,
      outcomes: ReadonlyMap<string, OutcomeType>,
    ): Promise<void> {
      await retryRaces(async (write) => {
        const head = await store.get(tableKey(service));
        const table = (head?.document as ServiceTable | undefined) ?? NO_COLUMNS;
        const put = withOutcomes(table, outcomes);
        if (put.columns.length === table.columns.length) return;
        await write(store.transact([{ ...tableKey(service), seen: head?.revision ?? 0, put }]));
      });
    },

    /** A table without columns of its own, where there is none. */
    async ensureTable(service: string): Promise<void> {
      await retryRaces(async (write) => {
        if (await store.get(tableKey(service))) return;
        await write(store.transact([{ ...tableKey(service), seen: 0, put: NO_COLUMNS }]));
      });
    },

    /** Forgets a service's columns; one that has none is no error. */
    async remove(service: string): Promise<void> {
      await removePartition(store, versionsOf(service));
      const changes = await removalOf(store, [tableKey(service)]);
      if (changes.length > 0) await store.transact(changes);
    },
  };
};

export type TableRecords = ReturnType<typeof tableRecords>;
