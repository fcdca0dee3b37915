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
import { assertAllowed } from './support/allowed-compute';
import { computeCost } from './support/compute-cost';
import { controlHandler } from './support/control-handler';
import { variable } from './support/environment';
import { report } from './support/observability';
import { openServiceRoom } from './support/service-room';

const room = openServiceRoom();
const { access, services, host, events, logs, changing, statesOf } = room;
const assertCompute = assertAllowed(variable('ALLOWED_INSTANCE_TYPES').split(','));
const create = createService(changing);
const add = addVersion(changing);
const update = updateVersion(changing);
let url = '';

/** Services, their versions, traffic, instances and events. */
export const handler = controlHandler({
  control: controlApi({
    endpoints: serviceEndpoints({
      createService: async (input) => {
        for (const { compute } of input.versions) assertCompute(compute);
        return create(input);
      },
      addVersion: async (input) => {
        assertCompute(input.compute);
        return add(input);
      },
      updateVersion: async (input) => {
        assertCompute(input.patch.compute);
        return update(input);
      },
      updateService: updateService(changing),
      deleteService: room.deleteService,
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
