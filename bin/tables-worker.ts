import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { sqliteRecordStore } from '../adapters/embedded/sqlite-record-store';
import { startBuilder } from '../adapters/embedded/tables/builder';
import { openDuck } from '../adapters/embedded/tables/duckdb';
import { placesOf } from '../adapters/embedded/tables/label-statements';
import { recover, waitingFolder, workFolder } from '../adapters/embedded/tables/part-files';
import { openQueryEngine } from '../adapters/embedded/tables/query-engine';
import { endFor, serveAsks, tell } from '../adapters/embedded/tables/serve-asks';
import { becomeSoleBuilder } from '../adapters/embedded/tables/sole-builder';
import { tableBuilder } from '../adapters/embedded/tables/table-builder';
import { openTableState } from '../adapters/embedded/tables/table-state';
import { tablesStatus } from '../adapters/embedded/tables/tables-status';
import type { Retention } from '../core/services/service';
import { serviceRecords } from '../core/services/service-records';
import { everyPage } from '../core/shared/page';
import { tableRecords } from '../core/tables/table-records';

const BUILD_PRIORITY = 10;
const QUERY_PRIORITY = 5;

// Before anything is waited for: whose platform is gone would go on for ever.
process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', endFor);
const [role, data = '', priority = 'low'] = process.argv.slice(2);
// Predictions go first. Early, because threads have the priority of the one that begins them.
setPriority(role === 'build' ? BUILD_PRIORITY : QUERY_PRIORITY);
// Where Linux has the command, a build gives way to a prediction at once, not at the end of its slice.
if (role === 'build' && priority === 'idle' && process.platform === 'linux') {
  spawnSync('chrt', ['--idle', '--all-tasks', '--pid', '0', `${process.pid}`], { stdio: 'ignore' });
}
const folder = join(data, 'tables');
const log = join(data, 'capture');
const labels = join(data, 'labels');
const results = join(data, 'query-results');
process.umask(0o077);
for (const needed of [folder, workFolder(folder), waitingFolder(folder), log])
  mkdirSync(needed, { recursive: true });

const state = openTableState(join(data, 'tables.db'));
const records = sqliteRecordStore(join(data, 'records.db'), { now: () => new Date() });
const tables = tableRecords(records);
const services = serviceRecords(records);

const BUILD_MEMORY = '400MB';
const QUERY_MEMORY = '512MB';
/** What the process of the queries may hold, DuckDB's memory and all else. */
const MOST_QUERY_BYTES = 1_500_000_000;
const MEMORY_LOOK_MS = 100;
const LONGEST_QUERY_MS = 300_000;

const runBuilder = async (): Promise<void> => {
  const sole = await becomeSoleBuilder(join(data, 'tables.lock'));
  process.once('exit', () => sole.release());
  await recover(folder, state);
  const duck = await openDuck({
    memory: BUILD_MEMORY,
    // A thread per statement: they share less that way than the threads of one. One more than two
    // cores take, so that none of these waits for the other where what there is to do cannot be halved.
    ...{ threads: 1, atOnce: 3 },
    spill: join(workFolder(folder), 'spill'),
  });
  const describe = async (service: string) => {
    const table = await tables.find(service);
    return (
      table && {
        table,
        version: (model: string, version: number) => tables.findVersion(service, model, version),
        versions: () => tables.listVersions(service),
      }
    );
  };
  const retentions = async () => {
    const found: { service: string; retention: Retention }[] = [];
    for await (const page of everyPage(services.list)) {
      found.push(...page.map(({ name, retention }) => ({ service: name, retention })));
    }
    return found;
  };
  const builder = startBuilder({
    tables: tableBuilder({
      ...{ duck, state, folder, log, labels, describe, retentions },
      now: () => new Date(),
    }),
    built: (report) => tell({ tell: 'built', report }),
    trouble: (message) => tell({ tell: 'trouble', message }),
    giveUp: () => process.exit(1),
  });
  const statusOf = tablesStatus({ state, log, labels });
  serveAsks(async (asked) => {
    if (asked.ask === 'status') return statusOf(asked.service);
    if (asked.ask === 'catch-up') return builder.refresh(asked.again);
    if (asked.ask === 'trim') return builder.trim(asked.upTo);
    if (asked.ask === 'erase') return builder.erase(asked.service, asked.what, asked.upTo);
    if (asked.ask === 'purge') return builder.purge(asked.service, asked.upTo);
    throw new Error(`the builder is not asked to ${asked.ask}`);
  });
};

/**
 * DuckDB's own limit does not count everything, such as a list of a billion numbers in a statement. The
 * statements that run beside such a one are lost with it; the next question starts a new process.
 */
const endWhenTooLarge = (): void => {
  const late = setInterval(() => {
    if (process.memoryUsage.rss() < MOST_QUERY_BYTES) return;
    clearInterval(late);
    const message = 'a statement took more memory than one may have';
    // An exit would wait for it.
    tell({ tell: 'trouble', message }, () => process.kill(process.pid, 'SIGKILL'));
  }, MEMORY_LOOK_MS);
  late.unref();
};

const runQueries = async (): Promise<void> => {
  endWhenTooLarge();
  const engine = await openQueryEngine({
    folder,
    results,
    daysOf: state.daysOf,
    partsOf: state.partsOf,
    waiting: state.waiting,
    services: async () => {
      const names = await tables.list();
      const found = await Promise.all(
        names.map(async (service) => ({
          service,
          table: await tables.find(service),
          places: placesOf(await tables.listVersions(service)),
        })),
      );
      return found.flatMap(({ table, ...more }) => (table ? [{ table, ...more }] : []));
    },
    memory: QUERY_MEMORY,
    longestMs: LONGEST_QUERY_MS,
  });
  serveAsks(async (asked, signal) => {
    if (asked.ask === 'query') return engine.query(asked.sql, asked, signal);
    if (asked.ask === 'export') return engine.export(asked.sql, asked.format, asked.file, signal);
    throw new Error(`queries are not asked to ${asked.ask}`);
  });
};

await (role === 'build' ? runBuilder() : runQueries());
