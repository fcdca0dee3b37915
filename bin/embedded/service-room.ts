import type { LocalHost } from '../../adapters/embedded/local-host';
import { clock, newId, now } from '../../adapters/primitives';
import type { Access } from '../../core/access/access';
import { serviceDirectory } from '../../core/inference/service-directory';
import { modelRecords } from '../../core/models/model-records';
import { deleteService, finishDeletions } from '../../core/services/delete-service';
import type { LogStore } from '../../core/services/log-store';
import { reconcile } from '../../core/services/reconcile';
import type { ServiceEvents } from '../../core/services/service-events';
import type { ServiceRecords } from '../../core/services/service-records';
import type { RecordStore } from '../../core/shared/record-store';

interface Needs {
  readonly records: RecordStore;
  readonly services: ServiceRecords;
  readonly host: LocalHost;
  readonly events: ServiceEvents;
  readonly logs: LogStore;
  readonly access: Pick<Access, 'removeKeysOf'>;
  /** Takes out what was captured of a service; whether it is gone already. */
  readonly purge: (service: string) => Promise<boolean>;
  readonly report: (error: unknown) => void;
  /** Called with every service that changed. */
  readonly onChange: (service: string) => void;
}

/** Services, their versions and what runs of them, held together: every change reaches all three. */
export const serviceRoom = (needs: Needs) => {
  const { records, services, host, events, logs, access, purge, report, onChange } = needs;
  const models = modelRecords(records);
  const findModel = models.findVersion;
  const directory = serviceDirectory({
    findService: services.find,
    versionsOf: services.versionsOf,
    findModel,
    clock,
  });
  const reconciler = reconcile({ services, findModel, host, events, report });
  host.observe(reconciler.listener);

  const changed = async (service: string): Promise<void> => {
    directory.forget(service);
    onChange(service);
    await reconciler.changed(service);
  };
  const { statesOf, sweep } = reconciler;
  const changing = { services, findModel, statesOf, now, newId, changed };
  const deletion = {
    ...changing,
    events,
    logs,
    removeKeysOf: access.removeKeysOf,
    purge,
  };
  return {
    services,
    models,
    directory,
    changing,
    statesOf,
    sweep,
    deleteService: deleteService(deletion),
    finishDeletions: finishDeletions(deletion),
  };
};

export type ServiceRoom = ReturnType<typeof serviceRoom>;
