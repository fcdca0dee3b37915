import { copyFileSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { temporaryFolder } from '../../../infra-tests/support/platform';
import { type Duck, openDuck } from './duckdb';
import { appendRows, hasRoom, keepFormer, withoutFormer } from './part-bytes';
import { literal } from './quoting';
import { decodeThrift, encodeThrift } from './thrift-compact';
import { footerIn, writeTorn } from './torn-fixture';
import { PART_FORMAT } from './write-parts';

const folder = temporaryFolder();
const draft = join(folder, 'draft.parquet');
let duck: Duck;
beforeAll(async () => {
  duck = await openDuck({ memory: '400MB', threads: 2, spill: null });
});
afterAll(() => duck.close());

/** Writes the draft of rows `from` to before `to`: alike texts, which have dictionaries and filters, and others. */
const write = (from: number, to: number, more = ''): Promise<void> =>
  duck.run(
    `COPY (SELECT i, 'text ' || i % 7 AS alike, md5(i::VARCHAR) AS other,
       CASE WHEN i % 3 > 0 THEN i / 7 END AS number ${more} FROM range(${from}, ${to}) t(i))
     TO ${literal(draft)} ${PART_FORMAT}`,
  );

/** The rows of a file, and whether each is as it was written. */
const rowsIn = async (path: string): Promise<readonly number[]> => {
  const rows = await duck.rows(
    `SELECT i::INTEGER AS i, alike = 'text ' || i % 7 AND other = md5(i::VARCHAR)
       AND number IS NOT DISTINCT FROM CASE WHEN i % 3 > 0 THEN i / 7 END AS good
     FROM read_parquet(${literal(path)})`,
  );
  expect(rows.filter(({ good }) => good !== true)).toEqual([]);
  return rows.map(({ i }) => Number(i));
};

/** What one reads of a file who has read the footer of another before. */
const readWith = async (footerOf: Buffer, file: Buffer): Promise<readonly number[]> => {
  const torn = join(folder, 'torn.parquet');
  writeTorn(torn, footerOf, file);
  return rowsIn(torn);
};

const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);

describe('a Parquet footer', () => {
  it('is written as it was read, byte by byte', async () => {
    await write(0, 100_000, ', true AS yes, [i, NULL] AS list, {a: i} AS struct');
    const footer = footerIn(readFileSync(draft));
    expect(encodeThrift(decodeThrift(footer)).equals(footer)).toBe(true);
  });

  it('is not taken for one when it is cut off, or something follows', async () => {
    await write(0, 10);
    const footer = footerIn(readFileSync(draft));
    for (const wrong of [footer.subarray(0, -1), Buffer.concat([footer, Buffer.of(0)])]) {
      expect(() => decodeThrift(wrong)).toThrow(RangeError);
    }
  });
});

describe('the bytes of a part', () => {
  const part = join(folder, 'part.parquet');
  const take = async (work: Promise<unknown>): Promise<void> => {
    await work;
    renameSync(draft, part);
  };

  it('are not changed by those that come behind them, whichever footer one has', async () => {
    await take(write(0, 50_000));
    const first = readFileSync(part);
    const versions = [first];
    for (let rows = 50_000; rows < 50_040; rows += 10) {
      await write(rows, rows + 10);
      await take(appendRows(part, draft));
      versions.push(readFileSync(part));
    }
    const last = versions.at(-1) ?? first;
    for (const [i, version] of versions.entries()) {
      expect(await readWith(version, last)).toEqual(upTo(50_000 + 10 * i));
    }
    expect(last.length).toBeLessThan(first.length * 1.1);
  });

  it('are of the same columns', async () => {
    await take(write(0, 10));
    await write(10, 20, ', i AS more');
    expect(await appendRows(part, draft)).toBeNull();
    expect(await rowsIn(draft)).toEqual(upTo(20).slice(10));
  });

  it('have room for some row groups', async () => {
    await take(write(0, 10));
    let groups = 1;
    for (; await hasRoom(part); groups += 1) {
      await write(10 * groups, 10 * groups + 10);
      await take(appendRows(part, draft));
    }
    expect(groups).toBe(24);
  });

  it('are at once read by whoever has the footer of the version before, whatever is done with them', async () => {
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('append'),
          rows: fc.integer({ min: 1, max: 2_000 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('rewrite'),
          rows: fc.integer({ min: 0, max: 2_000 }),
        }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('tidy'), rows: fc.constant(0) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        let rows = 3_000;
        await take(write(0, rows));
        for (const { kind, rows: more } of steps) {
          const before = readFileSync(part);
          if (kind === 'tidy') await take(withoutFormer(part, draft));
          else if (kind === 'append') {
            await write(rows, rows + more);
            await take(appendRows(part, draft));
          } else {
            await write(0, rows + more);
            await take(keepFormer(part, draft));
          }
          expect(await readWith(before, readFileSync(part))).toEqual(upTo(rows));
          rows += more;
          expect(await rowsIn(part)).toEqual(upTo(rows));
        }
        for (let goes = 1; ; goes += 1) {
          const { hasFormer } = await withoutFormer(part, draft);
          renameSync(draft, part);
          expect(await rowsIn(part)).toEqual(upTo(rows));
          if (!hasFormer) break;
          expect(goes).toBeLessThan(3);
        }
      }),
      { numRuns: 10 },
    );
  }, 120_000);

  it('of versions before are gone after three goes, and take little room until then', async () => {
    await write(0, 20_000);
    const plain = statSync(draft).size;
    await take(Promise.resolve());
    for (let i = 0; i < 10; i += 1) {
      await write(0, 20_000 + i);
      await take(keepFormer(part, draft));
      expect(statSync(part).size).toBeLessThan(4 * plain);
    }
    for (let goes = 0; ; goes += 1) {
      const { hasFormer } = await withoutFormer(part, draft);
      renameSync(draft, part);
      if (!hasFormer) break;
      expect(goes).toBeLessThan(2);
    }
    await write(0, 20_009);
    expect(readFileSync(part).equals(readFileSync(draft))).toBe(true);
  });

  it('are left alone when what comes is no Parquet file', async () => {
    await take(write(0, 10));
    copyFileSync(part, draft);
    writeFileSync(draft, 'PAR1PAR1');
    await expect(appendRows(part, draft)).rejects.toThrow();
    rmSync(draft);
    expect(await rowsIn(part)).toEqual(upTo(10));
  });
});
