import { type FileHandle, open, rename } from 'node:fs/promises';
import type { Footer } from './parquet-footer';
import { decodeThrift, encodeThrift } from './thrift-compact';

/** Every Parquet file begins and ends with it. */
const MAGIC = Buffer.from('PAR1');
/** Where the data of a file begins. */
export const START = MAGIC.length;
/** The length of the footer and the magic. */
const TAIL_BYTES = 4 + MAGIC.length;
/** Before the footer of a file with former data: this, and before it where its own is, and how many times. */
const MARK = Buffer.from('TGEXTENT');
const NUMBER_BYTES = 8;
const COPY_BYTES = 512 * 1024;

/** Bytes of a file, from one place to before another. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** A file's data, and where it stands in another. */
export interface Piece extends Extent {
  readonly path: string;
  readonly at: number;
}

export interface Seen {
  readonly path: string;
  readonly footer: Footer;
  /** Where the data is that the footer tells of, in order. */
  readonly own: readonly Extent[];
  /** Where data ends, of whichever version. */
  readonly end: number;
}

/** What became of a draft. */
export interface Kept {
  /** Whether it has data that is not its own. */
  readonly hasFormer: boolean;
}

/** Writes a file of these pieces, in place of what is there. */
export const assemble = async (
  target: string,
  pieces: readonly Piece[],
  footer: Footer,
  own: readonly Extent[],
): Promise<Kept> => {
  const beside = `${target}.beside`;
  const end = Math.max(START, ...pieces.map(({ from, to, at }) => at + to - from));
  const extents = inOne(own);
  const hasFormer = lengthOf(extents) !== end - START;
  const file = await open(beside, 'w', 0o600);
  try {
    await write(file, MAGIC, 0);
    for (const piece of pieces) await copy(piece, file);
    const mark = hasFormer ? [markOf(extents)] : [];
    await write(file, Buffer.concat([...mark, closing(footer)]), end);
  } finally {
    await file.close();
  }
  await rename(beside, target);
  return { hasFormer };
};

/** Puts data behind a draft's own, and another footer in place of the one it has. */
export const extend = async ({ path, end }: Seen, data: Buffer, footer: Footer): Promise<void> => {
  const file = await open(path, 'r+');
  try {
    const behind = Buffer.concat([data, closing(footer)]);
    await write(file, behind, end);
    await file.truncate(end + behind.length);
  } finally {
    await file.close();
  }
};

/** What a file ends with. */
const closing = (footer: Footer): Buffer => {
  const told = encodeThrift(footer);
  const tail = Buffer.alloc(TAIL_BYTES);
  tail.writeUInt32LE(told.length);
  MAGIC.copy(tail, 4);
  return Buffer.concat([told, tail]);
};

/** Extents with those that follow each other in one. */
const inOne = (extents: readonly Extent[]): readonly Extent[] => {
  const joined: Extent[] = [];
  for (const { from, to } of extents) {
    const last = joined.at(-1);
    if (last?.to === from) joined.splice(-1, 1, { from: last.from, to });
    else joined.push({ from, to });
  }
  return joined;
};

const copy = async ({ path, from, to, at }: Piece, into: FileHandle): Promise<void> => {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, to - from));
    for (let done = from; done < to; ) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, to - done), done);
      if (bytesRead === 0) throw new Error(`${path} is shorter than its footer says`);
      await write(into, buffer.subarray(0, bytesRead), at + done - from);
      done += bytesRead;
    }
  } finally {
    await file.close();
  }
};

/** All of it: a disk that is nearly full takes a part. */
const write = async (file: FileHandle, bytes: Buffer, at: number): Promise<void> => {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
};

/** Looks at a file's footer. @throws when it is no Parquet file */
export const look = async (path: string): Promise<Seen> => {
  const file = await open(path, 'r');
  const read = async (from: number, length: number): Promise<Buffer> =>
    (await file.read(Buffer.alloc(length), 0, length, from)).buffer;
  try {
    const { size } = await file.stat();
    const tail = await read(Math.max(0, size - TAIL_BYTES), TAIL_BYTES);
    if (!tail.subarray(4).equals(MAGIC)) throw new Error(`${path} is no Parquet file`);
    const length = tail.readUInt32LE();
    const footerAt = size - TAIL_BYTES - length;
    const footer = decodeThrift(await read(footerAt, length));
    const whole = { path, footer, own: [{ from: START, to: footerAt }], end: footerAt };
    const countAt = footerAt - MARK.length - NUMBER_BYTES;
    if (countAt < START) return whole;
    const mark = await read(countAt, NUMBER_BYTES + MARK.length);
    if (!mark.subarray(NUMBER_BYTES).equals(MARK)) return whole;
    const count = Number(mark.readBigUInt64LE());
    const end = countAt - 2 * count * NUMBER_BYTES;
    const numbers = await read(end, countAt - end);
    const own = Array.from({ length: count }, (_, i) => {
      const at = 2 * i * NUMBER_BYTES;
      const [from, to] = [at, at + NUMBER_BYTES].map((one) => Number(numbers.readBigUInt64LE(one)));
      return { from: from ?? START, to: to ?? START };
    });
    return { path, footer, own, end };
  } finally {
    await file.close();
  }
};

const markOf = (own: readonly Extent[]): Buffer => {
  const numbers = [...own.flatMap(({ from, to }) => [from, to]), own.length];
  const bytes = Buffer.alloc(numbers.length * NUMBER_BYTES);
  for (const [i, one] of numbers.entries()) bytes.writeBigUInt64LE(BigInt(one), i * NUMBER_BYTES);
  return Buffer.concat([bytes, MARK]);
};

/** How many bytes these are. */
export const lengthOf = (extents: readonly Extent[]): number =>
  extents.reduce((sum, { from, to }) => sum + to - from, 0);
