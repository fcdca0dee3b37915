import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { DomainError } from '../../core/shared/domain-error';
import type { LabelBatch, LabelStore } from '../../core/tables/label';
import type { labelBatches } from '../../core/tables/label-batches';
import { labelLines } from '../../core/tables/label-lines';

interface Needs {
  readonly s3: S3Client;
  /** Where labels are put for builds to find. */
  readonly bucket: string;
  /** What stands before their keys; empty, or it ends in a slash. */
  readonly prefix: string;
  readonly batches: Pick<ReturnType<typeof labelBatches>, 'receive'>;
}

/** Of an object that is there already. */
const IS_THERE = 412;
/** Of an object that somebody else writes or removes at this moment. */
const IS_CHANGING = 409;

/**
 * Labels in objects, one per batch, in the hour in which the batch came first. When that was is written
 * down before the object is put: who died in between, or comes again later, puts the very same.
 */
export const s3LabelStore = ({ s3, bucket, prefix, batches }: Needs): LabelStore => ({
  async append(batch: LabelBatch): Promise<void> {
    const { service, batch_id } = batch;
    const received_at = await batches.receive(service, batch_id, batch.received_at);
    const [date = '', hour = ''] = received_at.slice(0, 13).split('T');
    const put = new PutObjectCommand({
      Bucket: bucket,
      Key: `${prefix}labels/service=${service}/dt=${date}/hour=${hour}/${batch_id}.ndjson`,
      Body: labelLines({ ...batch, received_at }),
      // One that is there tells no build to look at its hour again.
      IfNoneMatch: '*',
    });
    await s3.send(put).catch((error: unknown) => {
      const status = statusOf(error);
      if (status === IS_THERE) return;
      if (status !== IS_CHANGING) throw error;
      const why = 'the same labels are being taken in or erased at this moment: send them again';
      throw new DomainError('unavailable', why, { cause: error, retryAfterS: 1 });
    });
  },
});

const statusOf = (error: unknown): number | undefined =>
  (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata
    ?.httpStatusCode;
