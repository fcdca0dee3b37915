import type { StageConfig } from './config';

/** Where what is captured lies. */
export interface CapturedPlace {
  /** A bucket that is there already; null for the stage's own. */
  readonly bucket: string | null;
  /** What stands before all keys: empty, or it ends in a slash. */
  readonly prefix: string;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** Neither S3, EventBridge, Firehose, SQL nor IAM reads any of it as more than a letter. */
const PREFIX = /^([a-zA-Z0-9_-]+\/)*$/;
const MOST_LETTERS = 200;

/**
 * Where a stage's captured requests, labels and large bodies lie.
 * @throws for a bucket that S3 could not have, and for a prefix that is not one of plain folders
 */
export const capturedPlace = ({ capture }: Pick<StageConfig, 'capture'>): CapturedPlace => {
  if (capture === null) return { bucket: null, prefix: '' };
  const { bucket, prefix } = capture;
  if (!BUCKET.test(bucket)) {
    throw new Error(
      `capture.bucket is the name of a bucket, without s3:// and without a folder: not ${bucket}`,
    );
  }
  if (prefix.length > MOST_LETTERS) {
    throw new Error(`capture.prefix has up to ${MOST_LETTERS} letters: not ${prefix.length}`);
  }
  if (!PREFIX.test(prefix)) {
    throw new Error(
      `capture.prefix is empty, or folders of letters, digits, _ and -, each ended by a slash (ml/live/): not ${prefix}`,
    );
  }
  return capture;
};
