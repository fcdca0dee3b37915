import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip, createGzip } from 'node:zlib';
import {
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { linesOf } from './byte-lines';

interface Place {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly key: string;
}

const ATTEMPTS = 5;
const NEWLINE = Buffer.from('\n');
const GZIP = Buffer.from([0x1f, 0x8b]);

/**
 * Writes an object anew without some of its lines: those of requests with these ids, or of labels at these
 * positions; packed if it was. One put replaces it, and only what was read. Tells whether it has: an object
 * that is gone, or has none of these lines, stays as it is. In memory is what it becomes, as it is stored.
 */
export const rewriteObject = async (place: Place, lines: ReadonlySet<string>): Promise<boolean> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await rewriteOnce(place, lines);
    } catch (error) {
      if (error instanceof NoSuchKey) return false;
      // Somebody has put it again since it was read: 412, or at the very same time: 409.
      const status = error instanceof S3ServiceException && error.$metadata.httpStatusCode;
      if ((status !== 412 && status !== 409) || attempt === ATTEMPTS) throw error;
    }
  }
};

const rewriteOnce = async (
  { s3, bucket: Bucket, key: Key }: Place,
  lines: ReadonlySet<string>,
): Promise<boolean> => {
  const { Body, ETag, ContentType } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  // In Node it is always a stream.
  const { source, isPacked } = await unpacked(Body as Readable);
  let gone = 0;
  const kept = async function* () {
    for await (const line of linesOf(source)) {
      if (isAmong(line, lines)) gone += 1;
      else yield Buffer.concat([line, NEWLINE]);
    }
  };
  const read = Readable.from(kept(), { objectMode: false });
  const written = await buffer(isPacked ? piped(read, createGzip()) : read);
  if (gone === 0) return false;
  await s3.send(new PutObjectCommand({ Bucket, Key, ContentType, IfMatch: ETag, Body: written }));
  return true;
};

/** What a stream holds, whether or not it is packed: its name does not have to say so. */
const unpacked = async (body: Readable) => {
  const pieces = body[Symbol.asyncIterator]();
  const first = await pieces.next();
  const isPacked = !first.done && GZIP.equals(first.value.subarray(0, 2));
  const whole = Readable.from(
    (async function* () {
      if (!first.done) yield first.value;
      yield* { [Symbol.asyncIterator]: () => pieces };
    })(),
    { objectMode: false },
  );
  return { isPacked, source: isPacked ? piped(whole, createGunzip()) : whole };
};

/** One stream into another, with its errors. */
const piped = <T extends NodeJS.WritableStream & Readable>(from: Readable, to: T): T => {
  from.once('error', (error) => to.destroy(error));
  return from.pipe(to);
};

/** By what a line is known: a label's has a position in its batch, a request's an id. */
const isAmong = (line: Buffer, lines: ReadonlySet<string>): boolean => {
  try {
    const { request_id, batch_id, position } = Object(JSON.parse(line.toString()));
    return lines.has(String(batch_id === undefined ? request_id : position));
  } catch {
    return false;
  }
};
