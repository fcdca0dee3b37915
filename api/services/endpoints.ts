import type { ModelHost, StatesOf } from '../../core/inference/model-host';
import type { addVersion } from '../../core/services/add-version';
import type { createService } from '../../core/services/create-service';
import type { deleteService } from '../../core/services/delete-service';
import type { deleteVersion } from '../../core/services/delete-version';
import { foundService, versionOf } from '../../core/services/find-service';
import type { LogStore } from '../../core/services/log-store';
import type { ServiceDocument } from '../../core/services/service-document';
import type { ServiceEvents } from '../../core/services/service-events';
import type { ServiceRecords } from '../../core/services/service-records';
import type { setTraffic } from '../../core/services/set-traffic';
import type { startService, stopService } from '../../core/services/start-stop-service';
import type { startVersion, stopVersion } from '../../core/services/start-stop-version';
import type { updateService } from '../../core/services/update-service';
import type { updateVersion } from '../../core/services/update-version';
import { DomainError } from '../../core/shared/domain-error';
import { endpoints } from '../endpoints';
import { serviceContracts } from './contracts';
import { pageOfAll } from './page-of-all';
import { billsNobody, type CostOf, serviceView, versionView } from './service-view';

interface Needs {
  readonly services: Pick<ServiceRecords, 'read' | 'listDocuments'>;
  readonly createService: ReturnType<typeof createService>;
  readonly updateService: ReturnType<typeof updateService>;
  readonly deleteService: ReturnType<typeof deleteService>;
  readonly startService: ReturnType<typeof startService>;
  readonly stopService: ReturnType<typeof stopService>;
  readonly setTraffic: ReturnType<typeof setTraffic>;
  readonly addVersion: ReturnType<typeof addVersion>;
  readonly updateVersion: ReturnType<typeof updateVersion>;
  readonly deleteVersion: ReturnType<typeof deleteVersion>;
  readonly startVersion: ReturnType<typeof startVersion>;
  readonly stopVersion: ReturnType<typeof stopVersion>;
  readonly statesOf: StatesOf;
  readonly host: Pick<ModelHost, 'instances' | 'restart'>;
  readonly events: Pick<ServiceEvents, 'list'>;
  readonly logs: Pick<LogStore, 'find'>;
  readonly now: () => Date;
  /** Where callers reach the platform, without a slash at the end. */
  readonly baseUrl: () => string;
  /** Nothing, by default. */
  readonly costOf?: CostOf;
}

const DAY_MS = 24 * 3600 * 1000;

interface Guarded {
  readonly 'if-match'?: number | undefined;
}

const revisionOf = (headers: Guarded): number | undefined => headers['if-match'];

/** Endpoints of services, versions, instances, events and logs. */
export const serviceEndpoints = ({
  services,
  statesOf,
  host,
  events,
  logs,
  now,
  baseUrl,
  costOf = billsNobody,
  ...use
}: Needs) => {
  const found = async (name: string): Promise<ServiceDocument> =>
    foundService(await services.read(name), name);

  const view = async (document: ServiceDocument) =>
    serviceView(document, await statesOf(document.service.name), baseUrl());

  const versionViewOf = async (document: ServiceDocument, name: string) =>
    versionView(document, versionOf(document, name), await statesOf(document.service.name), costOf);

  const instancesOf = async (service: string, version: string) => {
    versionOf(await found(service), version);
    const instances = await host.instances(service);
    return instances.filter((instance) => instance.version === version);
  };

  return endpoints<'services'>(serviceContracts, {
    listServices: async ({ query }) => {
      const { items, next_cursor } = await services.listDocuments(query);
      return { items: await Promise.all(items.map(view)), next_cursor };
    },

    createService: async ({ body: { versions, ...settings }, operator }) => {
      const named = Object.entries(versions).map(([name, version]) => ({ name, ...version }));
      return view(await use.createService({ ...settings, versions: named, by: operator.name }));
    },

    getService: async ({ path }) => view(await found(path.service)),

    updateService: async ({ path, headers, body }) =>
      view(await use.updateService({ ...path, patch: body, revision: revisionOf(headers) })),

    deleteService: async ({ path, headers, query }) => {
      const purge = query.purge === 'true';
      await use.deleteService({ ...path, purge, revision: revisionOf(headers) });
      return null;
    },

    startService: async ({ path, headers }) =>
      view(await use.startService({ ...path, revision: revisionOf(headers) })),

    stopService: async ({ path, headers }) =>
      view(await use.stopService({ ...path, revision: revisionOf(headers) })),

    setTraffic: async ({ path, headers, body }) =>
      view(await use.setTraffic({ ...path, traffic: body, revision: revisionOf(headers) })),

    listVersions: async ({ path, query }) => {
      const document = await found(path.service);
      const states = await statesOf(path.service);
      const items = document.versions.map((version) =>
        versionView(document, version, states, costOf),
      );
      return pageOfAll(items, ({ name }) => name, query);
    },

    addVersion: async ({ path, body, operator }) =>
      versionViewOf(await use.addVersion({ ...path, ...body, by: operator.name }), body.name),

    getVersion: async ({ path }) => versionViewOf(await found(path.service), path.version),

    updateVersion: async ({ path, headers, body }) => {
      const input = { ...path, patch: body, revision: revisionOf(headers) };
      return versionViewOf(await use.updateVersion(input), path.version);
    },

    deleteVersion: async ({ path, headers }) => {
      await use.deleteVersion({ ...path, revision: revisionOf(headers) });
      return null;
    },

    startVersion: async ({ path, headers }) => {
      const document = await use.startVersion({ ...path, revision: revisionOf(headers) });
      return versionViewOf(document, path.version);
    },

    stopVersion: async ({ path, headers }) => {
      const document = await use.stopVersion({ ...path, revision: revisionOf(headers) });
      return versionViewOf(document, path.version);
    },

    listInstances: async ({ path, query }) =>
      pageOfAll(await instancesOf(path.service, path.version), ({ id }) => id, query),

    restartInstance: async ({ path }) => {
      const instances = await instancesOf(path.service, path.version);
      if (!instances.some(({ id }) => id === path.instance)) {
        throw new DomainError('not-found', `${path.version} has no such instance: list them anew`);
      }
      await host.restart(path.service, path.instance);
      return null;
    },

    listEvents: async ({ path, query }) => {
      await found(path.service);
      const { items, next_cursor } = await events.list({ ...path, ...ordered(query) });
      return { items: [...items], next_cursor };
    },

    findLogs: async ({ path, query }) => {
      await found(path.service);
      const { from = now().getTime() - DAY_MS, to = Number.POSITIVE_INFINITY } = ordered(query);
      const { items, next_cursor } = await logs.find({ ...path, ...query, from, to });
      return { items: [...items], next_cursor };
    },
  });
};

interface Range {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const ordered = <T extends Range>(range: T): T => {
  const { from, to } = range;
  if (from === undefined || to === undefined || from <= to) return range;
  throw new DomainError('bad-request', 'query.from is later than query.to');
};
