import fs, { appendFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import files from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { segmentFile } from '../capture-log/segments';
import { build } from './build';
import { type Duck, openDuck } from './duckdb';
import { recover } from './part-files';
import { openTableState, type TableState } from './table-state';
import { descriptionOf, openFolders } from './tables-fixture';
import { type Happened, lineOfHappened, READ, TAUGHT, tablesOf } from './tables-model';

/** More by hand: `TIDEGATE_SEQUENCES=10000 TMPDIR=/dev/shm jest -w 1 interleavings`. */
const SEQUENCES = Number(process.env.TIDEGATE_SEQUENCES ?? 25);
const { seed: SEED } = fc.readConfigureGlobal();

const happened: fc.Arbitrary<Happened> = fc.record({
  service: fc.constantFrom('wine', 'wine', 'wine', 'red-wine', 'unknown'),
  version: fc.constantFrom(1, 1, 1, 2, 2, 9),
  status: fc.constantFrom(200, 200, 200, 400),
  day: fc.constantFrom(0, 1, 1, 1, 2),
  rows: fc.nat(3),
  answers: fc.nat(3),
  ragged: fc.constantFrom(false, false, false, true),
  asText: fc.boolean(),
});
/** Most requests are sound. */
const request = fc.oneof(
  { weight: 3, arbitrary: happened.map((one) => ({ ...one, answers: one.rows, ragged: false })) },
  { weight: 1, arbitrary: happened },
);
const event = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      requests: fc.array(fc.nat(11), { minLength: 1, maxLength: 6 }),
      next: fc.boolean(),
      /** What stands before them that is no record. */
      junk: fc.constantFrom('', '', '', '{"request_id":"0198\n', '}\n', '\n', '{\n'),
      /** The last line comes in two pieces, with something in between. */
      cut: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('build' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      /** A crash ends the process; after a fault it tries again. */
      do: fc.constantFrom('crash' as const, 'fault' as const),
      at: fc.oneof<fc.Arbitrary<['statement' | 'write', number]>[]>(
        fc.tuple(fc.constant('statement' as const), fc.nat(60)),
        fc.tuple(fc.constant('write' as const), fc.nat(14)),
      ),
    }),
  },
);

/** Throws at one of the steps of a build: of its statements, or of what it writes for good. */
const failing = (() => {
  const never = { statement: Number.POSITIVE_INFINITY, write: Number.POSITIVE_INFINITY };
  const left = { ...never };
  return {
    at: (kind: keyof typeof left, step: number) => Object.assign(left, never, { [kind]: step }),
    never: () => Object.assign(left, never),
    step: (kind: keyof typeof left): void => {
      left[kind] -= 1;
      if (left[kind] < 0) throw new Error('this step fails');
    },
  };
})();
let builder: Duck;
let reader: Duck;
beforeAll(async () => {
  builder = await openDuck({ memory: '200MB', threads: 1, spill: null, atOnce: 2 });
  reader = await openDuck({ memory: '200MB', threads: 1, spill: null });
  const { renameSync } = fs;
  const { open } = files;
  jest.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
    failing.step('write');
    renameSync(from, to);
  });
  jest.spyOn(files, 'open').mockImplementation(async (...args) => {
    failing.step('write');
    return open(...args);
  });
});
afterAll(() => {
  jest.restoreAllMocks();
  builder.close();
  reader.close();
});

const stepwise = (duck: Duck): Duck => ({
  ...duck,
  async run(sql) {
    failing.step('statement');
    await duck.run(sql);
  },
  async rows(sql) {
    failing.step('statement');
    return duck.rows(sql);
  },
});

/** A failure before each write, and one after it: it is not heard of, but done. */
const stepwiseState = (state: TableState): TableState => ({
  ...state,
  decide(decision) {
    failing.step('write');
    state.decide(decision);
    failing.step('write');
  },
  carriedOut(decision) {
    failing.step('write');
    state.carriedOut(decision);
    failing.step('write');
  },
});

/** Tables that have parts: a folder is made before its first part is there. */
const tablesIn = (folder: string): readonly string[] =>
  readdirSync(folder).filter((table) =>
    readdirSync(join(folder, table), { recursive: true }).some((file) =>
      String(file).endsWith('.parquet'),
    ),
  );

const description = descriptionOf(TAUGHT);

/** A builder over folders of its own, as one process after the other has it. */
const open = async () => {
  const { root, log, folder } = openFolders();
  const known = new Map<number, Happened>();
  let state = openTableState(join(root, 'tables.db'));
  let sequence = 0;
  let rest = '';
  await recover(folder, state);

  const next = () =>
    build({
      duck: stepwise(builder),
      state: stepwiseState(state),
      folder,
      log,
      describe: async (service) => (service === 'unknown' ? undefined : description),
      mostRows: 4,
    });

  const selectFrom = async (table: string, columns: string) => {
    const parts = join(folder, table, '*', '*.parquet');
    const rows = await reader.rows(
      `SELECT to_json([${columns
        .split(', ')
        .map((column) => `to_json(${column})`)
        .join(', ')}])::VARCHAR AS row
       FROM read_parquet('${parts}', union_by_name = true, hive_partitioning = true)`,
    );
    return rows.map(({ row }) => JSON.stringify(JSON.parse(String(row))));
  };

  return {
    append(
      requests: readonly number[],
      pool: readonly Happened[],
      { next: begin, junk, cut }: { next: boolean; junk: string; cut: boolean },
    ) {
      const write = (text: string): void =>
        appendFileSync(join(log, segmentFile(Date.parse('2026-11-20'), sequence)), text);
      // Only a finished segment is followed by the next.
      write(rest);
      if (begin) sequence += 1;
      const lines = requests.map((n) => {
        const one = pool[n % pool.length] as Happened;
        known.set(n % pool.length, one);
        return `${JSON.stringify(lineOfHappened(one, n % pool.length))}\n`;
      });
      const text = junk + lines.join('');
      const at = cut ? text.length - 200 : text.length;
      rest = text.slice(at);
      write(text.slice(0, at));
    },
    finishLine(): void {
      this.append([], [], { next: false, junk: '', cut: false });
    },
    next,
    /** What a foreign reader sees now: no row twice. */
    async assertNoRowTwice(): Promise<void> {
      for (const table of tablesIn(folder)) {
        const key = /^(wine|red_wine)$/.test(table) ? 'example_id' : 'request_id';
        const rows = await selectFrom(table, key);
        expect(new Set(rows).size).toBe(rows.length);
      }
    },
    async restart(): Promise<void> {
      state.close();
      state = openTableState(join(root, 'tables.db'));
      await recover(folder, state);
    },
    async tables() {
      const tables: Record<string, string[]> = { requests: [] };
      for (const table of tablesIn(folder)) {
        const kind = table.endsWith('_errors') ? 'errors' : table === 'requests' ? table : 'rows';
        tables[table] = (await selectFrom(table, READ[kind])).toSorted();
      }
      return tables;
    },
    expected: () => tablesOf(known),
    /** Parts that are full, and files that nobody knows. */
    oddities() {
      const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
        file.endsWith('.parquet'),
      );
      return {
        full: state.allParts().filter(({ rows }) => rows > 4),
        unknown: paths.length - state.allParts().length,
        decision: state.decision(),
        drafts: existsSync(`${folder}.work`)
          ? readdirSync(`${folder}.work`).filter((file) => file.endsWith('.parquet'))
          : [],
      };
    },
    close() {
      failing.never();
      state.close();
      rmSync(root, { recursive: true });
    },
  };
};

describe('tables built by any interleaving of lines, repetitions, builds, crashes and faults', () => {
  it(
    `are those of the model (${SEQUENCES} sequences, seed ${SEED})`,
    async () => {
      const property = fc.asyncProperty(
        fc.array(request, { minLength: 1, maxLength: 12 }),
        fc.array(event, { maxLength: 20 }),
        async (pool, events) => {
          const home = await open();
          try {
            for (const one of events) {
              if (one.do === 'append') home.append(one.requests, pool, one);
              else if (one.do === 'build') await home.next();
              else {
                failing.at(...one.at);
                const failed = await home.next().then(
                  () => false,
                  () => true,
                );
                failing.never();
                if (!failed) continue;
                await home.assertNoRowTwice();
                if (one.do === 'crash') await home.restart();
              }
            }
            home.finishLine();
            while ((await home.next()) !== null);
            expect(await home.tables()).toEqual(home.expected());
            await home.restart();
            expect(await home.tables()).toEqual(home.expected());
            expect(home.oddities()).toEqual({
              full: [],
              unknown: 0,
              decision: undefined,
              drafts: [],
            });
            expect(await home.next()).toBeNull();
          } finally {
            home.close();
          }
        },
      );
      await fc.assert(property, { numRuns: SEQUENCES });
    },
    20_000 + SEQUENCES * 2_000,
  );
});
