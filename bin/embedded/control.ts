import type { LocalHost } from '../../adapters/embedded/local-host';
import type { UploadPlace } from '../../adapters/embedded/package-upload';
import { now } from '../../adapters/primitives';
import { aboutEndpoints } from '../../api/about/endpoints';
import { accessEndpoints } from '../../api/access/endpoints';
import { captureEndpoints } from '../../api/capture/endpoints';
import { controlApi } from '../../api/control';
import { modelEndpoints } from '../../api/models/endpoints';
import type { ReportBug } from '../../api/problem';
import { serviceEndpoints } from '../../api/services/endpoints';
import { tableEndpoints } from '../../api/tables/endpoints';
import type { Access } from '../../core/access/access';
import type { CapturedRequests } from '../../core/capture/captured-requests';
import { findRequests } from '../../core/capture/find-requests';
import { getRequest } from '../../core/capture/get-request';
import { deleteModelVersion } from '../../core/models/delete-model-version';
import { type RegistrationNeeds, registerVersion } from '../../core/models/register-version';
import { addVersion } from '../../core/services/add-version';
import { createService } from '../../core/services/create-service';
import { deleteVersion } from '../../core/services/delete-version';
import type { LogStore } from '../../core/services/log-store';
import { modelUser } from '../../core/services/model-user';
import type { ServiceEvents } from '../../core/services/service-events';
import { setTraffic } from '../../core/services/set-traffic';
import { startService, stopService } from '../../core/services/start-stop-service';
import { startVersion, stopVersion } from '../../core/services/start-stop-version';
import { updateService } from '../../core/services/update-service';
import { updateVersion } from '../../core/services/update-version';
import { withoutImages } from '../../model-server/without-images';
import type { ServiceRoom } from './service-room';
import type { TableRoom } from './tables';

interface Needs {
  readonly access: Access;
  readonly room: ServiceRoom;
  readonly registration: RegistrationNeeds;
  readonly host: LocalHost;
  readonly events: ServiceEvents;
  readonly logs: LogStore;
  readonly requests: CapturedRequests;
  readonly tables: TableRoom['endpoints'];
  readonly createUpload: () => Promise<UploadPlace>;
  readonly readiness: Parameters<typeof aboutEndpoints>[0]['checks'];
  readonly baseUrl: () => string;
  readonly secureCookies: boolean;
  readonly report: ReportBug;
}

/** The control API: every route with its endpoint and its use case. */
export const control = (needs: Needs) => {
  const { access, room, registration, host, events, logs, requests, report } = needs;
  const { services, models, changing, statesOf } = room;
  const serviceExists = async (name: string) => (await services.read(name)) !== undefined;
  return controlApi({
    authenticateOperator: access.authenticateOperator,
    audit: access.audit,
    report,
    endpoints: {
      ...aboutEndpoints({ checks: needs.readiness }),
      ...accessEndpoints({ access, secureCookies: needs.secureCookies }),
      ...modelEndpoints({
        models,
        registerVersion: registerVersion({
          ...registration,
          checks: withoutImages(registration.checks),
        }),
        deleteModelVersion: deleteModelVersion({
          models,
          artifacts: registration.artifacts,
          usedBy: modelUser({ services }),
        }),
        createUpload: needs.createUpload,
      }),
      ...serviceEndpoints({
        services,
        createService: createService(changing),
        updateService: updateService(changing),
        deleteService: room.deleteService,
        startService: startService(changing),
        stopService: stopService(changing),
        setTraffic: setTraffic(changing),
        addVersion: addVersion(changing),
        updateVersion: updateVersion(changing),
        deleteVersion: deleteVersion(changing),
        startVersion: startVersion(changing),
        stopVersion: stopVersion(changing),
        statesOf,
        host,
        events,
        logs,
        now,
        baseUrl: needs.baseUrl,
      }),
      ...captureEndpoints({
        findRequests: findRequests({ requests, serviceExists, now }),
        getRequest: getRequest({ requests }),
      }),
      ...tableEndpoints(needs.tables),
    },
  });
};
