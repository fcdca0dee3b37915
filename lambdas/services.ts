import { now } from '../adapters/primitives';
import { controlApi } from '../api/control';
import { serviceEndpoints } from '../api/services/endpoints';
import { addVersion } from '../core/services/add-version';
import { createService } from '../core/services/create-service';
import { deleteVersion } from '../core/services/delete-version';
import { setTraffic } from '../core/services/set-traffic';
import { startService, stopService } from '../core/services/start-stop-service';
import { startVersion, stopVersion } from '../core/services/start-stop-version';
import { updateService } from '../core/services/update-service';
import { updateVersion } from '../core/services/update-version';
import { computeCost } from './support/compute-cost';
import { controlHandler } from './support/control-handler';
import { variable } from './support/environment';
import { report } from './support/observability';
import { runnableVersion } from './support/runnable-version';
import { openServiceDesk } from './support/service-desk';

const desk = openServiceDesk();
const { access, services, host, events, logs, changing, statesOf } = desk;
const { assertRunnable, assertChange } = runnableVersion({
  allowed: variable('ALLOWED_INSTANCE_TYPES').split(','),
  hasGpuImage: process.env.GPU_IMAGE !== undefined,
  ...{ services, findModel: changing.findModel },
});
const create = createService(changing);
const add = addVersion(changing);
const update = updateVersion(changing);
let url = '';

/** Services, their versions, traffic, instances and events. */
export const handler = controlHandler({
  control: controlApi({
    endpoints: serviceEndpoints({
      createService: async (input) => {
        for (const version of input.versions) await assertRunnable(version);
        return create(input);
      },
      addVersion: async (input) => {
        await assertRunnable(input);
        return add(input);
      },
      updateVersion: async (input) => {
        await assertChange(input.service, input.version, input.patch);
        return update(input);
      },
      updateService: updateService(changing),
      deleteService: desk.deleteService,
      startService: startService(changing),
      stopService: stopService(changing),
      setTraffic: setTraffic(changing),
      deleteVersion: deleteVersion(changing),
      startVersion: startVersion(changing),
      stopVersion: stopVersion(changing),
      ...{ services, statesOf, host, events, logs, now },
      baseUrl: () => url,
      costOf: computeCost,
    }),
    authenticateOperator: access.authenticateOperator,
    audit: access.audit,
    report,
  }),
  // One request at a time: where it came in is where callers reach the platform.
  arrived: (base) => {
    url = process.env.BASE_URL ?? base;
  },
  settle: events.settled,
});
