import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build';
import { openDuck } from './duckdb';
import { answersOf, shuffled } from './golden-answers';
import type { OpenEngine } from './golden-case';
import { REQUESTS_AS_THEY_COME } from './golden-requests';
import { VALUES } from './golden-values';
import { recover } from './part-files';
import { openQueryEngine } from './query-engine';
import { openTableState } from './table-state';
import { descriptionOf, openFolders } from './tables-fixture';

/** The builder and the statements of one machine. */
const duck: OpenEngine = async ({ services, mostRows }) => {
  const folders = openFolders();
  const builder = await openDuck({
    memory: '400MB',
    threads: 1,
    spill: join(folders.root, 'spill'),
  });
  const state = openTableState(join(folders.root, 'tables.db'));
  await recover(folders.folder, state);
  const described = new Map(
    Object.entries(services).map(([service, versions]) => [service, descriptionOf(versions)]),
  );
  const engine = await openQueryEngine({
    folder: folders.folder,
    results: folders.root,
    daysOf: state.daysOf,
    partsOf: state.partsOf,
    services: async () =>
      [...described].map(([service, { table }]) => ({ service, table, places: [] })),
    waiting: state.waiting,
    memory: '512MB',
    longestMs: 20_000,
  });
  const needs = { ...folders, duck: builder, state, ...(mostRows && { mostRows }) };
  return {
    async build(lines) {
      folders.append(lines, { next: true });
      const next = () => build({ ...needs, describe: async (service) => described.get(service) });
      // What does not fit into memory at once comes in several builds.
      while ((await next()) !== null);
      for (const part of state.allParts()) expect(part.rows).toBeLessThanOrEqual(mostRows ?? 1e5);
    },
    async rows(sql) {
      const { rows, truncated } = await engine.query(
        sql,
        { maxRows: 1_000 },
        new AbortController().signal,
      );
      expect(truncated).toBe(false);
      return rows;
    },
    close() {
      engine.close();
      builder.close();
      state.close();
      rmSync(folders.root, { recursive: true });
    },
  };
};

describe.each([['DuckDB', duck]])('golden results on %s', (_, open) => {
  describe.each([...VALUES, ...REQUESTS_AS_THEY_COME])('$name', (golden) => {
    it('are these', async () => {
      expect(await answersOf(open, golden)).toEqual(golden.asked);
    }, 60_000);

    it('are the same from the same lines in another order, three times', async () => {
      expect(await answersOf(open, shuffled(golden))).toEqual(golden.asked);
    }, 60_000);
  });
});
