import type { S3Client } from '@aws-sdk/client-s3';
import { s3LabelStore } from '../../adapters/aws/s3-label-store';
import { digest, now } from '../../adapters/primitives';
import { serveLabels } from '../../api/tables/serve-labels';
import type { RecordStore } from '../../core/shared/record-store';
import { labelBatches } from '../../core/tables/label-batches';
import { pushLabels } from '../../core/tables/push-labels';
import { tableRecords } from '../../core/tables/table-records';
import { capturedPrefix, variable } from './environment';
import { report } from './observability';
import { unanswered } from './unanswered';

const failureOf = unanswered('labels', 'take in');

/** Takes labels in: the embedded home's way, with S3 behind it. */
export const openLabelTaking = (records: RecordStore, s3: S3Client) => {
  const batches = labelBatches(records);
  const bucket = variable('CAPTURED_BUCKET');
  const store = s3LabelStore({ s3, bucket, prefix: capturedPrefix, batches });
  const push = pushLabels({ store, digest, now });
  return serveLabels({
    tables: tableRecords(records),
    push: (service, labels) =>
      push(service, labels).catch((error: unknown) => {
        throw failureOf(error);
      }),
    report,
  });
};
