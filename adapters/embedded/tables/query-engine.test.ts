import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from './build';
import { openDuck } from './duckdb';
import { labelOf, openLabels } from './labels-fixture';
import { recover } from './part-files';
import { openQueryEngine } from './query-engine';
import { openTableState } from './table-state';
import { asked, descriptionOf, idOf, lineOf, openFolders, type Taught } from './tables-fixture';

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
  const served = ['wine'];
  const looked: string[] = [];
  const engine = await openQueryEngine({
    folder: folders.folder,
    results: join(folders.root, 'results'),
    daysOf: state.daysOf,
    partsOf: (table, date) => {
      looked.push(`${table} ${date}`);
      return state.partsOf(table, date);
    },
    services: async () => {
      const { table } = await description();
      return served.map((service) => ({ service, table, places: [] }));
    },
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
    /** Tables' days whose parts were asked for. */
    looked,
    served,
    results: join(folders.root, 'results'),
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

  it('reads a day’s or a request’s rows while others come', async () => {
    const { ask, append, build, taught } = await open();
    const line = (n: number) =>
      lineOf(`2026-11-${10 + n}T10:00:00.000Z`, n, asked(['pH', 'alcohol'], [[n, n]], [n]));
    append([line(0)]);
    await build();
    const asking = async () => {
      const found: unknown[] = [];
      for (let n = 0; n < 10; n += 1) {
        const [rows] = await Promise.all([
          ask("SELECT ph FROM inference.wine WHERE request_date = '2026-11-10'"),
          ask(
            `SELECT status_code FROM inference.requests WHERE request_id = '${line(0).request_id}'`,
          ),
        ]);
        found.push(rows.rows);
      }
      return found;
    };
    const all = Promise.all([asking(), asking(), asking()]);
    for (let n = 1; n < 10; n += 1) {
      // Some time in between there are more columns.
      if (n === 5) taught.push(WINE_2);
      append([line(n)]);
      await build();
    }
    expect((await all).flat()).toEqual(Array(30).fill([[0]]));
    expect(await ask('SELECT count(*) FROM inference.wine')).toMatchObject({ rows: [[10]] });
  });

  it('looks for a day’s rows in the parts of that day and those beside it, however many there are', async () => {
    const { ask, append, build, looked } = await open();
    const days = [8, 9, 10, 11, 12, 13].map((day) => String(day).padStart(2, '0'));
    const at = (day: string) => `2026-11-${day}T10:00:00.000Z`;
    append(
      days.map((day) => lineOf(at(day), 1, asked(['pH', 'alcohol'], [[Number(day), 1]], [1]))),
    );
    await build();
    const sql = "SELECT ph FROM inference.wine WHERE request_date = '2026-11-10'";
    expect((await ask(sql)).rows).toEqual([[10]]);
    expect(looked).toEqual(['wine 2026-11-09', 'wine 2026-11-10', 'wine 2026-11-11']);
    expect((await ask('SELECT sum(ph) FROM inference.wine')).rows).toEqual([[63]]);
  });

  it('finds a day’s labels, those that wait and those in its parts', async () => {
    const fixture = await openLabels([{ ...WINE, inputs: { a: 'double' } }], T);
    closing.push(fixture.close);
    const { append, push, sql } = fixture;
    const builder = await fixture.openBuilder();
    const next = '2026-11-25T10:00:00.000Z';
    const label = (value: number, time: string) =>
      labelOf(value, { example_id: `${idOf(time, 1)}-0` });
    append([T, next].map((time) => lineOf(time, 1, asked(['a'], [[1]], [2]))));
    await push([label(5, T), label(6, next)]);
    await builder.step();
    const asks = [
      ["request_date = '2026-11-20'", [[5]]],
      [`example_id = '${idOf(next, 1)}-0'`, [[6]]],
      [`request_id > '${idOf(T, 1)}' AND label > 5`, [[6]]],
      ["request_date < '2026-11-18'", []],
    ] as const;
    for (const merged of [false, true]) {
      if (merged) await builder.merge();
      for (const [condition, rows] of asks) {
        expect(await sql(`SELECT label FROM inference.wine WHERE ${condition}`)).toEqual(rows);
      }
      const labels = (day: string) =>
        sql(`SELECT count(*) FROM inference.labels WHERE received_date = '${day}'`);
      expect(await labels('2026-11-20')).toEqual([[2]]);
      expect(await labels('2026-11-25')).toEqual([[0]]);
    }
  });

  it('forgets the tables of a service that is gone, and knows them when it is back', async () => {
    const { ask, append, build, served } = await open();
    append([lineOf(T, 1, asked(['pH', 'alcohol'], [[1, 2]], [3]))]);
    await build();
    const count = 'SELECT count(*) FROM inference.wine';
    expect(await ask(count)).toMatchObject({ rows: [[1]] });
    served.pop();
    await expect(ask(count)).rejects.toThrow('wine does not exist');
    served.push('wine');
    expect(await ask(count)).toMatchObject({ rows: [[1]] });
  });

  it('describes a table, and answers a statement that needs no rows of one', async () => {
    const { ask } = await open();
    const { rows } = await ask('DESCRIBE inference.wine');
    expect(rows).toContainEqual(['ph', 'DOUBLE', 'YES', null, null, null]);
    const none = 'SELECT request_id FROM inference.wine WHERE false';
    expect(await ask(none)).toMatchObject({ rows: [] });
    // With a statement in a text it is not known what is read.
    const hidden = `FROM json_execute_serialized_sql(json_serialize_sql('FROM inference.wine'))`;
    await expect(ask(hidden)).rejects.toThrow('syntax error');
    // Nor with a number that is no JSON.
    const odd = "SELECT count(*) FROM inference.wine WHERE ph = 'NaN'";
    expect(await ask(odd)).toMatchObject({ rows: [[0]] });
  });

  it.each([
    ['SELECT * FROM win', 'Did you mean "inference.wine"?'],
    ['SELECT * FROM stand_in.wine', 'does not exist'],
    ['SELECT nothing FROM inference.wine', 'Candidate bindings'],
  ])('tells what is wrong with %p as the tables are', async (sql, why) => {
    const { ask } = await open();
    await expect(ask(sql)).rejects.toThrow(why);
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

  it('ends every statement that is cancelled, whatever it is about to do', async () => {
    const { engine } = await open(60_000);
    const long = 'SELECT count(*) FROM range(100000000000) t(i) WHERE hash(i) = 8';
    for (const ms of [1, 5, 10, 30]) {
      const cancelling = new AbortController();
      // More than there are threads to begin them.
      const running = Array.from({ length: 8 }, () =>
        engine.query(long, { maxRows: 1 }, cancelling.signal),
      );
      await sleep(ms);
      cancelling.abort();
      for (const one of await Promise.allSettled(running)) {
        expect(one).toMatchObject({ reason: { message: expect.stringContaining('cancelled') } });
      }
    }
  });

  it('waits for a part that is on its way', async () => {
    const { ask, append, build, folder } = await open();
    append([lineOf(T, 1, asked(['pH', 'alcohol'], [[1, 2]], [3]))]);
    await build();
    renameSync(join(folder, 'wine'), join(folder, 'away'));
    const counted = ask('SELECT count(*) FROM inference.wine');
    await sleep(200);
    renameSync(join(folder, 'away'), join(folder, 'wine'));
    expect(await counted).toMatchObject({ rows: [[1]] });
  });

  it.each([
    ['SELECT 1 AS a; -- the end; of it', 'a\n1\n'],
    ['SELECT 1 AS a /* ; */ ;; ;\n/* ; */', 'a\n1\n'],
    ["SELECT '; -- x' AS a", 'a\n; -- x\n'],
    ['SELECT 1 -- ;\n + 2 AS a', 'a\n3\n'],
    ['SELECT $$;$$ AS ";"; ', ';\n;\n'],
  ])('writes the whole result of %j', async (sql, csv) => {
    const { engine, results } = await open();
    const file = join(results, 'whole.csv');
    await engine.export(sql, 'csv', file, never);
    expect(readFileSync(file, 'utf8').replaceAll('"', '')).toBe(csv);
  });

  it('names no place on this machine when a result cannot be written', async () => {
    const { engine, results } = await open();
    const file = join(results, 'taken.csv');
    mkdirSync(file, { recursive: true });
    const failed = engine.export('SELECT 1', 'csv', file, never);
    await expect(failed).rejects.toThrow('<results>/taken.csv');
    await expect(failed).rejects.not.toThrow(results);
  });

  it('gives as many rows as 4 MB of JSON hold, whatever their letters', async () => {
    const { ask } = await open();
    const rowsOf = async (letter: string) => {
      const { rows, truncated } = await ask(`SELECT repeat('${letter}', 100000) FROM range(100)`);
      return [rows.length, truncated];
    };
    // With brackets and quotes a row is a little more than its letters, of 1, 3 and 4 bytes.
    expect(await rowsOf('a')).toEqual([39, true]);
    expect(await rowsOf('界')).toEqual([13, true]);
    expect(await rowsOf('😀')).toEqual([9, true]);
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

  it.each(['\ufeff', '\ufeff{"mark": 1}'])('keeps a text’s byte order mark: %j', async (text) => {
    const { ask } = await open();
    const { rows } = await ask(`SELECT '${text}', ['${text}'], {a: '${text}'}, '${text}'::VARIANT`);
    expect(rows).toEqual([[text, [text], { a: text }, text]]);
  });
});
