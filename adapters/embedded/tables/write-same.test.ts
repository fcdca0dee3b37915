import { renameSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { TableColumn } from '../../../core/tables/table-column';
import { temporaryFolder } from '../../../infra-tests/support/platform';
import { type Duck, openDuck } from './duckdb';
import type { SameValue } from './parquet-same';
import { appendRows } from './part-bytes';
import { duckType, literal, name } from './quoting';
import { partFormat } from './write-parts';
import { type Same, writeWithSame } from './write-same';

const COLUMNS: readonly TableColumn[] = [
  { name: 'i', type: 'bigint' },
  { name: 'text', type: 'string' },
  { name: 'list', type: 'array<double>' },
  { name: 'number', type: 'double' },
  { name: 'whole', type: 'bigint' },
  { name: 'small', type: 'int' },
  { name: 'time', type: 'timestamp' },
  { name: 'yes', type: 'boolean' },
];
const folder = temporaryFolder();
const draft = join(folder, 'draft.parquet');
let duck: Duck;
beforeAll(async () => {
  duck = await openDuck({ memory: '200MB', threads: 1, spill: null });
});
afterAll(() => duck.close());

/** Cells of row `i`, where a column is not the same in all. */
const OWN: Readonly<Record<string, string>> = {
  i: 'i',
  text: "'text ' || i",
  list: '[i, NULL]',
  number: 'i / 8',
  whole: '-i',
  small: 'i::INTEGER',
  time: 'make_timestamp(i)',
  yes: 'i % 2 = 0',
};
const written = (value: SameValue): string =>
  typeof value === 'string' ? literal(value) : String(value);
const rowsOf = (from: number, to: number, same: Same, columns = COLUMNS): string => {
  const cells = columns.map((column) => {
    const value = same.get(column.name);
    const cell = value === undefined ? OWN[column.name] : written(value);
    return `(${cell})::${duckType(column.type)} AS ${name(column.name)}`;
  });
  return `SELECT ${cells.join(', ')} FROM range(${from}, ${to}) t(i)`;
};
const write = (from: number, to: number, same: Same): Promise<void> =>
  writeWithSame(duck, draft, COLUMNS, same, (columns) =>
    duck.run(`COPY (${rowsOf(from, to, same, columns)}) TO ${literal(draft)} ${partFormat(2_048)}`),
  );
const inFile = (path: string) =>
  duck.rows(
    `SELECT ${COLUMNS.map((column) => name(column.name)).join(', ')}
     FROM read_parquet(${literal(path)}) ORDER BY file_row_number`,
  );

/** Any columns but the first, and something that each may have in all rows. */
const same = fc
  .record(
    {
      text: fc.option(
        fc.string({ unit: 'binary', maxLength: 300 }).filter((text) => !text.includes('\0')),
      ),
      number: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
      whole: fc.option(fc.maxSafeInteger()),
      small: fc.option(fc.integer()),
      list: fc.constant(null),
      time: fc.constant(null),
      yes: fc.constant(null),
    },
    { requiredKeys: [] },
  )
  .map((values) => new Map(Object.entries(values)) as Same);

describe('columns that are the same in all rows', () => {
  it('are read as if each value had been written, in however many row groups', async () => {
    await fc.assert(
      fc.asyncProperty(same, fc.integer({ min: 1, max: 5_000 }), async (columns, rows) => {
        await write(0, rows, columns);
        expect(await inFile(draft)).toEqual(await duck.rows(rowsOf(0, rows, columns)));
      }),
      { numRuns: 60 },
    );
  });

  it('are told of in the footer, so that who looks for another value need not read them', async () => {
    await write(
      0,
      5_000,
      new Map<string, SameValue>([
        ['text', 'v1'],
        ['number', null],
      ]),
    );
    const told = await duck.rows(
      `SELECT DISTINCT path_in_schema AS "column", stats_min_value AS least, stats_max_value AS most,
         stats_null_count = num_values AS none, total_compressed_size < 100 AS small
       FROM parquet_metadata(${literal(draft)}) WHERE path_in_schema IN ('text', 'number') ORDER BY ALL`,
    );
    expect(told).toEqual([
      { column: 'number', least: null, most: null, none: true, small: true },
      { column: 'text', least: 'v1', most: 'v1', none: false, small: true },
    ]);
  });

  it('stand in one part with rows that have others, and with those of a file that DuckDB wrote', async () => {
    const part = join(folder, 'part.parquet');
    const all = [
      new Map(),
      new Map([['text', 'a']]),
      new Map([
        ['text', null],
        ['small', 7],
      ]),
    ];
    for (const [i, columns] of all.entries()) {
      await write(i * 10, i * 10 + 10, columns);
      if (i > 0) expect(await appendRows(part, draft)).not.toBeNull();
      renameSync(draft, part);
    }
    const rows = all.map((columns, i) => rowsOf(i * 10, i * 10 + 10, columns));
    expect(await inFile(part)).toEqual(await duck.rows(rows.join(' UNION ALL ')));
  });
});
