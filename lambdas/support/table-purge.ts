import type { RecordStore } from '../../core/shared/record-store';
import { removalOf } from '../../core/shared/remove-records';
import { unlessRaced } from '../../core/shared/revisions';
import type { TableRecords } from '../../core/tables/table-records';

interface Needs {
  readonly store: RecordStore;
  readonly tables: Pick<TableRecords, 'find'>;
  /** Has what was captured of a service taken out, which takes a while; answers the run that does it. */
  readonly begin: (service: string) => Promise<string>;
  /** Whether that run has not come to its end. */
  readonly isRunning: (run: string) => Promise<boolean>;
  readonly now: () => Date;
}

/** Longer than it takes: then it is begun anew, whoever looks. */
const AGAIN_MS = 3 * 3_600_000;

const keyOf = (service: string) => ({ partition: 'purges', sort: service });

/** What is remembered of a purge that has begun. */
interface Begun {
  readonly begun_at: string;
  readonly run: string;
}

/**
 * Takes out what was captured of a service: begun once, however often it is asked for, until its run has
 * failed and somebody asks again. It says whether all is gone: the description of the tables is the last
 * to go.
 */
export const tablePurge =
  ({ store, tables, begin, isRunning, now }: Needs) =>
  async (service: string, isAsked: boolean): Promise<boolean> => {
    if (!(await tables.find(service))) {
      const changes = await removalOf(store, [keyOf(service)]);
      if (changes.length > 0) await unlessRaced(store.transact(changes));
      return true;
    }
    const last = await store.get(keyOf(service));
    // Who asks has mended what it failed of. Who only looks does so each minute: it would fail each minute.
    if (last && !(isAsked && !(await isRunning((last.document as Begun).run)))) return false;
    const put: Begun = { begun_at: now().toISOString(), run: await begin(service) };
    const expiresAt = new Date(now().getTime() + AGAIN_MS);
    await unlessRaced(
      store.transact([{ ...keyOf(service), seen: last?.revision ?? 0, put, expiresAt }]),
    );
    return false;
  };
