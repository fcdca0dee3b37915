import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { cloudWatchLogStore } from '../../adapters/aws/cloudwatch-log-store';
import { digest, now } from '../../adapters/primitives';
import type { ServiceRecords } from '../../core/services/service-records';
import { ownEndpointName, serviceResourceName } from '../../core/services/service-template-names';
import { variable } from './environment';
import { report } from './observability';
import { patience } from './patience';

const RETENTION_DAYS = 30;

/** What replicas print and the platform says of services. */
export const openLogs = (services: Pick<ServiceRecords, 'versionsOf' | 'read'>) => {
  const stage = variable('STAGE');
  return cloudWatchLogStore({
    client: new CloudWatchLogsClient(patience(5_000, 3)),
    ...{ stage, now, retentionDays: RETENTION_DAYS },
    stream: variable('AWS_LAMBDA_LOG_STREAM_NAME'),
    endpointsOf: async (service) => [
      serviceResourceName(stage, service),
      ...(await services.versionsOf(service)).map(({ name }) =>
        ownEndpointName(stage, service, name, digest),
      ),
    ],
    exists: async (service) => (await services.read(service)) !== undefined,
    report: (error) => report(error, ''),
  });
};
