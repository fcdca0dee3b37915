import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { captureLog } from '../../adapters/embedded/capture-log/capture-log';
import { captureLogReader } from '../../adapters/embedded/capture-log/capture-log-reader';
import { credentialsFile } from '../../adapters/embedded/credentials-file';
import { openDataFolder } from '../../adapters/embedded/data-folder';
import { fileLogStore } from '../../adapters/embedded/file-log-store';
import { fileSecrets } from '../../adapters/embedded/file-secrets';
import { closeServer } from '../../adapters/embedded/http/close-server';
import { httpServer } from '../../adapters/embedded/http/http-server';
import { localHost } from '../../adapters/embedded/local-host';
import { readManifest } from '../../adapters/embedded/manifest-file';
import { lineOf, platformLog } from '../../adapters/embedded/platform-log';
import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import { tokenBucketLimiter } from '../../adapters/embedded/token-bucket-limiter';
import { access as accessRoom } from '../../core/access/access';
import { keepFirstAnswers } from '../../core/models/keep-first-answers';
import { serviceEvents } from '../../core/services/service-events';
import { serviceRecords } from '../../core/services/service-records';
import { loadInlineModel } from '../../model-server/onnx-model';
import { tableOf } from '../../model-server/table-of';
import { version as release } from '../../package.json';
import { control } from './control';
import { endsInTurn } from './ends';
import { firstStates } from './first-states';
import { inference } from './inference';
import { manifestRoom } from './manifest-room';
import { modelRoom } from './model-room';
import { type UpOptions, urlOf } from './options';
import { clock, digest, hmacWith, newId, now, randomBytes, randomSecret } from './primitives';
import { serviceRoom } from './service-room';
import { welcome } from './welcome';

type Env = Readonly<Record<string, string | undefined>>;

export interface Platform {
  readonly welcome: string;
  /** Answers what is in flight for at most this many milliseconds, then ends everything. */
  close(graceMs: number): Promise<void>;
}

const MINUTE_MS = 60_000;
/** After what could not be written down. */
const RETRY_MS = 1_000;
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
  manifest: ReturnType<typeof readManifest> | null,
  ends: ReturnType<typeof endsInTurn>,
  stopping: AbortSignal,
): Promise<Platform> => {
  const log = platformLog({
    now,
    json: !process.stderr.isTTY,
    write: (text) => void process.stderr.write(text),
  });
  const report = (error: unknown, request_id?: string): void =>
    log({ level: 'error', ...lineOf(error), ...(request_id !== undefined && { request_id }) });

  const data = await openDataFolder(options.data);
  ends.add(() => data.close());
  const inData = (...names: string[]): string => join(data.path, ...names);

  const records = sqliteRecordStore(inData('records.db'), { now });
  ends.add(() => records.close());
  const kept = credentialsFile(inData('credentials.json'));
  const secrets = fileSecrets(inData('secrets'));
  const services = serviceRecords(records);
  const access = accessRoom({
    records,
    kept,
    guard: services.guard,
    digest,
    randomBytes,
    newId,
    now,
  });
  const operator = await access.ensureFirstOperator(env.TIDEGATE_OPERATOR_TOKEN);
  const limiter = tokenBucketLimiter(inData('quotas.db'), { now, report });
  ends.add(() => limiter.close());
  const logs = fileLogStore({ folder: inData('logs'), now, report });
  ends.add(() => logs.close());
  const events = serviceEvents({
    store: records,
    guard: services.guard,
    now,
    report,
    pause: () => sleep(RETRY_MS, undefined, { ref: false }),
  });
  ends.add(() => events.settled());
  const sink = captureLog({
    folder: inData('capture'),
    durability: options.durability,
    onLost: ({ service, count, reason }) => {
      const message = `${count} requests were answered but not captured: ${reason}`;
      log({ level: 'error', message: `${service}: ${message}` });
      const resource = { resource_kind: 'capture', resource_name: service } as const;
      events.happened({
        service,
        level: 'error',
        ...resource,
        type: 'capture-lost',
        message: `answered but not captured: ${reason}`,
        count,
      });
    },
  });
  ends.add(() => sink.close());

  const model = modelRoom({ folder: data.path, records, env });
  const hostFolder = inData('host');
  mkdirSync(hostFolder, { recursive: true, mode: 0o700 });
  const keepAnswers = keepFirstAnswers({ models: model.registration.models });
  const host = await localHost({
    artifacts: model.artifacts,
    workerFile: model.workerFile,
    folder: hostFolder,
    environment: env,
    loadInline: loadInlineModel,
    checkAnswers: ({ model: name, version }, answer) => keepAnswers(name, version, answer),
    tableOf,
    logs,
    now,
    newId,
  });
  ends.add(() => host.close(1_000));

  const forgets: ((service: string) => void)[] = [];
  const room = serviceRoom({
    ...{ records, services, host, events, logs, access, report },
    onChange: (service) => {
      for (const forget of forgets) forget(service);
    },
  });
  const hmac = hmacWith(await secrets.ensure('capture-hash-key', randomSecret));
  const { forget, ...edge } = inference({
    ...{ access, directory: room.directory, limiter, host, sink, logs, hmac, report, release },
  });
  forgets.push(forget);

  let url = '';
  const waitingFor = new Set(['models are being loaded']);
  const readiness = async () => [
    {
      name: 'start',
      ok: waitingFor.size === 0,
      detail: [...waitingFor].join(', ') || 'the manifest is applied',
    },
  ];
  const server = httpServer({
    ...edge,
    control: control({
      ...{ access, room, host, events, logs, report, readiness },
      registration: model.registration,
      requests: captureLogReader({ folder: inData('capture') }),
      createUpload: () => model.createUpload(url),
      baseUrl: () => url,
      secureCookies: options.tls !== undefined || options.behindProxy,
    }),
    receiveUpload: model.receiveUpload,
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
  const { statesOf } = room;
  await firstStates({ services, statesOf, clock, patienceMs: PATIENCE_MS, stopping });
  waitingFor.clear();

  const minutely = setInterval(() => {
    room.sweep().catch(report);
    access.flushKeyUses().catch(report);
  }, MINUTE_MS);

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
