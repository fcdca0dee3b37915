import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { servingHost } from '../../adapters/aws/sagemaker-host/serving-host';
import { now } from '../../adapters/primitives';
import { modelRecords } from '../../core/models/model-records';
import type { RecordStore } from '../../core/shared/record-store';

/** A model is asked once: what it does twice may not be the same, and the caller waits. */
export const openRuntime = () => new SageMakerRuntimeClient({ maxAttempts: 1 });

/** What the prediction path knows of SageMaker. */
export const openServingHost = (records: RecordStore) =>
  servingHost({
    ...{ runtime: openRuntime(), records, now },
    findModel: modelRecords(records).findVersion,
  });
