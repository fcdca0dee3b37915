import { gunzipSync } from 'node:zlib';
import {
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';

type Line = Readonly<Record<string, unknown>>;

/** The captured lines under a prefix of a bucket, unless told of the one that the stage has made. */
export const linesOf = async (
  s3: S3Client,
  Prefix: string,
  bucket?: string,
): Promise<readonly Line[]> => {
  const Bucket = bucket ?? (await capturedBucket(s3));
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
  const lines = Contents.map(async ({ Key }) => {
    expect(Key).toMatch(/\/dt=\d{4}-\d\d-\d\d\/hour=\d\d\//);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    // Of an object that an erasure has gone over nothing may be left.
    return gunzipSync(bytes)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  });
  return (await Promise.all(lines)).flat();
};

const capturedBucket = async (s3: S3Client): Promise<string> => {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  return Buckets.find(({ Name = '' }) => Name.includes('captured'))?.Name ?? '';
};
