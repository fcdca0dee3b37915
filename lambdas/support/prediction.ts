import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { S3Client } from '@aws-sdk/client-s3';
import { firehoseCaptureSink } from '../../adapters/aws/firehose-capture-sink';
import { leaseLimiter } from '../../adapters/aws/lease-limiter';
import { thenWhatRuns } from '../../adapters/aws/sagemaker-host/serving-host';
import { clock, hmacWith, newId, now, randomSecret } from '../../adapters/primitives';
import { serveComparison } from '../../api/inference/compare';
import { protocolMetadata } from '../../api/inference/protocol-metadata';
import { recorder } from '../../api/inference/recorder';
import { type Note, servePrediction } from '../../api/inference/serve';
import { keyRecords } from '../../core/access/key-records';
import { keyUses } from '../../core/access/key-uses';
import type { Limited } from '../../core/access/rate-limiter';
import { captureRecordOf } from '../../core/capture/capture-record-of';
import { versionChooser } from '../../core/inference/choose-version';
import { serviceDirectory } from '../../core/inference/service-directory';
import { modelRecords } from '../../core/models/model-records';
import { serviceRecords } from '../../core/services/service-records';
import { version as release } from '../../package.json';
import { captureCounts } from './capture-counts';
import { deferredSink } from './deferred-sink';
import { capturedPrefix, variable } from './environment';
import { openServingHost } from './host';
import { openLabelTaking } from './label-taking';
import { metrics, publishCounted } from './metrics';
import { logger, report } from './observability';
import { pacedUses } from './paced-uses';
import { patience } from './patience';
import { openSecrets, openServingRecords } from './stores';
import { unanswered } from './unanswered';

/** What is known of a service is waited for anew when it is older than this: a function may sleep for long. */
const OLDEST_MS = 10_000;

/** Beside a model's 25 s within the 29 s that API Gateway waits. */
const LONGEST_CAPTURE_MS = 3_000;

/** The prediction path: the embedded home's, with SageMaker behind it and Firehose beside it. */
export const openPrediction = async () => {
  const stage = variable('STAGE');
  const records = openServingRecords();
  const services = serviceRecords(records);
  const host = openServingHost(records);
  const directory = serviceDirectory({
    findService: thenWhatRuns(services.find, host.renew),
    versionsOf: services.versionsOf,
    findModel: modelRecords(records).findVersion,
    clock,
    oldestMs: OLDEST_MS,
  });
  const s3 = new S3Client(patience(5_000, 3));
  const firehose = firehoseCaptureSink({
    firehose: new FirehoseClient(patience(2_000, 2)),
    s3,
    bucket: variable('CAPTURED_BUCKET'),
    prefix: capturedPrefix,
    streamOf: (service) => `tidegate-${stage}-${service}`,
    now,
    onRefused: ({ service, error }) =>
      logger.warn('Firehose takes nothing, what was asked goes to S3 directly', {
        ...{ of_service: service, error: error as Error },
      }),
    onLost: ({ service, count, reason }) => {
      const message = `${count} requests were answered but not captured: ${reason}`;
      logger.error(message, { of_service: service });
      metrics.addMetric('CaptureLost', 'Count', count);
      counts.lost(service, count);
    },
  });
  const counts = captureCounts({ now, publish: publishCounted });
  const sink = deferredSink({
    sink: firehose,
    isBefore: (name) => {
      // Known by now: it was found for the request.
      const serving = directory.find(name);
      return !(serving instanceof Promise) && serving?.service.capture.when === 'before';
    },
    longestMs: LONGEST_CAPTURE_MS,
  });
  const failureOf = unanswered('a secret');
  const hashKey = await openSecrets()
    .ensure('capture-hash-key', randomSecret)
    .catch((error: unknown) => {
      throw failureOf(error);
    });
  const hmac = hmacWith(hashKey);
  const { isRunning, modelOf } = host;
  const chooser = versionChooser({ isRunning, random: Math.random, clock });
  const requests = recorder({
    sink: {
      append(record, settled) {
        counts.answered(record.service);
        sink.append(record, settled);
      },
    },
    recordOf: captureRecordOf({ hash: hmac }),
    hashSplitKey: hmac,
    byteLength: Buffer.byteLength,
    clock,
  });
  // Among the function's own lines; the log of a service has them by the member `of_service`.
  const note: Note = (service, version, level, message) =>
    logger[level === 'error' ? 'error' : 'warn'](message, { of_service: service, version });
  const serving = { host, modelOf, recorder: requests, note, report };
  // The edge counts what a service may take; what a single key may, its own limits say.
  const leases = leaseLimiter({
    // Asked once: the limiter itself does not wait for long, and pauses.
    db: new DynamoDBClient(patience(500, 1)),
    ...{ table: variable('RECORDS_TABLE'), now },
    report: (error) => logger.error('limits of keys are not counted', { error: error as Error }),
  });
  const uses = pacedUses(keyUses({ keys: keyRecords(records) }));
  return {
    directory,
    host,
    limiter: {
      admit: (subjects: readonly Limited[]) =>
        leases.admit(subjects.filter(({ subject }) => subject.startsWith('key/'))),
    },
    uses,
    async flush(): Promise<void> {
      await sink.flush();
      counts.tell();
    },
    predict: servePrediction({ ...serving, chooser, clock }),
    compare: serveComparison({ ...serving, newId }),
    metadata: protocolMetadata({ isRunning, release }),
    takeLabels: openLabelTaking(records, s3),
  };
};
