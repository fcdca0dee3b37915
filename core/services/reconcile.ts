import type { HostListener, ModelHost, VersionPlan, VersionState } from '../inference/model-host';
import { everyPage } from '../shared/page';
import type { FindModel } from './new-versions';
import { oneAtATime } from './one-at-a-time';
import type { Compute } from './service';
import type { ServiceDocument } from './service-document';
import type { ServiceEvents } from './service-events';
import type { ServiceRecords } from './service-records';
import { isWanted } from './service-status';
import { type StatusEvents, statusEvents } from './status-events';

interface Needs {
  readonly services: Pick<ServiceRecords, 'read' | 'listDocuments'>;
  readonly findModel: FindModel;
  readonly host: Pick<ModelHost, 'apply' | 'remove' | 'states'>;
  readonly events: Pick<ServiceEvents, 'happened'>;
  /**
   * What comes before anything is done for a service, and whether there is anything to do: a service
   * that is still being deployed by somebody else is left alone. By default there always is.
   */
  readonly prepare?: (service: string) => Promise<boolean>;
  /** Remembered in this process by default. */
  readonly statuses?: StatusEvents;
  /** Told of what went wrong, with all there is to know. */
  readonly report: (error: unknown) => void;
  /** Why something went wrong, for a person to act on; null, as by default, where only the log says. */
  readonly whyNot?: (error: unknown) => string | null;
}

const replicasOf = (compute: Compute): number => {
  if ('serverless' in compute) return 1;
  return 'count' in compute.instances ? compute.instances.count : compute.instances.min;
};

/**
 * Makes what the host runs equal to what the records say, and events of what the host does.
 * Level-triggered: what counts is what the records say when a run begins, so changes may come in any
 * order and as often as they like.
 */
export const reconcile = (needs: Needs) => {
  const {
    services,
    findModel,
    host,
    events,
    report,
    prepare = async () => true,
    whyNot = () => null,
    statuses = statusEvents(needs.events),
  } = needs;
  const known = new Map<string, ServiceDocument>();
  const refused = new Map<string, readonly VersionState[]>();

  const statesOf = async (service: string): Promise<readonly VersionState[]> => {
    const states = await host.states(service);
    const faulty = refused.get(service) ?? [];
    const others = states.filter(({ name }) => !faulty.some((f) => f.name === name));
    return [...others, ...faulty];
  };

  const observe = async (service: string): Promise<void> => {
    const states = await statesOf(service);
    const document = known.get(service);
    if (document) await statuses.observe(document, states);
  };

  const plan = async ({ service, versions }: ServiceDocument) => {
    const plans: VersionPlan[] = [];
    const faulty: VersionState[] = [];
    for (const version of versions) {
      const { name, compute, environment } = version;
      const started = version.wanted === 'running';
      const replicas = isWanted(service, version) ? replicasOf(compute) : 0;
      const model = await findModel(version.model.name, version.model.version);
      if (model) plans.push({ name, model, compute, started, replicas, environment });
      else if (replicas > 0) {
        const reason = `its model ${version.model.name}/${version.model.version} is not registered any more`;
        faulty.push({ name, status: 'failed', reason, wanted: replicas, running: 0 });
      }
    }
    return { plans, faulty };
  };

  const run = async (name: string): Promise<void> => {
    if (!(await prepare(name))) return;
    const document = await services.read(name);
    if (!document) {
      known.delete(name);
      refused.delete(name);
      await statuses.forget(name);
      await host.remove(name);
      return;
    }
    const { plans, faulty } = await plan(document);
    known.set(name, document);
    refused.set(name, faulty);
    const { max_queue: maxQueue, throttle, wanted, managed_by: managedBy } = document.service;
    const stopped = wanted === 'stopped';
    await host.apply({ service: name, maxQueue, throttle, managedBy, stopped, versions: plans });
    await observe(name);
  };

  const changed = oneAtATime((name) =>
    run(name).catch((error: unknown) => {
      report(error);
      events.happened({
        service: name,
        level: 'error',
        resource_kind: 'service',
        resource_name: name,
        type: 'apply-failed',
        message: `What is wanted could not be brought about, and is tried again every minute: ${whyNot(error) ?? 'the log of the platform says why'}.`,
      });
    }),
  );

  const listener: HostListener = {
    stateChanged: (service) => void observe(service).catch(report),
    happened({ service, version, level, type, message }) {
      const resource = { resource_kind: 'version', resource_name: version } as const;
      events.happened({ service, level, ...resource, type, message });
    },
  };

  return {
    /** Resolves when the host accepted what is wanted now, or the failure is reported. */
    changed,

    /** All services: at the start, and every minute for what failed. */
    async sweep(): Promise<void> {
      for await (const documents of everyPage(services.listDocuments)) {
        await Promise.all(documents.map(({ service }) => changed(service.name)));
      }
    },

    /** The host's states, and those of versions that it could not be given. */
    statesOf,

    /** For `host.observe`. */
    listener,
  };
};
