import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CaptureLog } from '../../adapters/embedded/capture-log/capture-log';
import { segmentsAmong } from '../../adapters/embedded/capture-log/segments';
import type { PlatformLog } from '../../adapters/embedded/platform-log';
import { duckWarehouse } from '../../adapters/embedded/tables/duck-warehouse';
import { tableRequests } from '../../adapters/embedded/tables/table-requests';
import { type Heard, tableWorker } from '../../adapters/embedded/tables/table-worker';
import { clock, newId, now } from '../../adapters/primitives';
import type { CapturedRequests } from '../../core/capture/captured-requests';
import type { ServiceEvents } from '../../core/services/service-events';
import type { ServiceRecords } from '../../core/services/service-records';
import { DomainError, isDomainError } from '../../core/shared/domain-error';
import { everyPage } from '../../core/shared/page';
import type { RecordStore } from '../../core/shared/record-store';
import { ensureTables } from '../../core/tables/ensure-tables';
import { cancelQuery, findQuery, runQuery } from '../../core/tables/run-query';
import { findRun, startRun, tablesStatus } from '../../core/tables/run-tables';
import { tableRecords } from '../../core/tables/table-records';
import type { Ends } from './ends';
import type { Env } from './options';
import { tellBuilt } from './tell-built';

interface Needs {
  readonly env: Env;
  readonly inData: (name: string) => string;
  readonly records: RecordStore;
  readonly services: ServiceRecords;
  readonly sink: Pick<CaptureLog, 'roll'>;
  readonly requests: CapturedRequests;
  readonly log: PlatformLog;
  readonly events: Pick<ServiceEvents, 'happened'>;
  readonly ends: Ends;
}

/** A little more than the process that answers gives a statement by itself. */
const LONGEST_QUERY_MS = 310_000;
const TRIM_EVERY_MS = 3_600_000;
const FILE = join(dirname(fileURLToPath(import.meta.url)), 'tables-worker.mjs');

/** The tables: one process that builds them, and one, from the first question on, that answers. */
export const tableRoom = ({
  env,
  inData,
  records,
  services,
  sink,
  requests,
  log,
  events,
  ends,
}: Needs) => {
  const data = inData('');
  const results = inData('query-results');
  // What a process that was killed has left.
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true, mode: 0o700 });
  const built = tellBuilt(log, events);
  const heard = (told: Heard): void => {
    if (told.tell === 'built') built(told.report);
    else log({ level: 'warning', message: told.message });
  };
  const builder = tableWorker({
    file: FILE,
    args: ['build', data, buildPriority(env)],
    always: true,
    heard,
  });
  ends.add(() => builder.close());
  const queries = tableWorker({
    file: FILE,
    args: ['query', data],
    always: false,
    longestMs: LONGEST_QUERY_MS,
    heard,
  });
  ends.add(() => queries.close());
  const rollLog = (): number => {
    sink.roll();
    return segmentsAmong(readdirSync(inData('capture'))).at(-1)?.sequence ?? -1;
  };
  const warehouse = duckWarehouse({ builder, queries, results, rollLog, newId, clock });
  const tables = tableRecords(records);
  const trim = (): void => {
    warehouse.trimLog().catch((error: unknown) => {
      // A process that has ended has been told of.
      if (isDomainError(error)) return;
      log({ level: 'warning', message: `the capture log was not trimmed: ${String(error)}` });
    });
  };

  return {
    /** Builds from here on. */
    start(): void {
      builder.start();
      trim();
      const hourly = setInterval(trim, TRIM_EVERY_MS);
      ends.add(() => clearInterval(hourly));
    },

    /** Gives services that are older than their tables what they need. */
    async ensureAll(): Promise<void> {
      for await (const documents of everyPage(services.listDocuments)) {
        for (const document of documents) await ensureTables(records, document);
      }
    },

    /** Takes out all that was captured of a service, and forgets its tables. */
    async purge(service: string): Promise<true> {
      await warehouse.purge(service);
      await tables.remove(service);
      return true;
    },

    requests: tableRequests({ queries, log: requests }),

    endpoints: {
      tables,
      runQuery: runQuery({ warehouse }),
      findQuery: findQuery({ warehouse }),
      queryResult: warehouse.queryResult,
      cancelQuery: cancelQuery({ warehouse }),
      startRun: startRun({ warehouse, services, tables, now }),
      findRun: findRun({ warehouse }),
      status: tablesStatus({ warehouse, tables }),
      database: 'inference',
    },
  };
};

/** @throws `invalid-input` */
const buildPriority = ({ TIDEGATE_BUILD_PRIORITY: text = 'idle' }: Env): string => {
  if (text === 'idle' || text === 'low') return text;
  throw new DomainError('invalid-input', 'TIDEGATE_BUILD_PRIORITY is idle or low');
};

export type TableRoom = ReturnType<typeof tableRoom>;
