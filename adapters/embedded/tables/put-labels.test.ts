import { readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../../infra-tests/support/platform';
import { type Duck, openDuck } from './duckdb';
import { appendRows } from './part-bytes';
import { putLabels } from './put-labels';
import { literal } from './quoting';
import { writeTorn } from './torn-fixture';
import { PART_FORMAT } from './write-parts';

const ROWS = 100_000;
const folder = temporaryFolder();
const [part, draft] = [join(folder, 'part.parquet'), join(folder, 'draft.parquet')];
let duck: Duck;
beforeAll(async () => {
  duck = await openDuck({ memory: '400MB', threads: 2, spill: null });
});
afterAll(() => duck.close());

const write = (from: number, to: number): Promise<void> =>
  duck.run(
    `COPY (SELECT i, md5(i::VARCHAR) AS other, NULL::DOUBLE AS label, [NULL]::VARCHAR[] AS labels
       FROM range(${from}, ${to}) t(i)) TO ${literal(draft)} ${PART_FORMAT}`,
  );
const take = (): void => renameSync(draft, part);
/** Labels every n-th row with a number, and with a list. */
const put = (every: number, type = 'DOUBLE') =>
  putLabels(
    duck,
    part,
    draft,
    `SELECT file_row_number, CASE WHEN i % ${every} = 0 THEN i / 2 END::${type} AS label,
      CASE WHEN i % ${every} = 0 THEN [i::VARCHAR, NULL, 'é'] END AS labels
     FROM read_parquet(${literal(part)}, file_row_number = true)`,
  );
/** How many rows of a file have labels; each must be as it was written. Null: none may have one. */
const labelledIn = async (path: string, every: number | null): Promise<number> => {
  const has = every === null ? 'false' : `i % ${every} = 0`;
  const [found] = await duck.rows(
    `SELECT count(*)::INTEGER AS rows, count(label)::INTEGER AS labels, count(*) FILTER (
       other = md5(i::VARCHAR) AND label IS NOT DISTINCT FROM CASE WHEN ${has} THEN i / 2 END
       AND (label IS NULL OR labels = [i::VARCHAR, NULL, 'é']))::INTEGER AS good
     FROM read_parquet(${literal(path)})`,
  );
  expect(found).toMatchObject({ rows: ROWS, good: ROWS });
  return Number(found?.labels);
};

describe('columns of labels', () => {
  it('go in place of those that a part had, and leave all else where it is', async () => {
    await write(0, ROWS);
    take();
    const before = readFileSync(part);
    await expect(put(4)).resolves.toEqual({ hasFormer: false });
    take();
    expect(await labelledIn(part, 4)).toBe(ROWS / 4);
    expect(statSync(part).size).toBeLessThan(before.length * 1.5);
    // Who has the footer of before sees them without.
    const torn = join(folder, 'torn.parquet');
    writeTorn(torn, before, readFileSync(part));
    expect(await labelledIn(torn, null)).toBe(0);
  });

  it('are put in anew until a file is mostly former ones: then all of it is to be written', async () => {
    await write(0, ROWS);
    take();
    const plain = statSync(part).size;
    let times = 1;
    for (; await put(times); times += 1) take();
    expect(times).toBeGreaterThan(3);
    expect(await labelledIn(part, times - 1)).toBe(Math.ceil(ROWS / (times - 1)));
    expect(statSync(part).size).toBeLessThan(4 * plain);
  });

  it('are not put into a part of many row groups, which are to be written together', async () => {
    await write(0, ROWS - 8);
    take();
    for (let i = 8; i > 0; i -= 2) {
      await write(ROWS - i, ROWS - i + 2);
      await appendRows(part, draft);
      take();
    }
    expect(await put(4)).toBeNull();
    expect(await labelledIn(part, null)).toBe(0);
  });

  it('are of the type that the part has', async () => {
    await write(0, ROWS);
    take();
    expect(await put(4, 'VARCHAR')).toBeNull();
  });

  it('that cannot be written leave nothing in memory', async () => {
    await write(0, ROWS);
    take();
    const select = `SELECT file_row_number, 1.0::DOUBLE AS label, NULL::VARCHAR[] AS labels
      FROM read_parquet(${literal(part)}, file_row_number = true)`;
    await expect(putLabels(duck, part, join(folder, 'no/draft'), select)).rejects.toThrow(
      'no/draft',
    );
    expect(await duck.rows('FROM duckdb_tables()')).toEqual([]);
  });
});
