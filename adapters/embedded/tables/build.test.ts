import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { segmentFile } from '../capture-log/segments';
import { build } from './build';
import { type Duck, openDuck } from './duckdb';
import { recover } from './part-files';
import { openTableState } from './table-state';
import { asked, descriptionOf, idOf, lineOf, openFolders, type Taught } from './tables-fixture';
import { recordLine } from './window-lines';

const closing: (() => void)[] = [];
let reader: Duck;
beforeAll(async () => {
  reader = await openDuck({ memory: '200MB', threads: 1, spill: null });
});
afterAll(() => reader.close());
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

const WINE: Taught = { model: 'wine', version: 1, inputs: { pH: 'double', alcohol: 'double' } };

const open = async (taught: Readonly<Record<string, readonly Taught[]>> = { wine: [WINE] }) => {
  const folders = openFolders();
  const duck = await openDuck({ memory: '200MB', threads: 1, spill: null, atOnce: 2 });
  const state = openTableState(join(folders.root, 'tables.db'));
  closing.push(() => {
    duck.close();
    state.close();
    rmSync(folders.root, { recursive: true });
  });
  await recover(folders.folder, state);
  const describe = async (service: string) => {
    const versions = taught[service];
    return versions && descriptionOf(versions);
  };
  return {
    ...folders,
    ...{ duck, state },
    build: (mostRows?: number) => build({ ...folders, duck, state, describe, mostRows }),
    buildWith: (over: Partial<Parameters<typeof build>[0]>) =>
      build({ ...folders, duck, state, describe, ...over }),
    /** A table as a foreign reader sees it, a row per line. */
    async table(table: string, columns = '*'): Promise<string> {
      const files = join(folders.folder, table, '*', '*.parquet');
      const rows = await reader.rows(
        `SELECT ${columns} FROM read_parquet('${files}', union_by_name = true, hive_partitioning = true)
         ORDER BY request_id${columns.includes('row_index') ? ', row_index' : ''}`,
      );
      return rows
        .map((row) =>
          Object.values(row)
            .map((cell) => (cell instanceof Date ? cell.toISOString() : String(cell)))
            .join(' | '),
        )
        .join('\n');
    },
  };
};

const T = '2026-11-20T10:00:00.000Z';

describe('a build', () => {
  it('makes a row of each prediction, values by the names of their columns', async () => {
    const { append, build, table } = await open();
    append([
      lineOf(
        T,
        1,
        asked(
          ['alcohol', 'pH'],
          [
            [9.4, 3.51],
            [9.8, null],
          ],
          [5.5, 6],
        ),
      ),
      lineOf(T, 2, asked(['pH', 'extra', 'alcohol'], [[3.2, 'x', 10]], [null])),
      lineOf(T, 3, {
        status_code: 400,
        error_type: 'invalid-input',
        request: '{"a',
        response: { status: 400 },
      }),
    ]);
    expect(await build()).toMatchObject({ requests: 3, rows: 3, errors: 0, malformed: 0 });
    expect(await table('wine', 'row_index, ph, alcohol, prediction, request_date')).toBe(
      [
        '0 | 3.51 | 9.4 | 5.5 | 2026-11-20T00:00:00.000Z',
        '1 | null | 9.8 | 6 | 2026-11-20T00:00:00.000Z',
        '0 | 3.2 | 10 | null | 2026-11-20T00:00:00.000Z',
      ].join('\n'),
    );
    expect(await table('requests', 'status_code, request, response')).toContain(
      '400 | {"a | {"status":400}',
    );
  });

  it('adds what is new, each request once, however often it is delivered', async () => {
    const { append, build, table, state } = await open();
    const first = lineOf(T, 1, asked(['pH', 'alcohol'], [[1, 2]], [3]));
    append([first, first]);
    expect(await build()).toMatchObject({ requests: 1, repeated: 1 });
    expect(await build()).toBeNull();
    append([lineOf(T, 3, asked(['pH', 'alcohol'], [[4, 5]], [6])), first], { next: true });
    append([lineOf(T, 2, asked(['pH', 'alcohol'], [[7, 8]], [9])), first], { next: true });
    expect(await build()).toMatchObject({ requests: 2, repeated: 2, rows: 2 });
    expect(await table('wine', 'row_index, ph')).toBe('0 | 1\n0 | 7\n0 | 4');
    expect(state.partsOf('wine', '2026-11-20')).toMatchObject([{ number: 1, rows: 3 }]);
  });

  it('takes thousands of requests in pieces, each row in one part', async () => {
    const { append, build, table, state } = await open();
    const many = Array.from({ length: 12_000 }, (_, n) => {
      const data = Array.from({ length: n % 3 }, (__, row) => [n, row]);
      const values = data.map(([request = 0, row = 0]) => request + row);
      return lineOf(T, n, asked(['pH', 'alcohol'], data, values));
    });
    // Of two segments, each with some that the other has as well.
    append(many.slice(0, 7_000));
    append(many.slice(5_000), { next: true });
    const counts = { requests: 12_000, repeated: 2_000, rows: 12_000, errors: 4_000 };
    expect(await build(5_000)).toMatchObject(counts);
    const rows = await table('wine', 'example_id, row_index, ph, alcohol, prediction');
    const expected = many.flatMap(({ request_id }, n) =>
      Array.from({ length: n % 3 }, (_, i) => [`${request_id}-${i}`, i, n, i, n + i].join(' | ')),
    );
    expect(rows.split('\n')).toEqual(expected);
    expect(state.partsOf('wine', '2026-11-20').map(({ rows }) => rows)).toEqual([
      4_000, 4_000, 4_000,
    ]);
    // A part with room grows, but not by many rows when it is nearly full.
    append(many.slice(0, 1_200).map((line, n) => ({ ...line, request_id: idOf(T, 20_000 + n) })));
    await build(5_000);
    append(many.slice(0, 4_000).map((line, n) => ({ ...line, request_id: idOf(T, 30_000 + n) })));
    await build(5_000);
    expect(state.partsOf('wine', '2026-11-20').map(({ rows }) => rows)).toEqual([
      4_000, 4_000, 5_000, 4_199,
    ]);
  });

  it('takes a long log on in windows, each request once, and leaves the rest to the next build', async () => {
    const { append, buildWith, table } = await open();
    const line = (n: number) => lineOf(T, n, asked(['pH', 'alcohol'], [[n, 0]], [n]));
    for (let n = 1; n <= 5; n += 1) append([line(n)], { next: true });
    append([line(1), line(6)], { next: true });
    const one = recordLine(line(1)).length + 1;
    const mostBytes = 1.5 * one;
    expect(await buildWith({ mostBytes })).toMatchObject({ requests: 4, rows: 4, more: true });
    expect(await buildWith({ mostBytes })).toMatchObject({ requests: 2, repeated: 1, more: false });
    expect(await table('wine', 'row_index, ph')).toBe(
      [1, 2, 3, 4, 5, 6].map((n) => `0 | ${n}`).join('\n'),
    );
  });

  it('tells what it built before it failed, and fails when that is all that is left', async () => {
    const { append, buildWith, duck, folder, table } = await open();
    const line = (n: number) => lineOf(T, n, asked(['pH', 'alcohol'], [[n, 0]], [n]));
    for (let n = 1; n <= 3; n += 1) append([line(n)], { next: true });
    let reads = 0;
    const failing: Duck = {
      ...duck,
      run: async (sql) => {
        if (sql.includes('INSERT INTO arriving')) {
          reads += 1;
          // Each reading is tried once more, line by line.
          if (reads > 1 && reads < 6) throw new Error('the disk is gone');
        }
        return duck.run(sql);
      },
    };
    const built = () => buildWith({ duck: failing, mostBytes: 10 });
    expect(await built()).toMatchObject({ requests: 1, more: true });
    await expect(built()).rejects.toThrow();
    expect(readdirSync(`${folder}.work`)).toEqual([]);
    expect(await built()).toMatchObject({ requests: 2 });
    expect(await table('wine', 'row_index, ph')).toBe('0 | 1\n0 | 2\n0 | 3');
  });

  it('looks at all requests when one does not come to the rows it says', async () => {
    const { append, buildWith, table, folder } = await open();
    const sound = lineOf(T, 1, asked(['pH', 'alcohol'], [[1, 2]], [3]));
    const says = (n: number, row_count: number | null) => ({
      ...lineOf(
        T,
        n,
        asked(
          ['pH', 'alcohol'],
          [
            [n, 0],
            [n, 1],
          ],
          [4, 5],
        ),
      ),
      row_count,
    });
    append([sound, says(2, 1), says(3, 3), says(4, null), says(5, 2), says(6, 2_000_000_000)]);
    expect(await buildWith({ mostRows: 2 })).toMatchObject({ rows: 5, errors: 3 });
    expect(await table('wine', 'row_index, ph')).toBe('0 | 1\n0 | 4\n1 | 4\n0 | 5\n1 | 5');
    expect(await table('wine_errors', 'reason')).toBe(
      ['1', '3', '2000000000']
        .map((n) => `2 rows, ${n} counted when they were answered`)
        .join('\n'),
    );
    expect(readdirSync(`${folder}.work`)).toEqual([]);
  });

  it('knows a request by an id that is longer than what the footer of its part has of it', async () => {
    const { append, build, state } = await open();
    const long = lineOf(T, 1, asked(['pH', 'alcohol'], [[1, 2]], [3]));
    const request_id = `${long.request_id}${'f'.repeat(20_000)}`;
    append([{ ...long, request_id }]);
    expect(await build()).toMatchObject({ requests: 1 });
    const [part] = state.partsOf('requests', '2026-11-20');
    expect(part && part.firstId <= request_id && part.lastId >= request_id).toBe(true);
    append([{ ...long, request_id }], { next: true });
    expect(await build()).toMatchObject({ requests: 0, repeated: 1 });
  });

  it('goes on from where it failed, with half of its parts in place, when more has come', async () => {
    const { append, build, table, folder } = await open();
    append([lineOf(T, 1, asked(['pH', 'alcohol'], [[1, 2]], [3]))]);
    // In the way of the second table's folder.
    writeFileSync(join(folder, 'wine'), '');
    await expect(build()).rejects.toThrow();
    append([lineOf(T, 2, asked(['pH', 'alcohol'], [[4, 5]], [6]))]);
    await expect(build()).rejects.toThrow();
    rmSync(join(folder, 'wine'));
    expect(await build()).toMatchObject({ requests: 1, repeated: 0, rows: 1 });
    expect(await table('wine', 'row_index, ph')).toBe('0 | 1\n0 | 4');
    expect(await table('requests', 'status_code')).toBe('200\n200');
  });

  it('leaves nothing in its drafts of a stretch that was too much for its memory', async () => {
    const { append, folder, log, duck, state, table } = await open();
    const padding = 'x'.repeat(2_000_000);
    append([lineOf(T, 1, asked(['pH', 'alcohol', padding], [[1, 2, 3]], [4]))]);
    append([lineOf(T, 2, asked(['pH', 'alcohol'], [[5, 6]], [7]))], { next: true });
    let fails = 1;
    const short: Duck = {
      ...duck,
      run: async (sql) => {
        if (sql.includes('INSERT INTO arriving') && fails-- > 0)
          throw new Error('Out of Memory Error');
        return duck.run(sql);
      },
    };
    const describe = async () => descriptionOf([WINE]);
    const mostBytes = 8_000_000;
    const built = () => build({ folder, log, duck: short, state, describe, mostBytes });
    expect(await built()).toMatchObject({ requests: 1, more: true });
    expect(readdirSync(`${folder}.work`)).toEqual([]);
    expect(await built()).toMatchObject({ requests: 1, more: false });
    expect(await table('wine', 'row_index, ph')).toBe('0 | 1\n0 | 5');
  });

  it('finds what a log holds that was deleted and begun anew, whatever its numbers', async () => {
    const { append, build, table, log } = await open();
    const first = lineOf(T, 1, asked(['pH', 'alcohol'], [[1, 2]], [3]));
    append([first], { next: true });
    append([lineOf(T, 2, asked(['pH', 'alcohol'], [[4, 5]], [6]))], { next: true });
    await build();
    for (const file of readdirSync(log)) rmSync(join(log, file));
    writeFileSync(
      join(log, segmentFile(Date.parse(T), 1)),
      [first, lineOf(T, 3, asked(['pH', 'alcohol'], [[7, 8]], [9]))]
        .map((line) => `${recordLine(line)}\n`)
        .join(''),
    );
    expect(await build()).toMatchObject({ requests: 1, repeated: 1 });
    expect(await table('wine', 'row_index, ph')).toBe('0 | 1\n0 | 4\n0 | 7');
  });
});
