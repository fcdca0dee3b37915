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
import { removeKeys } from './remove-objects';

interface Place {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly key: string;
  /** Where it lies when it is written anew; the same when it stays where it is. */
  readonly newKey: string;
}

const ATTEMPTS = 5;
/** Of an object that is there already, or is another one. */
const IS_THERE = 412;
const NEWLINE = Buffer.from('\n');
const GZIP = Buffer.from([0x1f, 0x8b]);

/**
 * Writes an object anew without some of its lines: those of requests with these ids, or of labels at these
 * positions; packed if it was. One put replaces it, and only what was read; under a key of its own it is
 * there before the former goes. Tells whether it has: an object that is gone, or has none of these lines,
 * stays as it is. In memory is what it becomes, as it is stored.
 */
export const rewriteObject = async (place: Place, lines: ReadonlySet<string>): Promise<boolean> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await rewriteOnce(place, lines);
    } catch (error) {
      // Somebody has put it again since it was read: 412, or at the very same time: 409.
      const status = statusOf(error);
      if ((status !== IS_THERE && status !== 409) || attempt === ATTEMPTS) throw error;
    }
  }
};

const rewriteOnce = async (place: Place, lines: ReadonlySet<string>): Promise<boolean> => {
  const { s3, bucket: Bucket, key, newKey: Key } = place;
  const read = await without(place, lines);
  const inPlace = { ...place, key: Key };
  // Another erasure has written it anew since it was found.
  if (!read) return key === Key ? false : rewriteOnce(inPlace, lines);
  const { Body, ETag, ContentType, gone } = read;
  if (gone === 0) return false;
  const put = { Bucket, Key, ContentType, Body };
  if (key === Key) {
    await s3.send(new PutObjectCommand({ ...put, IfMatch: ETag }));
    return true;
  }
  try {
    await s3.send(new PutObjectCommand({ ...put, IfNoneMatch: '*' }));
  } catch (error) {
    if (statusOf(error) !== IS_THERE) throw error;
    // Another one has, and may have ended before it took the former away: its lines stay out, too.
    await rewriteOnce(inPlace, lines);
  }
  await removeKeys(s3, Bucket, [key]);
  return true;
};

/** An object as it is without some lines, and how many these are; null when it is not there. */
const without = async ({ s3, bucket, key }: Place, lines: ReadonlySet<string>) => {
  const found = await s3
    .send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    .catch((error: unknown) => {
      if (error instanceof NoSuchKey) return null;
      throw error;
    });
  if (!found) return null;
  // In Node it is always a stream.
  const { source, isPacked } = await unpacked(found.Body as Readable);
  let gone = 0;
  const kept = async function* () {
    for await (const line of linesOf(source)) {
      if (isAmong(line, lines)) gone += 1;
      else yield Buffer.concat([line, NEWLINE]);
    }
  };
  const read = Readable.from(kept(), { objectMode: false });
  const Body = await buffer(isPacked ? piped(read, createGzip()) : read);
  return { Body, ETag: found.ETag, ContentType: found.ContentType, gone };
};

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

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
