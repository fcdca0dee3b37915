import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import { modelRecords, modelVersionKey } from '../models/model-records';
import type { ModelVersion } from '../models/model-version';
import type { OutputSignature } from '../models/signature';
import type { RecordStore } from '../shared/record-store';
import { addVersion } from './add-version';
import { createService, type NewService } from './create-service';
import { deleteService, finishDeletions } from './delete-service';
import { deleteVersion } from './delete-version';
import type { LogStore } from './log-store';
import { memoryHost } from './memory-host-fixture';
import type { NewVersion } from './new-versions';
import { reconcile } from './reconcile';
import { serviceEvents } from './service-events';
import { serviceRecords } from './service-records';
import { setTraffic } from './set-traffic';
import { startService, stopService } from './start-stop-service';
import { startVersion, stopVersion } from './start-stop-version';
import { updateService } from './update-service';
import { updateVersion } from './update-version';

const scalar: OutputSignature = { type: 'double', width: 1, classes: null };

export const modelVersion = (
  model: string,
  version: number,
  output: OutputSignature = scalar,
): ModelVersion => ({
  model,
  version,
  flavor: 'onnx',
  runtime: 'onnx',
  digest: `sha256:${String(version).padStart(64, '0')}`,
  size: 1,
  signature: {
    inputs: [{ name: 'alcohol', type: 'double', required: true }],
    positional: false,
    storage: ['float32'],
    matrix: true,
    output,
  },
  expected: null,
  description: '',
  tags: {},
  source: { path: '/models/wine' },
  created_by: 'ann',
  created_at: '2026-01-01T12:00:00.000Z',
});

/** `wine/1` and `wine/2` answer a number, `wine/3` a text, `wine/4` three numbers. */
const registered = [
  modelVersion('wine', 1),
  modelVersion('wine', 2),
  modelVersion('wine', 3, { type: 'string', width: 1, classes: null }),
  modelVersion('wine', 4, { type: 'double', width: 3, classes: null }),
];

export const newService = (name: string, ...versions: NewVersion[]): NewService => ({
  name,
  kind: 'ml',
  description: '',
  auth: true,
  throttle: { rate: 100, burst: 200, quota: null },
  capture: { sample: 1, columns: {}, client_ip: false, when: 'after' },
  retention: { requests_days: null, rows_days: null, labels_days: null },
  max_rows: 512,
  max_queue: 1000,
  timeout_ms: 25_000,
  cors_origins: [],
  positional: false,
  versions,
  by: 'ann',
});

export const version = (name: string, model = 1): NewVersion => ({
  name,
  description: '',
  model: { name: 'wine', version: model },
  compute: { instances: { type: 'ml.m5.large', count: 1 } },
  environment: {},
  start: true,
});

/** Everything about services over records in memory and a host that loads nothing. */
export const openServices = (wrap: (store: RecordStore) => RecordStore = (store) => store) => {
  let clock = Date.parse('2026-01-01T12:00:00Z');
  let ids = 0;
  const now = () => new Date(clock);
  const newId = () => `id-${++ids}`;
  const memory = sqliteRecordStore(':memory:', { now });
  const store = wrap(memory);
  const models = modelRecords(store);
  const put = (made: ModelVersion, seen: number) =>
    memory.transact([{ ...modelVersionKey(made), seen, put: made }]);
  for (const made of registered) void put(made, 0);
  const findModel = models.findVersion;
  const services = serviceRecords(store);
  const reports: unknown[] = [];
  const report = (error: unknown) => void reports.push(error);
  const pauses: (() => void)[] = [];
  const pause = () => new Promise<void>((resolve) => pauses.push(resolve));
  const events = serviceEvents({ store, guard: services.guard, now, report, pause });
  const { host, ...fakes } = memoryHost();
  const reconciler = reconcile({ services, findModel, host, events, report });
  host.observe(reconciler.listener);
  const { changed, statesOf } = reconciler;
  const removed: string[] = [];
  const removes = (what: string) => async (service: string) =>
    void removed.push(`${what} ${service}`);
  const logs: Pick<LogStore, 'remove'> = { remove: removes('logs of') };

  const needs = { services, findModel, statesOf, now, newId, changed };
  const deletion = {
    ...needs,
    events,
    logs,
    removeKeysOf: removes('keys of'),
    purge: async (service: string) => {
      await removes('tables of')(service);
      return true;
    },
  };
  return {
    ...fakes,
    host,
    store,
    models,
    /** Registers a model version, or puts it in another's place. */
    register: async (made: ModelVersion) =>
      put(made, (await models.findVersion(made.model, made.version))?.revision ?? 0),
    /** Deletes a model version, whoever uses it. */
    unregister: async (model: string, number: number) => {
      const found = await models.findVersion(model, number);
      if (found) await models.remove(found);
    },
    needs,
    services,
    events,
    reconciler,
    reports,
    removed,
    /** Ends the pauses after failures. */
    retry: () => {
      for (const end of pauses.splice(0)) end();
    },
    deletion,
    advance: (ms: number) => {
      clock += ms;
    },
    create: createService(needs),
    update: updateService(needs),
    delete: deleteService(deletion),
    finishDeletions: finishDeletions(deletion),
    start: startService(needs),
    stop: stopService(needs),
    traffic: setTraffic(needs),
    add: addVersion(needs),
    updateVersion: updateVersion(needs),
    deleteVersion: deleteVersion(needs),
    startVersion: startVersion(needs),
    stopVersion: stopVersion(needs),
  };
};
