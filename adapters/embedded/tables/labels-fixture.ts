import { hash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Label } from '../../../core/tables/label';
import { pushLabels } from '../../../core/tables/push-labels';
import { type Duck, openDuck } from './duckdb';
import { labelFiles } from './label-files';
import { placesOf } from './label-statements';
import { recover, waitingFolder } from './part-files';
import { openQueryEngine, type QueryEngine } from './query-engine';
import { tableBuilder } from './table-builder';
import { openTableState } from './table-state';
import { descriptionOf, openFolders, type Taught } from './tables-fixture';

const NONE = { example_id: null, request_id: null, client_request_id: null, labelled_at: null };

/** A label as a caller's call brings it. */
export const labelOf = (
  label: unknown,
  address: Partial<Label>,
  labelled_at: string | null = null,
): Label => ({
  ...NONE,
  row_index: address.example_id === undefined ? 0 : null,
  ...address,
  ...{ label, labelled_at },
});

/** What a builder needs; parts may hold fewer rows. */
type BuilderNeeds = Parameters<typeof tableBuilder>[0] & {
  readonly mostRows?: number;
  readonly mostBytes?: number;
};

/** Services (`wine` alone) with tables, whose builder and clock go as the test has them go. */
export const openLabels = async (
  taught: readonly Taught[],
  startsAt: string,
  services: readonly string[] = ['wine'],
) => {
  const folders = openFolders();
  mkdirSync(waitingFolder(folders.folder));
  const labels = join(folders.root, 'labels');
  let clock = new Date(startsAt);
  const now = () => clock;
  const known = [...taught];
  const closing: (() => void)[] = [() => rmSync(folders.root, { recursive: true })];
  const reader = await openDuck({ memory: '200MB', threads: 1, spill: null });
  closing.push(reader.close);
  const describe = async (service: string) =>
    services.includes(service)
      ? { ...descriptionOf(known), versions: () => versionsOf(known) }
      : undefined;

  /** A process that builds. What another has left in the middle is finished first. */
  const openBuilder = async (as: (needs: BuilderNeeds) => BuilderNeeds = (needs) => needs) => {
    const opened = await openDuck({ memory: '200MB', threads: 1, spill: null, atOnce: 2 });
    const needs = as({
      ...{ ...folders, labels, describe, now, retentions: async () => [] },
      duck: opened,
      state: openTableState(join(folders.root, 'tables.db')),
    });
    const { duck, state } = needs;
    closing.push(() => {
      opened.close();
      state.close();
    });
    await recover(folders.folder, state);
    return { ...tableBuilder(needs), state, duck };
  };

  let engine: QueryEngine | undefined;
  const openEngine = async (): Promise<QueryEngine> => {
    const state = openTableState(join(folders.root, 'tables.db'));
    const opened = await openQueryEngine({
      folder: folders.folder,
      results: join(folders.root, 'results'),
      daysOf: state.daysOf,
      partsOf: state.partsOf,
      waiting: state.waiting,
      services: async () => {
        const places = placesOf(await versionsOf(known));
        const { table } = descriptionOf(known);
        return services.map((service) => ({ service, table, places }));
      },
      memory: '200MB',
      longestMs: 10_000,
    });
    closing.push(() => {
      opened.close();
      state.close();
    });
    return opened;
  };

  return {
    ...folders,
    labels,
    /** Model versions of the service; more may come. */
    known,
    openBuilder,
    reader,
    push: (given: readonly Label[], service = 'wine') =>
      pushLabels({ store: labelFiles(labels), digest: (text) => hash('sha256', text, 'hex'), now })(
        service,
        given,
      ),
    setClock: (time: string | number): void => {
      clock = new Date(time);
    },
    /** Rows of a statement as SQL answers them. */
    async sql(statement: string) {
      engine ??= await openEngine();
      const limits = { maxRows: 100_000 };
      return (await engine.query(statement, limits, new AbortController().signal)).rows;
    },
    /** Rows of a table's parts as a foreign reader sees them. */
    parts: (table: string, columns: string, order = 'example_id') =>
      rowsOf(reader, join(folders.folder, table, '*', '*.parquet'), columns, order),
    close(): void {
      for (const close of closing.splice(0).reverse()) close();
    },
  };
};

const versionsOf = (taught: readonly Taught[]) => {
  const description = descriptionOf(taught);
  return Promise.all(
    taught.map(async ({ model, version }) => {
      const columns = await description.version(model, version);
      return { model, version, label: columns?.label ?? 'label' };
    }),
  );
};

const rowsOf = async (duck: Duck, files: string, columns: string, order: string) => {
  const rows = await duck.rows(
    `SELECT ${columns} FROM read_parquet('${files}', union_by_name = true, hive_partitioning = true)
     ORDER BY ${order}`,
  );
  return rows.map((row) =>
    Object.values(row).map((cell) => (cell instanceof Date ? cell.toISOString() : cell)),
  );
};
