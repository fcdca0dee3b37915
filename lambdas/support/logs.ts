import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { cloudWatchLogStore } from '../../adapters/aws/cloudwatch-log-store';
import { hostRecords } from '../../adapters/aws/sagemaker-host/host-record';
import { now } from '../../adapters/primitives';
import type { ServiceRecords } from '../../core/services/service-records';
import type { RecordStore } from '../../core/shared/record-store';
import { variable } from './environment';
import { report } from './observability';
import { patience } from './patience';

const RETENTION_DAYS = 30;

/** What replicas print, and what functions say of services. */
export const openLogs = (records: RecordStore, services: Pick<ServiceRecords, 'read'>) => {
  const hosted = hostRecords(records);
  const stage = variable('STAGE');
  return cloudWatchLogStore({
    client: new CloudWatchLogsClient(patience(5_000, 3)),
    ...{ stage, now, retentionDays: RETENTION_DAYS },
    stream: variable('AWS_LAMBDA_LOG_STREAM_NAME'),
    endpointsOf: async (service) => (await hosted.read(service)).record.endpoints,
    notesGroup: variable('PREDICT_LOG_GROUP'),
    madeAt: async (service) => {
      const found = await services.read(service);
      return found && Date.parse(found.service.created_at);
    },
    exists: async (service) => (await services.read(service)) !== undefined,
    report: (error) => report(error, ''),
  });
};
