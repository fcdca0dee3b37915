import fc from 'fast-check';
import { type CsvBatch, csvBatches } from './csv-batches';

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]) {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const batchesOf = async (
  csv: string,
  limits: { maxRows: number; maxBytes?: number },
  sizes: readonly number[] = [7],
): Promise<CsvBatch[]> => {
  const found: CsvBatch[] = [];
  const pieces = inPieces(Buffer.from(csv), sizes);
  for await (const batch of csvBatches(pieces, { maxBytes: 4_000_000, ...limits })) {
    found.push(batch);
  }
  return found;
};

const textOf = ({ body }: CsvBatch): string => Buffer.from(body).toString();

/** A plain reader of RFC 4180 that shares nothing with what is tested. */
const read = (text: string): string[][] => {
  const rows: string[][] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n|\n|\r|$)/gy;
  let row: string[] = [];
  while (cell.lastIndex < text.length) {
    const [, quoted, plain = '', end] = cell.exec(text) ?? [];
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
};

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

const cells = fc.oneof(
  fc
    .string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é', '💧'), maxLength: 8 })
    .map(quoted),
  fc.string({ unit: fc.constantFrom('a', '7', '.', ' ', 'é'), minLength: 1, maxLength: 4 }),
);

const tables = fc
  .integer({ min: 1, max: 4 })
  .chain((width) =>
    fc.array(fc.array(cells, { minLength: width, maxLength: width }), {
      minLength: 1,
      maxLength: 40,
    }),
  )
  // A line that is only "" is a record, but an empty one to the reader above.
  .filter((rows) => rows.every((row) => row.length > 1 || row[0] !== '""'));

describe('cutting a CSV into calls', () => {
  it('cuts any CSV only between records, whatever the pieces it came in', async () => {
    await fc.assert(
      fc.asyncProperty(
        tables,
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (rows, lineEnd, endsWithLine, maxRows, sizes) => {
          const csv =
            rows.map((row) => row.join(',')).join(lineEnd) + (endsWithLine ? lineEnd : '');
          const batches = await batchesOf(csv, { maxRows }, sizes);
          const tables = batches.map((batch) => read(textOf(batch)));
          const [header, ...all] = read(csv);
          expect(tables.flatMap(([, ...some]) => some)).toEqual(all);
          for (const [at, [first, ...some]] of tables.entries()) {
            expect(first).toEqual(header);
            expect(some.length).toBeLessThanOrEqual(maxRows);
            expect(batches[at]).toMatchObject({ rows: some.length, firstRow: at * maxRows });
          }
          expect(batches.map(({ isLast }) => isLast)).toEqual(
            batches.map((_, at) => at === batches.length - 1),
          );
        },
      ),
    );
  });

  it('keeps every call under the limit of bytes', async () => {
    const csv = `a,b\n${'1234,5678\n'.repeat(100)}`;
    const batches = await batchesOf(csv, { maxRows: 1000, maxBytes: 64 });
    expect(batches.every(({ body }) => body.length <= 64)).toBe(true);
    expect(batches.reduce((sum, { rows }) => sum + rows, 0)).toBe(100);
  });

  it('does not send blank lines at the end as a call of their own', async () => {
    const batches = await batchesOf('a\n1\n2\n\n\r\n\n', { maxRows: 2 });
    expect(batches.map(textOf)).toEqual(['a\n1\n2\n']);
  });

  it('sends a header without rows, so that the platform says what is missing', async () => {
    expect((await batchesOf('a,b\n', { maxRows: 5 })).map(textOf)).toEqual(['a,b\n']);
  });

  it('refuses a quote that is never closed instead of gathering the whole file', async () => {
    const csv = `a,b\n1,2\n3,"${'x'.repeat(5000)}`;
    await expect(batchesOf(csv, { maxRows: 10, maxBytes: 1000 })).rejects.toThrow(
      'row 1 is larger than a call',
    );
  });

  it('takes a quote within a plain cell as a character, as the platform does', async () => {
    const batches = await batchesOf('a\n5" pipe\nb\n', { maxRows: 1 });
    expect(batches.map(textOf)).toEqual(['a\n5" pipe\n', 'a\nb\n']);
  });
});
