import type { Page, PageRequest } from '../shared/page';
import type { Change, RecordStore } from '../shared/record-store';
import { unlessRaced } from '../shared/revisions';
import type { Stored } from '../shared/stored';
import { ensureTables } from '../tables/ensure-tables';
import { tableRecords } from '../tables/table-records';
import { heldModels } from './held-models';
import type { Service, ServiceVersion } from './service';
import {
  type Deletion,
  newRow,
  nextDocument,
  type ServiceDocument,
  type ServiceDraft,
  type ServiceRow,
  toDocument,
} from './service-document';

const SERVICES = 'services';
const key = (name: string) => ({ partition: SERVICES, sort: name });

/** Told of a service whose tables may need columns that they did not have; must not throw. */
type TellTables = (service: string) => Promise<void>;

const NOBODY: TellTables = async () => undefined;

/** Services and their versions, one document each, of a `RecordStore`. */
export const serviceRecords = (store: RecordStore, tellTables = NOBODY) => {
  const read = async (name: string): Promise<ServiceDocument | undefined> => {
    const record = await store.get(key(name));
    return record && toDocument(record);
  };

  const rows = async ({ limit, cursor }: PageRequest) =>
    store.list({ partition: SERVICES, limit, ...(cursor !== undefined && { after: cursor }) });

  const listDocuments = async (page: PageRequest): Promise<Page<ServiceDocument>> => {
    const { records, next = null } = await rows(page);
    return { items: records.flatMap((record) => toDocument(record) ?? []), next_cursor: next };
  };

  const put = (name: string, seen: number, row: ServiceRow, alongside: readonly Change[] = []) =>
    store.transact([{ ...key(name), seen, put: row }, ...alongside]);

  return {
    read,
    listDocuments,

    async find(name: string): Promise<Stored<Service> | undefined> {
      return (await read(name))?.service;
    },

    /** The versions in the order they were added; none where there is no service. */
    async versionsOf(name: string): Promise<readonly Stored<ServiceVersion>[]> {
      return (await read(name))?.versions ?? [];
    },

    async list(page: PageRequest): Promise<Page<Stored<Service>>> {
      const { items, next_cursor } = await listDocuments(page);
      return { items: items.map(({ service }) => service), next_cursor };
    },

    /** The check that the service is there and stays as it is, for what must not outlive it. */
    async guard(name: string): Promise<Change | undefined> {
      const found = await read(name);
      return found && { ...key(name), seen: found.seen, check: true };
    },

    /**
     * @throws `revision-conflict` when the name is taken, also by a service that is being deleted;
     * `not-found` a model
     */
    async create(draft: ServiceDraft): Promise<ServiceDocument> {
      const { name } = draft.service;
      await ensureTables(store, draft);
      await put(name, 0, newRow(draft), await heldModels(store, [], draft.versions));
      await tellTables(name);
      const created = await read(name);
      if (!created) throw new Error(`${name} went as soon as it came`);
      return created;
    },

    /**
     * Writes what changed of a document that was read; answers the very document when nothing did.
     * @throws `revision-conflict` when somebody wrote since; `not-found` a model that it newly uses
     */
    async replace(
      before: ServiceDocument,
      after: ServiceDraft,
      at: string,
    ): Promise<ServiceDocument> {
      const { seen, ...next } = nextDocument(before, after, at);
      if (seen === before.seen) return before;
      const isTabled = bringsColumns(before, after);
      if (isTabled) await ensureTables(store, after);
      const held = await heldModels(store, before.versions, next.versions);
      await put(before.service.name, before.seen, { ...next, deleting: null }, held);
      if (isTabled) await tellTables(before.service.name);
      return { ...next, seen };
    },

    /** From here on the service is not found. @throws `revision-conflict` */
    async beginDeletion({ seen, service }: ServiceDocument, deleting: Deletion): Promise<void> {
      await put(service.name, seen, { deleting });
    },

    /**
     * The same for what is left of a service that was deleted: false when it has no tables.
     * @throws `revision-conflict`
     */
    async beginPurge(name: string): Promise<boolean> {
      if (!(await tableRecords(store).find(name))) return false;
      await put(name, 0, { deleting: { purge: true } });
      return true;
    },

    async findDeletion(name: string): Promise<Deletion | null> {
      const row = (await store.get(key(name)))?.document as ServiceRow | undefined;
      return row?.deleting ?? null;
    },

    /** Frees the name; one that is free already is no error. */
    async endDeletion(name: string): Promise<void> {
      const record = await store.get(key(name));
      if (!record || !(record.document as ServiceRow).deleting) return;
      const { revision: seen } = record;
      await unlessRaced(store.transact([{ ...key(name), seen, remove: true }]));
    },

    /** Names of services whose deletion has begun. */
    async listDeletions(): Promise<readonly string[]> {
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const { records, next } = await rows({ limit: 100, cursor });
        const begun = records.filter(({ document }) => (document as ServiceRow).deleting);
        names.push(...begun.map(({ sort }) => sort));
        cursor = next;
      } while (cursor !== undefined);
      return names;
    },
  };
};

/** Where services and their versions are kept. */
export type ServiceRecords = ReturnType<typeof serviceRecords>;

/** Whether a service's tables may need columns that they did not need before. */
const bringsColumns = (before: ServiceDraft, after: ServiceDraft): boolean => {
  const needs = ({ service, versions }: ServiceDraft) =>
    JSON.stringify([service.capture.columns, versions.map(({ model }) => model)]);
  return needs(before) !== needs(after);
};
