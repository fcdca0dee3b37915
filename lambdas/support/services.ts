import { newId, now } from '../../adapters/primitives';
import { modelRecords } from '../../core/models/model-records';
import { serviceEvents } from '../../core/services/service-events';
import { serviceRecords } from '../../core/services/service-records';
import { tableRecords } from '../../core/tables/table-records';
import { openAskBuilds } from './ask-builds';
import { openLogs } from './logs';
import { report } from './observability';
import { pause } from './pause';
import { openAccess } from './stores';
import { tablePurge } from './table-purge';

/** Services and what is written down about them, for those who change them and those who run them. */
export const openServices = () => {
  const { records, access } = openAccess();
  const { askBuilds, isRunning } = openAskBuilds();
  // What it was not told of, the next tick of the builds sees.
  const services = serviceRecords(records, async (service) => {
    await askBuilds({ kind: 'tables', service }).catch((error: unknown) => report(error, ''));
  });
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
      purge: tablePurge({
        ...{ store: records, now, tables: tableRecords(records) },
        isRunning,
        begin: (service) => askBuilds({ kind: 'purge', service }),
      }),
    },
  };
};
