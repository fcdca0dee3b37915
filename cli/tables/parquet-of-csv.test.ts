import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { temporaryFolder } from '../../infra-tests/support/platform';
import { csvOf } from '../../infra-tests/trino/athena/results';
import { readParquet } from '../testing/read-parquet';
import { csvParts } from './csv-parts';
import { parquetOfCsv } from './parquet-of-csv';

type Cell = string | null;

const never = new AbortController().signal;

describe('Parquet of what Athena writes', () => {
  const folder = temporaryFolder();
  const newFolder = () => mkdtempSync(join(folder, 'of-'));

  const made = async (
    columns: readonly { name: string; type: string }[],
    rows: readonly (readonly Cell[])[],
    place = newFolder(),
  ) => {
    const lines = [columns.map(({ name }) => name), ...rows].map((cells) => ({
      Data: cells.map((cell) => (cell === null ? {} : { VarCharValue: cell })),
    }));
    return madeOf(columns, [Buffer.from(csvOf(lines))], place);
  };
  const madeOf = async (
    columns: readonly { name: string; type: string }[],
    pieces: Iterable<Buffer>,
    place = newFolder(),
    reading: readonly string[] = [],
  ) => {
    const parquet = join(place, 'made.parquet');
    const parts = await csvParts(Readable.from(pieces), place);
    await parquetOfCsv({ parts, parquet }, columns, never);
    return readParquet(parquet, ...reading);
  };
  const column = (type: string, name = 'a') => [{ name, type }];

  it.each<[string, string, Cell[], unknown[]]>([
    ['boolean', 'BOOLEAN', ['true', 'false'], [true, false]],
    ['tinyint', 'TINYINT', ['-128', '127'], [-128, 127]],
    ['smallint', 'SMALLINT', ['-32768', '32767'], [-32768, 32767]],
    ['integer', 'INTEGER', ['-2147483648', '2147483647'], [-2147483648, 2147483647]],
    [
      'bigint',
      'BIGINT',
      ['-9223372036854775808', '9007199254740993'],
      ['-9223372036854775808', '9007199254740993'],
    ],
    ['float', 'FLOAT', ['0.1', '3.4028235E38', 'NaN'], ['0.1', '3.4028235e+38', 'nan']],
    ['real', 'FLOAT', ['-Infinity'], ['-inf']],
    [
      'double',
      'DOUBLE',
      ['0.1', '1.7976931348623157E308', '4.9E-324', '-0.0', 'NaN', 'Infinity', '-Infinity'],
      ['0.1', '1.7976931348623157e+308', '5e-324', '-0.0', 'nan', 'inf', '-inf'],
    ],
    ['decimal(10,2)', 'DECIMAL(10,2)', ['-1.50', '12345678.91'], ['-1.50', '12345678.91']],
    ['decimal(38,0)', 'DECIMAL(38,0)', ['9'.repeat(38)], ['9'.repeat(38)]],
    ['date', 'DATE', ['2026-11-20', '0001-01-01'], ['2026-11-20', '0001-01-01']],
    ['time', 'TIME', ['23:59:59.999'], ['23:59:59.999']],
    [
      'timestamp',
      'TIMESTAMP',
      ['2026-11-20 10:00:00.500', '2026-11-20 10:00:00.123456', '1969-12-31 23:59:59'],
      ['2026-11-20 10:00:00.5', '2026-11-20 10:00:00.123456', '1969-12-31 23:59:59'],
    ],
    [
      'timestamp with time zone',
      'TIMESTAMP WITH TIME ZONE',
      [
        ...['2026-11-20 10:00:00.500 UTC', '2026-11-20 10:00:00.000 Europe/Berlin'],
        ...['2026-11-20 10:00:00.000 +05:30', '2026-11-20 10:00:00.000 -03:00'],
      ],
      [
        ...['2026-11-20 10:00:00.5+00', '2026-11-20 09:00:00+00'],
        ...['2026-11-20 04:30:00+00', '2026-11-20 13:00:00+00'],
      ],
    ],
    ['varbinary', 'BLOB', ['00 ff 61', ''], ['\\x00\\xFFa', '']],
    ['array', 'VARCHAR', ['[1, null, x, y]'], ['[1, null, x, y]']],
    ['map', 'VARCHAR', ['{a=1}'], ['{a=1}']],
    ['row', 'VARCHAR', ['{x=1, y=null}'], ['{x=1, y=null}']],
    ['json', 'VARCHAR', ['{"a":"\\n"}'], ['{"a":"\\n"}']],
    ['char', 'VARCHAR', ['x '], ['x ']],
    ['interval day to second', 'VARCHAR', ['2 00:00:00.000'], ['2 00:00:00.000']],
    ['decimal', 'VARCHAR', ['1.5'], ['1.5']],
    ['unknown', 'VARCHAR', [], []],
  ])('has %s as %s', async (type, duck, cells, values) => {
    const all = [...cells, null].map((cell) => [cell]);
    expect(await made(column(type), all)).toEqual({
      columns: [['a', duck]],
      rows: [...values, null].map((value) => [value === null ? null : String(value)]),
    });
  });

  it('keeps texts as they are, and tells an empty one from none', async () => {
    const texts = [
      ...['', null, ' ', 'NULL', '"', '""', 'a,b', '"a","b"', 'two\nlines', '\n', '\r\n', '\r'],
      ...['#', '\\', '\\N', "'", '\0', 'é😀\u2028', 'a\ufeff', '=1+1', ',', null, ''],
    ];
    const rows = texts.map((text, at) => [text, texts.at(-at) ?? null]);
    const columns = [...column('varchar'), ...column('varchar', 'b')];
    expect((await made(columns, rows)).rows).toEqual(rows);
    const alone = texts.map((text) => [text]);
    expect((await made(column('varchar'), alone)).rows).toEqual(alone);
  });

  it('has the columns of a result without rows', async () => {
    const columns = [...column('bigint'), ...column('varchar', 'b')];
    expect(await made(columns, [])).toEqual({
      columns: [
        ['a', 'BIGINT'],
        ['b', 'VARCHAR'],
      ],
      rows: [],
    });
  });

  it('keeps columns apart that have one name, and any name', async () => {
    const names = ['a', 'a', 'A', '_col3', 'with "quotes"', 'two\nlines', 'a,b', "it's", ' ', 'é'];
    const columns = names.map((name) => ({ name, type: 'varchar' }));
    const read = await made(columns, [names]);
    expect(read.rows).toEqual([names]);
    expect(read.columns.map(([name]) => name)).toEqual(['a', 'a_1', 'A_2', ...names.slice(3)]);
  });

  it('reads and writes its own files, whatever their place is called', async () => {
    const place = join(folder, "year=2026/it's [a]*?");
    const other = join(folder, "year=2026/it's aaa");
    for (const one of [place, other]) mkdirSync(one, { recursive: true });
    writeFileSync(join(other, 'part-0.csv'), '"another\'s"\n');
    expect(await made(column('varchar'), [['ours']], place)).toEqual({
      columns: [['a', 'VARCHAR']],
      rows: [['ours']],
    });
  });

  it('keeps the order of many rows, in many parts', async () => {
    const place = newFolder();
    const texts = Array.from({ length: 30_000 }, (_, row) => '\n",'.repeat(row % 7));
    const lines = [['a\n"', 'b'], ...texts.map((text, row) => [`${row}`, text])];
    const csv = csvOf(
      lines.map((cells) => ({ Data: cells.map((VarCharValue) => ({ VarCharValue })) })),
    );
    // Cut anywhere: within a value, between two quotes.
    const pieces = csv.match(/.{1,1009}/gs) ?? [];
    const parts = await csvParts(
      Readable.from(pieces.map((piece) => Buffer.from(piece))),
      place,
      10_000,
    );
    expect(parts.length).toBeGreaterThan(10);
    const parquet = join(place, 'made.parquet');
    await parquetOfCsv(
      { parts, parquet },
      [...column('integer'), ...column('varchar', 'b')],
      never,
    );
    expect((await readParquet(parquet)).rows).toEqual(lines.slice(1));
  });

  it('takes long values, and more than fits into its memory', async () => {
    const long = Buffer.from(`"${'""{}'.repeat(100_000)}"\n`);
    const longest = Buffer.from(`"${'""'.repeat(16_000_000)}"\n`);
    const pieces = function* () {
      yield Buffer.from('"a"\n');
      for (let row = 0; row < 1_200; row += 1) yield long;
      yield longest;
    };
    const lengths = ['length(a), count(*)', 'GROUP BY 1 ORDER BY 1'];
    const { rows } = await madeOf(column('varchar'), pieces(), newFolder(), lengths);
    expect(rows).toEqual([
      ['300000', '1200'],
      ['16000000', '1'],
    ]);
  }, 120_000);

  it.each([
    ['a value of another type', 'bigint', '"a"\n"x"\n', 'x'],
    ['a line of another length', 'varchar', '"a"\n"x","y"\n', 'CSV Error'],
  ])('is refused of %s, and says what can be done', async (_, type, text, words) => {
    await expect(madeOf(column(type), [Buffer.from(text)])).rejects.toMatchObject({
      message: expect.stringContaining(words),
      hint: expect.stringContaining('--csv'),
    });
  });

  it.each(['', '"a', '"a"', '"a"\n"x'])('is refused of half a file: %j', async (text) => {
    await expect(madeOf(column('varchar'), [Buffer.from(text)])).rejects.toThrow('broke off');
  });

  it('ends when it is told to, before or while it is made', async () => {
    const place = newFolder();
    const csv = Buffer.from(`"a"\n${'"1"\n'.repeat(3_000_000)}`);
    const parts = await csvParts(Readable.from([csv]), place);
    const ending = new AbortController();
    const make = () =>
      parquetOfCsv(
        { parts, parquet: join(place, 'made.parquet') },
        column('bigint'),
        ending.signal,
      );
    const making = make();
    setTimeout(() => ending.abort(), 100);
    await expect(making).rejects.toThrow('was cancelled');
    await expect(make()).rejects.toThrow('was cancelled');
  });
});
