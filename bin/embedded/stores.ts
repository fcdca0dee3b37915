import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { captureLog } from '../../adapters/embedded/capture-log/capture-log';
import { captureLogReader } from '../../adapters/embedded/capture-log/capture-log-reader';
import type { ReportLoss } from '../../adapters/embedded/capture-log/loss-ledger';
import { credentialsFile } from '../../adapters/embedded/credentials-file';
import { openDataFolder } from '../../adapters/embedded/data-folder';
import { fileLogStore } from '../../adapters/embedded/file-log-store';
import { fileSecrets } from '../../adapters/embedded/file-secrets';
import type { PlatformLog } from '../../adapters/embedded/platform-log';
import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import { tokenBucketLimiter } from '../../adapters/embedded/token-bucket-limiter';
import { now } from '../../adapters/primitives';
import { type ServiceEvents, serviceEvents } from '../../core/services/service-events';
import { serviceRecords } from '../../core/services/service-records';
import type { Ends } from './ends';
import type { UpOptions } from './options';

interface Needs {
  readonly options: Pick<UpOptions, 'data' | 'durability'>;
  readonly log: PlatformLog;
  readonly report: (error: unknown) => void;
  /** Gets what has to be closed. */
  readonly ends: Ends;
}

/** After what could not be written down. */
const RETRY_MS = 1_000;

/**
 * Opens the data folder and everything that is remembered in it.
 * @throws `in-use` another process holds the folder; `bad-request` it is not Tidegate's
 */
export const openStores = async ({ options, log, report, ends }: Needs) => {
  const data = await openDataFolder(options.data);
  ends.add(() => data.close());
  const inData = (name: string): string => join(data.path, name);

  const records = sqliteRecordStore(inData('records.db'), { now });
  ends.add(() => records.close());
  const services = serviceRecords(records);
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
  const capture = inData('capture');
  const { durability } = options;
  const sink = captureLog({ folder: capture, durability, onLost: tellLoss(log, events) });
  ends.add(() => sink.close());
  return {
    inData,
    records,
    services,
    kept: credentialsFile(inData('credentials.json')),
    secrets: fileSecrets(inData('secrets')),
    limiter,
    logs,
    events,
    sink,
    requests: captureLogReader({ folder: capture }),
  };
};

const tellLoss =
  (log: PlatformLog, events: ServiceEvents): ReportLoss =>
  ({ service, count, reason }) => {
    const message = `${count} requests were answered but not captured: ${reason}`;
    log({ level: 'error', message: `${service}: ${message}` });
    events.happened({
      service,
      level: 'error',
      resource_kind: 'capture',
      resource_name: service,
      type: 'capture-lost',
      message: `answered but not captured: ${reason}`,
      count,
    });
  };
