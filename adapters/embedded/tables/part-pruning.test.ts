import { NO_COLUMNS } from '../../../core/tables/service-table';
import { neededDays, neededParts } from './part-pruning';
import { openPlanner, scansOf } from './statement-planner';
import type { Part } from './table-state';
import { viewsOf } from './views';

const VIEWS = viewsOf([{ service: 'wine', table: NO_COLUMNS, places: [] }]);
/** Days far enough apart, and their first and last ids. */
const DAYS = [
  ['2026-11-01', 'a1', 'a9'],
  ['2026-11-05', 'b1', 'b9'],
  ['2026-11-09', 'c1', 'c9'],
  ['2026-11-10', 'c5', 'd9'],
] as const;
const partsOf = (table: string): readonly Part[] =>
  DAYS.map(([date, firstId, lastId]) => ({
    ...{ table, date, firstId, lastId, number: 1, rows: 1, bytes: 1, shape: '' },
  }));

const planner = openPlanner().then(async (opened) => {
  for (const view of VIEWS) await opened.define(view);
  return opened;
});
afterAll(async () => (await planner).duck.close());

/** Days of the month whose parts a statement needs of a table; null when it does not read it. */
const neededOf = async (sql: string, table = 'wine'): Promise<readonly number[] | null> => {
  const connection = await (await planner).duck.connect();
  try {
    const scans = (await scansOf(connection, sql))?.filter((scan) => scan.table === table) ?? [];
    if (scans.length === 0) return null;
    const parts = partsOf(table);
    const needed = neededParts(parts, scans);
    // Parts are looked for in these days alone.
    const days = parts.map(({ date }) => date);
    const within = neededDays(table, days, scans);
    expect(needed.filter(({ date }) => !within.includes(date))).toEqual([]);
    return needed.map(({ date }) => Number(date.slice(-2)));
  } finally {
    connection.closeSync();
  }
};
const ALL = [1, 5, 9, 10];

describe('the parts that a statement needs', () => {
  // The days beside a day are always with it.
  it.each([
    ["request_date = '2026-11-05'", [5]],
    ["'2026-11-05' = request_date", [5]],
    ["request_date = DATE '2026-11-09'", [9, 10]],
    ["request_date = '2026-11-07'", []],
    ["request_date < '2026-11-05'", [1, 5]],
    ["request_date < '2026-11-04'", [1]],
    ["request_date <= '2026-11-04'", [1, 5]],
    ["request_date > '2026-11-06'", [9, 10]],
    ["request_date >= '2026-11-06'", [5, 9, 10]],
    ["NOT request_date < '2026-11-08'", [9, 10]],
    ["request_date BETWEEN '2026-11-03' AND '2026-11-07'", [5]],
    ["request_date IN ('2026-11-01', '2026-11-10')", [1, 9, 10]],
    ["request_date = '2026-11-01' OR request_date = '2026-11-05'", [1, 5]],
    ["request_date > '2026-11-02' AND request_date < '2026-11-07'", [5]],
    ["request_date = '2026-11-05' AND row_index > 1", [5]],
    ["date_trunc('month', request_date) = '2026-11-01'", ALL],
    ["date_trunc('month', request_date) = '2026-12-01'", []],
    ["request_id = 'b5'", [5]],
    ["request_id = 'c7'", [9, 10]],
    ["request_id < 'a1'", []],
    ["request_id <= 'a1'", [1]],
    ["request_id > 'd9'", []],
    ["request_id >= 'd9'", [10]],
    ["request_id = 'zürich'", []],
    ["request_id > 'zürich'", []],
    ["request_id < '\u{1f600}'", ALL],
    ["request_id IN ('a1', 'b9')", [1, 5]],
    ["request_id LIKE 'b%'", [5]],
    ["request_id = 'c7' AND request_date = '2026-11-05'", []],
    ["example_id = 'a1-0'", [1]],
    ["example_id = 'a9-17'", [1]],
    ["example_id = 'b0-0'", []],
    ["example_id IN ('a1-0', 'b9-12')", [1, 5]],
    ['request_date = current_date - 10000', []],
    ['request_date >= current_date - 10000', ALL],
  ])('are those of the days and ids in %s', async (condition, days) => {
    expect(await neededOf(`SELECT * FROM inference.wine WHERE ${condition}`)).toEqual(days);
  });

  it.each([
    "request_date <> '2026-11-05'",
    "request_date NOT IN ('2026-11-05')",
    'request_date IS NULL',
    'request_date IS NOT NULL',
    "request_date IS DISTINCT FROM '2026-11-05'",
    "request_date = '2026-11-05' OR row_index = 1",
    "request_date = '2026-11-05' OR request_date IS NULL",
    "request_date::VARCHAR = '2026-11-05'",
    "request_date + 1 = '2026-11-05'",
    'year(request_date) = 2026',
    "coalesce(request_date = '2026-11-05', true)",
    "request_date = (SELECT max(request_date) FROM inference.requests WHERE request_id = 'a5')",
    "request_time = TIMESTAMP '2026-11-05 10:00:00'",
    "left(request_id, 1) = 'b'",
    "request_id = 'B5' COLLATE NOCASE",
    "request_id IN ('b5', NULL)",
  ])('are all with %s', async (condition) => {
    expect(await neededOf(`SELECT * FROM inference.wine WHERE ${condition}`)).toEqual(ALL);
  });

  it.each([
    ['SELECT count(*), min(request_date), max(request_id) FROM inference.wine', ALL],
    ["SELECT count(*) FILTER (WHERE request_date = '2026-11-05') FROM inference.wine", ALL],
    ["SELECT * FROM (FROM inference.wine LIMIT 3) WHERE request_date = '2026-11-05'", ALL],
    ["WITH w AS (FROM inference.wine) SELECT * FROM w WHERE request_date = '2026-11-05'", [5]],
    ["FROM inference.wine WHERE request_id = 'a5' UNION ALL FROM inference.wine LIMIT 9", ALL],
    [
      "FROM inference.wine WHERE request_id = 'a5' UNION ALL FROM inference.wine WHERE request_id = 'b5'",
      [1, 5],
    ],
    [
      "SELECT * FROM inference.wine a JOIN inference.wine b USING (row_index) WHERE a.request_date = '2026-11-05'",
      ALL,
    ],
    [
      "SELECT * FROM inference.wine a JOIN inference.wine b USING (request_date) WHERE a.request_date = '2026-11-05'",
      [5],
    ],
    [
      "SELECT * FROM inference.requests r LEFT JOIN inference.wine w ON w.row_index = r.row_count AND w.request_date = '2026-11-05'",
      [5],
    ],
    [
      "SELECT * FROM inference.wine w LEFT JOIN inference.requests r ON r.row_count = w.row_index AND w.request_date = '2026-11-05'",
      ALL,
    ],
    ["SELECT * FROM query('FROM inference.w' || 'ine WHERE request_id = ''b5''')", [5]],
    ["SELECT * FROM inference.requests WHERE request_id = 'b5'", null],
    ['SELECT * FROM inference.wine WHERE false', null],
    ['SELECT nothing FROM inference.wine', null],
  ])('are the ones that some scan needs: %s', async (sql, days) => {
    expect(await neededOf(sql)).toEqual(days);
  });

  it('goes by the days on which labels came, and not by their examples', async () => {
    const of = (condition: string) =>
      neededOf(`SELECT * FROM inference.labels WHERE ${condition}`, 'labels');
    expect(await of("received_date = '2026-11-05'")).toEqual([5]);
    expect(await of("request_id = 'b5'")).toEqual([5]);
    expect(await of("example_id = 'b5-0'")).toEqual(ALL);
  });
});
