import { DeleteObjectsCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { inParts } from './in-parts';
import type { StatementResult } from './statement';

/** Keys that S3 takes in one call, and lists in one. */
const PAGE = 1_000;
/** Pages that one part of a chore takes something away of: one of which all stays would stay for the next. */
const PART_PAGES = 50;

/** Takes objects away; one that is not there is no error. @throws when S3 keeps one */
export const removeKeys = async (
  s3: S3Client,
  bucket: string,
  keys: readonly string[],
): Promise<void> => {
  for (const some of inParts(keys, PAGE)) {
    const Objects = some.map((Key) => ({ Key }));
    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    );
    const [first] = Errors;
    if (first) throw new Error(`S3 keeps ${Errors.length} of ${Objects.length}: ${first.Code}`);
  }
};

/**
 * Takes away what lies under some prefixes and was put before a time, any when missing; answers a row
 * with a text when there may be more.
 */
export const removeUnder = async (
  { s3, bucket }: { readonly s3: S3Client; readonly bucket: string },
  prefixes: readonly string[],
  before?: Date,
): Promise<StatementResult> => {
  let removed = 0;
  let pages = 0;
  for (const Prefix of prefixes) {
    let after: string | undefined;
    do {
      if (pages === PART_PAGES) return { rows: [['1']], written: removed };
      const { Contents = [], NextContinuationToken } = await s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix, ContinuationToken: after }),
      );
      const keys = Contents.flatMap(({ Key, LastModified }) =>
        Key && (!before || (LastModified && LastModified < before)) ? [Key] : [],
      );
      await removeKeys(s3, bucket, keys);
      removed += keys.length;
      if (keys.length > 0) pages += 1;
      after = NextContinuationToken;
    } while (after !== undefined);
  }
  return { rows: [[null]], written: removed };
};
