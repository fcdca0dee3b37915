import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { closeServer } from '../../adapters/embedded/http/close-server';
import { httpServer } from '../../adapters/embedded/http/http-server';
import { type ManifestFile, readManifest } from '../../adapters/embedded/manifest-file';
import { lineOf, platformLog } from '../../adapters/embedded/platform-log';
import { labelFiles } from '../../adapters/embedded/tables/label-files';
import {
  clock,
  digest,
  hmacWith,
  newId,
  now,
  randomBytes,
  randomSecret,
} from '../../adapters/primitives';
import { access as accessRoom } from '../../core/access/access';
import { tableRecords } from '../../core/tables/table-records';
import { version as release } from '../../package.json';
import { control } from './control';
import { type Ends, endsInTurn } from './ends';
import { firstStates } from './first-states';
import { openHost } from './host';
import { inference } from './inference';
import { manifestRoom } from './manifest-room';
import { modelRoom } from './model-room';
import { type Env, type UpOptions, urlOf } from './options';
import { serviceRoom } from './service-room';
import { startCheck } from './start-check';
import { openStores } from './stores';
import { tableRoom } from './tables';
import { openTraces } from './traces';
import { welcome } from './welcome';

export interface Platform {
  readonly welcome: string;
  /** Answers what is in flight for at most this many milliseconds, then ends everything. */
  close(graceMs: number): Promise<void>;
}

const MINUTE_MS = 60_000;
/** How long a start waits for its versions before it says what is not there yet. */
const PATIENCE_MS = 60_000;

/**
 * Opens the data folder, listens, applies the manifest and starts what shall run; told to stop, it
 * waits for nothing that starts.
 * @throws DomainError or a system's error when it cannot start; nothing is left open then
 */
export const openPlatform = async (
  options: UpOptions,
  env: Env,
  stopping: AbortSignal,
): Promise<Platform> => {
  const manifest = options.manifest === null ? null : readManifest(options.manifest);
  const ends = endsInTurn();
  try {
    return await openRooms(options, env, manifest, ends, stopping);
  } catch (error) {
    await ends.run();
    throw error;
  }
};

const openRooms = async (
  options: UpOptions,
  env: Env,
  manifest: ManifestFile | null,
  ends: Ends,
  stopping: AbortSignal,
): Promise<Platform> => {
  const log = platformLog({
    now,
    json: !process.stderr.isTTY,
    write: (text) => void process.stderr.write(text),
  });
  const report = (error: unknown, request_id?: string): void =>
    log({ level: 'error', ...lineOf(error), ...(request_id !== undefined && { request_id }) });

  const traces = await openTraces(env, release, (message) => log({ level: 'warning', message }));
  ends.add(() => traces?.close());

  const stores = await openStores({ options, log, report, ends });
  const { inData, records, services, kept, secrets, logs, events } = stores;
  const access = accessRoom({
    ...{ records, kept, guard: services.guard },
    ...{ digest, randomBytes, newId, now },
  });
  const operator = await access.ensureFirstOperator(env.TIDEGATE_OPERATOR_TOKEN);
  const model = modelRoom({ inData, records, env });
  const host = await openHost({ folder: inData('host'), env, model, logs });
  ends.add(() => host.close(1_000));

  const tables = tableRoom({
    ...{ env, inData, records, services, events, log, ends },
    ...{ sink: stores.sink, requests: stores.requests },
  });

  const forgets: ((service: string) => void)[] = [];
  const room = serviceRoom({
    ...{ records, services, host, events, logs, access, report },
    purge: tables.purge,
    onChange: (service) => {
      for (const forget of forgets) forget(service);
    },
  });
  const { directory, statesOf } = room;
  const hmac = hmacWith(await secrets.ensure('capture-hash-key', randomSecret));
  const { forget, ...edge } = inference({
    ...{ access, directory, host, logs, hmac, report, release },
    ...{ limiter: stores.limiter, sink: stores.sink },
    ...{ tables: tableRecords(records), labels: labelFiles(inData('labels')) },
  });
  forgets.push(forget);

  let url = '';
  const start = startCheck();
  const server = httpServer({
    ...edge,
    control: control({
      ...{ access, room, host, events, logs, report },
      registration: model.registration,
      requests: tables.requests,
      tables: tables.endpoints,
      createUpload: () => model.createUpload(url),
      readiness: async () => [start.result()],
      baseUrl: () => url,
      secureCookies: options.tls !== undefined || options.behindProxy,
    }),
    receiveUpload: model.receiveUpload,
    startTrace: traces?.start,
    newId,
    tls: options.tls,
    report,
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  ends.add(() => {
    // A start that fails now must not leave a server behind.
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const here = urlOf(options, port);
  url = options.url ?? here;
  await kept.keepEndpoint(here);

  // First, so that a name whose deletion was cut off is free for the manifest.
  await room.finishDeletions();
  await manifestRoom({ manifest, services, access, room, model }).apply();
  await room.sweep();
  await firstStates({ services, statesOf, clock, patienceMs: PATIENCE_MS, stopping });
  start.over();
  await tables.ensureAll();
  tables.start();

  const minutely = setInterval(() => {
    room.sweep().catch(report);
    access.flushKeyUses().catch(report);
    model.sweepUploads().catch(report);
  }, MINUTE_MS);
  ends.add(() => clearInterval(minutely));

  return {
    welcome: await welcome({
      url,
      operator,
      access,
      kept,
      services,
      models: room.models,
      statesOf,
    }),
    async close(graceMs) {
      clearInterval(minutely);
      await closeServer(server, graceMs);
      await access.flushKeyUses().catch(report);
      await ends.run();
    },
  };
};
