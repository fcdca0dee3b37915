import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { build } from './build';
import { openDuck } from './duckdb';
import { recover } from './part-files';
import { openQueryEngine } from './query-engine';
import { openTableState } from './table-state';
import { asked, descriptionOf, idOf, lineOf, openFolders, type Taught } from './tables-fixture';
import { viewStatement, viewsOf } from './views';

const RUNS = Number(process.env.TIDEGATE_SEQUENCES ?? 200);
const WINE: Taught = { model: 'wine', version: 1, inputs: { ph: 'double' } };
const WINE_2: Taught = { ...WINE, version: 2, inputs: { ph: 'double', alcohol: 'double' } };
const DAYS = ['2026-11-01', '2026-11-02', '2026-11-05', '2026-11-09', '2026-11-10', '2026-12-01'];

/** Requests of several rows, on each day in some parts, a few with more columns, or with no rows to be. */
const LINES = DAYS.flatMap((day, d) =>
  [0, 1, 2, 3].map((n) => {
    if (n === 3) return lineOf(`${day}T03:00:00.000Z`, d * 10 + n, asked(['ph'], [[1], [2]], [3]));
    const time = `${day}T${n === 2 ? '23:59:59.999' : `0${n}:00:00.000`}Z`;
    const body =
      n === 1 && d > 2
        ? {
            ...asked(
              ['ph', 'alcohol'],
              [
                [d, n],
                [n, d],
              ],
              [d, n],
            ),
            model_version: 2,
          }
        : asked(['ph'], [[d], [n]], n === 2 && d % 2 === 0 ? [d] : [d, n]);
    return lineOf(time, d * 10 + n, body);
  }),
);

const open = async () => {
  const folders = openFolders();
  const duck = await openDuck({ memory: '200MB', threads: 1, spill: null });
  const state = openTableState(join(folders.root, 'tables.db'));
  await recover(folders.folder, state);
  // Parts of the first days have fewer columns.
  for (const [taught, from, to] of [
    [[WINE], 0, 12],
    [[WINE, WINE_2], 12, LINES.length],
  ] as const) {
    folders.append(LINES.slice(from, to));
    const describe = async () => descriptionOf(taught);
    await build({ ...folders, duck, state, describe, mostRows: 2 });
  }
  const { table } = descriptionOf([WINE, WINE_2]);
  const served = [{ service: 'wine', table, places: [] }];
  // Nothing is left out of these.
  await duck.run('CREATE SCHEMA inference');
  for (const view of viewsOf(served)) {
    const parts = state.allParts().filter(({ table }) => table === view.table);
    const rows = viewStatement(folders.folder, view, parts);
    await duck.run(`CREATE VIEW inference.${view.table} AS ${rows}`);
  }
  const engine = await openQueryEngine({
    folder: folders.folder,
    results: join(folders.root, 'results'),
    daysOf: state.daysOf,
    partsOf: state.partsOf,
    services: async () => served,
    waiting: state.waiting,
    memory: '200MB',
    longestMs: 20_000,
  });
  const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).toSorted();
  const whole = (sql: string) => `SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (${sql}\n)`;
  return {
    state,
    async pruned(sql: string) {
      const limits = { maxRows: 100_000 };
      return sorted((await engine.query(whole(sql), limits, new AbortController().signal)).rows);
    },
    unpruned: async (sql: string) =>
      sorted((await duck.rows(whole(sql))).map((row) => Object.values(row))),
    close() {
      engine.close();
      duck.close();
      state.close();
      rmSync(folders.root, { recursive: true });
    },
  };
};

const quoted = (text: string): string => `'${text}'`;
const day = fc.constantFrom(...DAYS, '2026-10-31', '2026-11-03', '2026-11-30', '2027-01-01');
const id = fc
  .record({ day: fc.constantFrom(...DAYS), d: fc.nat(5), n: fc.nat(2) })
  .map(({ day, d, n }) => idOf(`${day}T0${n % 2}:00:00.000Z`, d * 10 + n));
const known = fc.constantFrom(...LINES.map((line) => String(line.request_id)));
const operator = fc.constantFrom('=', '<', '<=', '>', '>=', '<>', 'IS DISTINCT FROM');
/** Columns, with `@` for their relation, and values to compare them with. */
const COLUMNS: readonly (readonly [string, fc.Arbitrary<string>])[] = [
  ['@.request_date', day.map(quoted)],
  [
    '@.request_date',
    fc.oneof(
      day.map((date) => `DATE '${date}'`),
      day.map((date) => `TIMESTAMP '${date} 00:00:00'`),
      day.map((date) => `(DATE '${date}' + INTERVAL 1 DAY)`),
      fc.constantFrom('current_date', 'NULL'),
    ),
  ],
  ['@.request_date::VARCHAR', day.map(quoted)],
  ['(@.request_date + 1)', day.map(quoted)],
  ["date_trunc('month', @.request_date)", day.map(quoted)],
  ['@.request_time', day.map((date) => `TIMESTAMP '${date} 01:00:00'`)],
  ['@.request_time::DATE', day.map(quoted)],
  ['@.request_id', fc.oneof(id, known).map(quoted)],
  ['left(@.request_id, 13)', known.map((text) => quoted(text.slice(0, 13)))],
  ["(@.request_id || '-0')", known.map((text) => quoted(`${text}-0`))],
];
const OF_WINE: typeof COLUMNS = [
  ...COLUMNS,
  ['@.example_id', fc.tuple(known, fc.nat(2)).map(([text, row]) => quoted(`${text}-${row}`))],
  ['@.ph', fc.nat(6).map(String)],
];
/** Half of these leave parts out. */
const condition = (columns: typeof COLUMNS): fc.Arbitrary<string> => {
  const bare = columns.filter(([column]) => /^@\.(request_date|\w+_id)$/.test(column));
  const plain = fc.constantFrom(...bare).chain(compared);
  const any = anyOn(columns);
  return fc.oneof(
    plain,
    fc.tuple(plain, any).map(([one, other]) => `(${one} AND ${other})`),
    fc
      .constantFrom(...bare)
      .chain((column) =>
        fc.tuple(compared(column), compared(column)).map(([one, other]) => `(${one} OR ${other})`),
      ),
    any,
  );
};
const anyOn = (columns: typeof COLUMNS): fc.Arbitrary<string> =>
  fc.letrec<{ any: string; leaf: string }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
      tie('leaf'),
      fc.tuple(tie('any'), tie('any')).map(([one, other]) => `(${one} AND ${other})`),
      fc.tuple(tie('any'), tie('any')).map(([one, other]) => `(${one} OR ${other})`),
      tie('any').map((one) => `(NOT ${one})`),
      tie('any').map((one) => `coalesce(${one}, true)`),
      tie('any').map((one) => `((${one}) IS NOT TRUE)`),
    ),
    leaf: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...columns).chain(compared) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '(@.request_id IS NOT NULL)',
          "(@.request_id LIKE '019%')",
          '(year(@.request_date) = 2026)',
          '(random() < 2)',
          'true',
          'false',
        ),
      },
    ),
  })).any;
const compared = ([column, value]: (typeof COLUMNS)[number]): fc.Arbitrary<string> =>
  fc.oneof(
    fc.tuple(operator, value).map(([is, text]) => `(${column} ${is} ${text})`),
    fc.tuple(operator, value).map(([is, text]) => `(${text} ${is} ${column})`),
    fc.tuple(value, value).map(([from, to]) => `(${column} BETWEEN ${from} AND ${to})`),
    fc
      .tuple(fc.constantFrom('IN', 'NOT IN'), fc.array(value, { minLength: 1, maxLength: 3 }))
      .map(([is, values]) => `(${column} ${is} (${values.join(', ')}))`),
    fc.constant(`(${column} IS NULL)`),
  );
const anyOf = condition(COLUMNS);
const ofWine = condition(OF_WINE);

/** Statements with conditions on `wine` (as w and x) and `requests` (as r). */
const SHAPES: readonly ((w: string, x: string, r: string) => string)[] = [
  (w) => `SELECT w.* FROM inference.wine w WHERE ${w}`,
  (w) => `SELECT count(*), min(request_date), max(example_id) FROM inference.wine w WHERE ${w}`,
  (w) => `SELECT count(*) FILTER (WHERE ${w}) AS some, count(*) AS n FROM inference.wine w`,
  (w) =>
    `SELECT request_date, request_id, request_time, example_id, ph, count(*) FROM inference.wine w GROUP BY ALL HAVING ${w}`,
  (w) =>
    `SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY request_date ORDER BY example_id) AS place FROM inference.wine) w WHERE ${w}`,
  (w) => `SELECT * FROM (SELECT *, count(*) OVER () AS n FROM inference.wine) w WHERE ${w}`,
  (w) =>
    `SELECT * FROM (SELECT * FROM inference.wine ORDER BY example_id DESC LIMIT 5) w WHERE ${w}`,
  (w, x) =>
    `SELECT w.example_id, x.example_id FROM inference.wine w JOIN inference.wine x ON w.ph = x.ph WHERE ${w} AND ${x}`,
  (w, x) =>
    `SELECT w.example_id, x.example_id FROM inference.wine w JOIN inference.wine x ON w.request_date = x.request_date AND ${x} WHERE ${w}`,
  (w, x) =>
    `SELECT w.example_id, x.example_id FROM inference.wine w, inference.wine x WHERE ${w} OR ${x}`,
  (w, _, r) =>
    `SELECT w.example_id, r.request_id FROM inference.wine w LEFT JOIN inference.requests r ON w.request_id = r.request_id AND ${r} WHERE ${w}`,
  (w, _, r) =>
    `SELECT w.example_id, r.request_id FROM inference.wine w LEFT JOIN inference.requests r ON w.request_id = r.request_id AND ${w} WHERE ${r}`,
  (w, _, r) =>
    `SELECT w.example_id, r.request_id FROM inference.wine w LEFT JOIN inference.requests r ON w.request_id = r.request_id AND ${w} AND ${r}`,
  (w, _, r) =>
    `SELECT w.example_id, r.request_id FROM inference.wine w FULL JOIN inference.requests r ON w.request_id = r.request_id AND ${w} AND ${r}`,
  (w, _, r) =>
    `SELECT w.example_id, r.request_id FROM inference.wine w RIGHT JOIN inference.requests r ON w.request_id = r.request_id AND ${w} WHERE ${r}`,
  (w, _, r) =>
    `SELECT w.example_id FROM inference.wine w SEMI JOIN inference.requests r ON w.request_date = r.request_date AND ${r} WHERE ${w}`,
  (w, _, r) =>
    `SELECT w.example_id FROM inference.wine w ANTI JOIN inference.requests r ON w.request_id = r.request_id AND ${r} WHERE ${w}`,
  (w, _, r) =>
    `SELECT w.example_id FROM inference.wine w WHERE request_id IN (SELECT request_id FROM inference.requests r WHERE ${r}) AND ${w}`,
  (w, _, r) =>
    `SELECT w.example_id FROM inference.wine w WHERE request_id NOT IN (SELECT request_id FROM inference.requests r WHERE ${r}) OR ${w}`,
  (w, x) =>
    `SELECT w.example_id FROM inference.wine w WHERE NOT EXISTS (FROM inference.wine x WHERE x.ph = w.ph AND ${x}) AND ${w}`,
  (w, x) =>
    `SELECT w.example_id, (SELECT count(*) FROM inference.wine x WHERE x.request_date <= w.request_date AND ${x}) AS n FROM inference.wine w WHERE ${w}`,
  (w, x) =>
    `SELECT w.example_id FROM inference.wine w WHERE request_date = (SELECT max(request_date) FROM inference.wine x WHERE ${x}) AND ${w}`,
  (w, x) =>
    `WITH kept AS MATERIALIZED (SELECT * FROM inference.wine) SELECT example_id FROM kept w WHERE ${w} UNION ALL SELECT example_id FROM kept x WHERE ${x}`,
  (w, x) =>
    `WITH kept AS (SELECT * FROM inference.wine) SELECT w.example_id, x.row_index FROM kept w JOIN kept x USING (request_id) WHERE ${w} AND ${x}`,
  (w, x) =>
    `SELECT example_id FROM inference.wine w WHERE ${w} UNION SELECT example_id FROM inference.wine x WHERE ${x}`,
  (w, x) =>
    `SELECT example_id FROM inference.wine w WHERE ${w} EXCEPT SELECT example_id FROM inference.wine x WHERE ${x}`,
  (w, x) =>
    `SELECT example_id FROM inference.wine w WHERE ${w} INTERSECT SELECT example_id FROM inference.wine x WHERE ${x}`,
  (w, _, r) =>
    `SELECT w.example_id, e.reason FROM inference.wine w FULL JOIN inference.wine_errors e USING (request_date) JOIN inference.requests r USING (request_date) WHERE ${w} OR ${r}`,
  (_, __, r) => `SELECT r.* FROM inference.wine_errors r WHERE ${r}`,
  (w, x) =>
    `SELECT CASE WHEN ${w} THEN 1 END AS a FROM inference.wine w WHERE (SELECT count(*) FROM inference.wine x WHERE ${x}) > 3`,
  (w) =>
    `WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 2) SELECT i, example_id FROM n, inference.wine w WHERE row_index <= i AND ${w}`,
  (w, x) =>
    `SELECT w.example_id, l.n FROM inference.wine w, LATERAL (SELECT count(*) AS n FROM inference.wine x WHERE x.ph > w.ph AND ${x}) l WHERE ${w}`,
  (w, x) =>
    `SELECT w.example_id, x.example_id FROM inference.wine w ASOF JOIN inference.wine x ON w.row_index = x.row_index AND w.request_time >= x.request_time WHERE ${w} AND ${x}`,
];

describe('a statement that reads only some parts', () => {
  it('answers as if it read them all', async () => {
    const { pruned, unpruned, state, close } = await open();
    try {
      expect(new Set(state.allParts().map(({ shape }) => shape)).size).toBeGreaterThan(3);
      expect(state.allParts().length).toBeGreaterThan(30);
      const statement = fc
        .tuple(fc.constantFrom(...SHAPES), ofWine, ofWine, anyOf)
        .map(([shape, w, x, r]) =>
          shape(w.replaceAll('@', 'w'), x.replaceAll('@', 'x'), r.replaceAll('@', 'r')),
        );
      await fc.assert(
        fc.asyncProperty(statement, async (sql) => {
          expect(await pruned(sql)).toEqual(await unpruned(sql));
        }),
        { numRuns: RUNS },
      );
    } finally {
      close();
    }
  }, 600_000);
});
