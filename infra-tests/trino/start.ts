import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../aws/emulator/free-port';
import { folderOf, installedJava } from './install';
import { releases, type TrinoVersion } from './releases';

export interface TrinoServer {
  readonly version: TrinoVersion;
  readonly url: string;
  readonly pid: number;
  /** What it has on disk: `warehouse`, and its `log`. */
  readonly folder: string;
  /** SIGKILL, and its folder is gone. */
  stop(): Promise<void>;
}

const HEAP = '1200M';
const START_MS = 180_000;
const LOOK_MS = 200;

/**
 * Starts an installed release on a free port, with the catalogs `iceberg` and `hive` over one
 * metastore, so that either finds the other's tables. It ends when the process `owner` has ended.
 * @throws with the end of its log when it is not ready within three minutes
 */
export const startTrino = async ({
  version,
  owner = process.pid,
  isMeasured = false,
  folder = mkdtempSync(join(tmpdir(), `tidegate-trino-${version}-`)),
}: {
  readonly version: TrinoVersion;
  readonly owner?: number;
  /** Whether it runs long enough for Java to compile it well; tests are over before that pays. */
  readonly isMeasured?: boolean;
  readonly folder?: string;
}): Promise<TrinoServer> => {
  const port = await freePort();
  configure(version, folder, port);
  const log = openSync(join(folder, 'log'), 'w');
  const child = spawn(await installedJava(version), optionsOf(version, folder, owner, isMeasured), {
    ...{ cwd: folder, detached: true },
    stdio: ['ignore', log, log],
  });
  child.unref();
  const { pid = 0 } = child;
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    endProcess(pid);
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  for (const end = Date.now() + START_MS; !(await isReady(url)); await sleep(LOOK_MS)) {
    if (child.exitCode === null && child.signalCode === null && Date.now() < end) continue;
    const said = readFileSync(join(folder, 'log'), 'utf8');
    await stop();
    throw new Error(`Trino ${version} does not start:\n${said.slice(-4_000)}`);
  }
  return { version, url, pid, folder, stop };
};

const configure = (version: TrinoVersion, folder: string, port: number): void => {
  const { config, fileSystem, hive, locationOf } = releases[version];
  const metastore = join(folder, 'warehouse');
  for (const name of ['catalog', 'data', 'warehouse']) mkdirSync(join(folder, name));
  const write = (file: string, lines: readonly string[]) =>
    writeFileSync(join(folder, file), `${lines.join('\n')}\n`);
  write('config.properties', [
    ...['coordinator=true', 'node-scheduler.include-coordinator=true'],
    `http-server.http.port=${port}`,
    `discovery.uri=http://127.0.0.1:${port}`,
    ...['node.internal-address=127.0.0.1', 'node.bind-ip=127.0.0.1'],
    ...['query.max-memory=500MB', 'query.max-memory-per-node=500MB'],
    ...['memory.heap-headroom-per-node=250MB', 'task.concurrency=2'],
    // What has ended is forgotten soon: once a second statistics of all tasks known are gathered.
    ...['task.info.max-age=30s', 'query.min-expire-age=30s', 'query.max-history=20'],
    // One writer per statement, so that 100 partitions are the limit, as on Athena.
    ...config,
  ]);
  write('log.properties', ['io.trino=WARN', 'io.airlift=WARN', 'org=WARN']);
  const catalogDir = `hive.metastore.catalog.dir=${locationOf(metastore)}`;
  write('catalog/iceberg.properties', [
    ...['connector.name=iceberg', 'iceberg.catalog.type=TESTING_FILE_METASTORE'],
    ...['iceberg.file-format=PARQUET', 'iceberg.hive-catalog-name=hive', catalogDir],
    ...fileSystem,
  ]);
  write('catalog/hive.properties', [
    ...['connector.name=hive', 'hive.metastore=file', 'hive.security=allow-all', catalogDir],
    ...['hive.non-managed-table-writes-enabled=true', 'hive.iceberg-catalog-name=iceberg'],
    ...hive,
    ...fileSystem,
  ]);
};

const optionsOf = (
  version: TrinoVersion,
  folder: string,
  owner: number,
  isMeasured: boolean,
): readonly string[] => {
  const { options } = releases[version];
  const home = folderOf(version);
  return [
    ...[`-Xmx${HEAP}`, '-XX:ReservedCodeCacheSize=256M'],
    ...(isMeasured
      ? ['-XX:+UseG1GC', '-XX:+UseStringDeduplication']
      : ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']),
    ...['-Djdk.attach.allowAttachSelf=true', '-Duser.timezone=UTC'],
    ...['--add-opens=java.base/java.nio=ALL-UNNAMED', ...options],
    ...['-cp', `${join(home, 'classes')}:${join(home, 'lib')}/*`],
    ...['-Dnode.environment=test', '-Dnode.id=test', `-Dnode.data-dir=${join(folder, 'data')}`],
    `-Dconfig=${join(folder, 'config.properties')}`,
    `-Dlog.levels-file=${join(folder, 'log.properties')}`,
    `-Dplugin.dir=${join(home, 'plugin')}`,
    `-Dcatalog.config-dir=${join(folder, 'catalog')}`,
    ...['Launcher', version, `${owner}`, folder],
  ];
};

const isReady = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(`${url}/v1/info`, { signal: AbortSignal.timeout(5_000) });
    const { starting }: { starting?: boolean } = JSON.parse(await response.text());
    return starting === false;
  } catch {
    return false;
  }
};

const endProcess = (pid: number): void => {
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
};
