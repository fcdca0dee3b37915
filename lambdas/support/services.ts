import { setTimeout as sleep } from 'node:timers/promises';
import { newId, now } from '../../adapters/primitives';
import { modelRecords } from '../../core/models/model-records';
import { serviceEvents } from '../../core/services/service-events';
import { openLogs } from './logs';
import { report } from './observability';
import { openAccess } from './stores';

/** After what could not be written down, and what another was at. */
const RETRY_MS = 200;

export const pause = (): Promise<void> => sleep(RETRY_MS);

/** Services and what is written down about them, for those who change them and those who run them. */
export const openServices = () => {
  const { records, services, access } = openAccess();
  const models = modelRecords(records);
  const events = serviceEvents({
    ...{ store: records, guard: services.guard, now, pause },
    report: (error) => report(error, ''),
  });
  // What replicas have printed goes with the service's stack.
  const logs = openLogs(records, services);
  return {
    ...{ records, services, access, models, events, logs },
    changing: { services, findModel: models.findVersion, now, newId },
    deleting: {
      ...{ services, events, logs, removeKeysOf: access.removeKeysOf },
      // What was captured expires by the bucket's own rule; there are no tables in this home yet.
      purge: async () => undefined,
    },
  };
};
