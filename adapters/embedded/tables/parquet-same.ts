import { encodeThrift, type ThriftField, type ThriftStruct } from './thrift-compact';

// Ids: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
const [INT32, INT64, DOUBLE, BYTE_ARRAY] = [1, 2, 5, 6];
const [PLAIN, RLE, RLE_DICTIONARY] = [0, 3, 8];
const [DATA_PAGE, DICTIONARY_PAGE] = [0, 2];
const UNCOMPRESSED = 0;

const i32 = (value: number): ThriftField => ({ type: 5, value });
const i64 = (value: number): ThriftField => ({ type: 6, value });
const binary = (value: Uint8Array): ThriftField => ({ type: 8, value });
const struct = (...fields: readonly [number, ThriftField][]): ThriftField => ({
  type: 12,
  value: new Map(fields),
});

/** What a column has in each row: a text, a whole number, a number, or nothing. */
export type SameValue = string | number | null;

/** A column of one row group that has the same in each row. */
interface SameColumn {
  readonly name: string;
  /** Its physical type in the schema. */
  readonly type: number;
  readonly value: SameValue;
  readonly rows: number;
  /** Where its pages will stand in the file. */
  readonly at: number;
}

/** Whether values of a physical type are known here. */
export const isKnownType = (type: unknown): boolean =>
  [INT32, INT64, DOUBLE, BYTE_ARRAY].includes(Number(type));

/**
 * The pages of a column that has the same in each row, and the chunk that tells of them: runs of as many
 * rows, however many these are (https://github.com/apache/parquet-format/blob/master/Encodings.md).
 */
export const sameColumn = ({ name, type, value, rows, at }: SameColumn) => {
  const plain = value === null ? null : bytesOf(type, value);
  const dictionary = plain === null ? Buffer.alloc(0) : dictionaryPage(type, plain);
  const pages = Buffer.concat([dictionary, dataPage(rows, plain !== null)]);
  const statistics: [number, ThriftField][] =
    plain === null
      ? [[3, i64(rows)]]
      : [
          [3, i64(0)],
          [5, binary(plain)],
          [6, binary(plain)],
          [7, { type: 1, value: true }],
          [8, { type: 1, value: true }],
        ];
  const encodings = plain === null ? [PLAIN, RLE] : [PLAIN, RLE, RLE_DICTIONARY];
  const meta = struct(
    [1, i32(type)],
    [2, { type: 9, value: { type: 5, items: encodings } }],
    [3, { type: 9, value: { type: 8, items: [Buffer.from(name)] } }],
    [4, i32(UNCOMPRESSED)],
    [5, i64(rows)],
    [6, i64(pages.length)],
    [7, i64(pages.length)],
    [9, i64(at + dictionary.length)],
    ...(plain === null ? [] : [[11, i64(at)] satisfies [number, ThriftField]]),
    [12, struct(...statistics)],
  );
  const chunk: ThriftStruct = new Map([
    [2, i64(0)],
    [3, meta],
  ]);
  return { pages, chunk };
};

const bytesOf = (type: number, value: string | number): Buffer => {
  const bytes = Buffer.alloc(8);
  if (type === BYTE_ARRAY) return Buffer.from(String(value));
  if (type === INT32) return bytes.subarray(0, bytes.writeInt32LE(Number(value)));
  if (type === INT64) bytes.writeBigInt64LE(BigInt(value));
  else bytes.writeDoubleLE(Number(value));
  return bytes;
};

const dictionaryPage = (type: number, plain: Buffer): Buffer => {
  const length = Buffer.alloc(type === BYTE_ARRAY ? 4 : 0);
  if (length.length > 0) length.writeUInt32LE(plain.length);
  const header = struct([1, i32(1)], [2, i32(PLAIN)]);
  return page(DICTIONARY_PAGE, [7, header], Buffer.concat([length, plain]));
};

/** Levels say whether there is a value; of those that are there each is the dictionary's only one. */
const dataPage = (rows: number, isThere: boolean): Buffer => {
  const levels = runOf(rows, isThere ? 1 : 0);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(levels.length);
  const indices = isThere ? [Buffer.of(1), runOf(rows, 0)] : [];
  const encoding = isThere ? RLE_DICTIONARY : PLAIN;
  const header = struct([1, i32(rows)], [2, i32(encoding)], [3, i32(RLE)], [4, i32(RLE)]);
  return page(DATA_PAGE, [5, header], Buffer.concat([length, levels, ...indices]));
};

/** So many times the same number, of one bit. */
const runOf = (times: number, value: number): Buffer => {
  const bytes: number[] = [];
  let rest = times * 2;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.from([...bytes, rest, value]);
};

const page = (type: number, header: [number, ThriftField], body: Buffer): Buffer => {
  const size = i32(body.length);
  return Buffer.concat([
    encodeThrift(new Map([[1, i32(type)], [2, size], [3, size], header])),
    body,
  ]);
};
