import type { RecordStore } from '../../core/shared/record-store';
import { removalOf } from '../../core/shared/remove-records';
import { unlessRaced } from '../../core/shared/revisions';
import type { TableRecords } from '../../core/tables/table-records';

interface Needs {
  readonly store: RecordStore;
  readonly tables: Pick<TableRecords, 'find'>;
  /** Has what was captured of a service taken out, which takes a while. */
  readonly begin: (service: string) => Promise<unknown>;
  readonly now: () => Date;
}

/** Longer than it takes: then it is begun anew. */
const AGAIN_MS = 3 * 3_600_000;

const keyOf = (service: string) => ({ partition: 'purges', sort: service });

/**
 * Takes out what was captured of a service: begun once, however often it is asked for. It says whether
 * all is gone: the description of the tables is the last to go.
 */
export const tablePurge =
  ({ store, tables, begin, now }: Needs) =>
  async (service: string): Promise<boolean> => {
    if (!(await tables.find(service))) {
      const changes = await removalOf(store, [keyOf(service)]);
      if (changes.length > 0) await unlessRaced(store.transact(changes));
      return true;
    }
    if (await store.get(keyOf(service))) return false;
    await begin(service);
    const put = { begun_at: now().toISOString() };
    const expiresAt = new Date(now().getTime() + AGAIN_MS);
    await unlessRaced(store.transact([{ ...keyOf(service), seen: 0, put, expiresAt }]));
    return false;
  };
