import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, HeadObjectCommand, NotFound, type S3Client } from '@aws-sdk/client-s3';

/** An object's place. */
interface Place {
  readonly Bucket: string;
  readonly Key: string;
}

/** Whether there is such an object. */
export const isObjectThere = async (client: S3Client, place: Place): Promise<boolean> => {
  try {
    await client.send(new HeadObjectCommand(place));
    return true;
  } catch (error) {
    if (error instanceof NotFound) return false;
    throw error;
  }
};

/** Brings an object to a file, whose folders are made. @throws the SDK's errors, `NoSuchKey` among them */
export const downloadObject = async (client: S3Client, place: Place, to: string): Promise<void> => {
  await mkdir(dirname(to), { recursive: true });
  const { Body } = await client.send(new GetObjectCommand(place));
  // In Node it is always a stream.
  await pipeline(Body as Readable, createWriteStream(to));
};
