import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build';
import { openDuck } from './duckdb';
import { recover } from './part-files';
import { openQueryEngine } from './query-engine';
import { openTableState } from './table-state';
import { asked, descriptionOf, lineOf, openFolders, type Taught } from './tables-fixture';

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing.reverse()) close();
});
const never = new AbortController().signal;
const T = '2026-11-20T10:00:00.000Z';
const WINE: Taught = { model: 'wine', version: 1, inputs: { pH: 'double', alcohol: 'double' } };
const WINE_2: Taught = { ...WINE, version: 2, inputs: { ...WINE.inputs, sulphates: 'double' } };

const open = async (longestMs = 5_000) => {
  const folders = openFolders();
  const duck = await openDuck({ memory: '200MB', threads: 1, spill: null });
  const state = openTableState(join(folders.root, 'tables.db'));
  await recover(folders.folder, state);
  const taught = [WINE];
  const description = async () => descriptionOf(taught);
  const engine = await openQueryEngine({
    folder: folders.folder,
    results: join(folders.root, 'results'),
    parts: state.allParts,
    revision: state.revision,
    services: async () => [{ service: 'wine', table: (await description()).table, places: [] }],
    waiting: state.waiting,
    memory: '200MB',
    longestMs,
  });
  closing.push(() => {
    engine.close();
    duck.close();
    state.close();
    rmSync(folders.root, { recursive: true });
  });
  return {
    ...folders,
    taught,
    build: () => build({ ...folders, duck, state, describe: description }),
    ask: async (sql: string, maxRows = 1_000) => engine.query(sql, { maxRows }, never),
    engine,
  };
};

describe('SQL over the tables', () => {
  it('knows a service’s tables, empty, before there is a row', async () => {
    const { ask } = await open();
    expect(await ask('SELECT * FROM inference.requests')).toMatchObject({ rows: [] });
    expect(await ask('SELECT count(*) AS n FROM inference.wine_errors')).toEqual({
      columns: [{ name: 'n', type: 'BIGINT' }],
      rows: [[0]],
      truncated: false,
    });
    const { columns } = await ask('SELECT ph, prediction, label, request_date FROM inference.wine');
    expect(columns.map(({ type }) => type)).toEqual(['DOUBLE', 'DOUBLE', 'DOUBLE', 'DATE']);
  });

  it('sees rows as soon as they are built, of versions with different features', async () => {
    const { ask, append, build, taught } = await open();
    append([lineOf(T, 1, asked(['pH', 'alcohol'], [[1, 2]], [3]))]);
    await build();
    const all =
      'SELECT request_time, request_date, ph, sulphates FROM inference.wine ORDER BY example_id';
    await expect(ask(all)).rejects.toThrow('sulphates');
    taught.push(WINE_2);
    const next = '2026-11-21T00:00:00.000Z';
    append([
      lineOf(next, 2, {
        model_version: 2,
        ...asked(['sulphates', 'pH', 'alcohol'], [[9, 8, 7]], [6]),
      }),
    ]);
    await build();
    expect((await ask(all)).rows).toEqual([
      [T, '2026-11-20', 1, null],
      [next, '2026-11-21', 8, 9],
    ]);
    expect(await ask(all, 1)).toMatchObject({
      rows: [[T, '2026-11-20', 1, null]],
      truncated: true,
    });
  });

  it.each([
    ['SELECT 1; SELECT 2', 'one statement'],
    ['', 'give a statement'],
    ['-- nothing', 'give a statement'],
    ['SELEC 1', 'syntax error'],
    ['SELECT $1', 'write the values'],
    ['DELETE FROM inference.requests', 'base table'],
    ['CREATE TABLE x (a int)', 'read-only'],
    ["COPY (SELECT 1) TO '/tmp/tidegate-should-not-be.parquet'", 'Permission Error'],
    ["ATTACH '/tmp/x.db'", 'read-only'],
    ["SET memory_limit = '10GB'", ''],
    ['PRAGMA enable_profiling', ''],
    ['INSTALL httpfs', ''],
    ["SELECT * FROM read_csv('/etc/passwd')", 'Permission Error'],
    ["SELECT * FROM read_text('/etc/passwd')", 'Permission Error'],
    ["SELECT * FROM glob('/etc/*')", 'Permission Error'],
    ["SELECT * FROM '/etc/passwd.csv'", 'Permission Error'],
    ["SELECT * FROM read_parquet('https://example.com/x.parquet')", 'Permission Error'],
    [
      "EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/tidegate-should-not-be.parquet'",
      'Permission Error',
    ],
    ['EXPLAIN ANALYZE SELECT 1', 'read-only'],
  ])('refuses %p', async (sql, why) => {
    const { ask } = await open();
    await expect(ask(sql)).rejects.toThrow(why);
  });

  it.each(['', 'EXPLAIN ANALYZE '])('writes nothing beside the tables: %sCOPY', async (explain) => {
    const { ask, folder } = await open();
    await expect(ask(`${explain}COPY (SELECT 1) TO '${folder}/mine.parquet'`)).rejects.toThrow(
      'read-only',
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('ends a statement that takes too long or too much memory, and one that is cancelled', async () => {
    const { ask, engine } = await open(200);
    const long =
      'SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b WHERE a.range > b.range';
    await expect(ask(long)).rejects.toThrow('longer than 0.2 s');
    const cancelling = new AbortController();
    const running = engine.query(long, { maxRows: 1 }, cancelling.signal);
    cancelling.abort();
    await expect(running).rejects.toThrow('cancelled');
    const large = "SELECT list(a.range || repeat('x', 1000)) FROM range(1000000) a";
    await expect((await open()).ask(large)).rejects.toThrow('more memory');
  });

  it('gives values as JSON has them', async () => {
    const { ask } = await open();
    const { rows } = await ask(
      `SELECT 9007199254740993::BIGINT, 5::HUGEINT, 'NaN'::DOUBLE, 'inf'::DOUBLE, 1.50::DECIMAL(9, 2),
         TIMESTAMP '2026-01-02 03:04:05.5', [1::BIGINT, NULL], {a: DATE '2026-01-02'}, NULL, true`,
    );
    expect(rows).toEqual([
      [
        ...['9007199254740993', 5, null, 'Infinity', '1.50', '2026-01-02T03:04:05.500Z'],
        ...[[1, null], { a: '2026-01-02' }, null, true],
      ],
    ]);
  });
});
