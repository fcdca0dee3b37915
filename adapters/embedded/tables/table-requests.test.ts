import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CaptureRecord } from '../../../core/capture/capture-record';
import { capturedRequestsContract } from '../../contracts/captured-requests.contract';
import { captureLog } from '../capture-log/capture-log';
import { captureLogReader } from '../capture-log/capture-log-reader';
import { build } from './build';
import { openDuck } from './duckdb';
import { recover } from './part-files';
import { openQueryEngine } from './query-engine';
import { tableRequests } from './table-requests';
import { openTableState } from './table-state';
import { openFolders } from './tables-fixture';
import type { Ask } from './worker-protocol';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

const open = async () => {
  const folders = openFolders();
  const duck = await openDuck({ memory: '200MB', threads: 1, spill: null });
  const state = openTableState(join(folders.root, 'tables.db'));
  await recover(folders.folder, state);
  const engine = await openQueryEngine({
    folder: folders.folder,
    results: join(folders.root, 'results'),
    daysOf: state.daysOf,
    partsOf: state.partsOf,
    services: async () => [],
    waiting: state.waiting,
    memory: '200MB',
    longestMs: 5_000,
  });
  closing.push(() => {
    engine.close();
    duck.close();
    state.close();
    rmSync(folders.root, { recursive: true });
  });
  const { log } = folders;
  const queries = {
    ask: async <T>(ask: Ask): Promise<T> => {
      if (ask.ask !== 'query') throw new Error('not asked here');
      return (await engine.query(ask.sql, ask, new AbortController().signal)) as T;
    },
  };
  return {
    fill: async (records: readonly CaptureRecord[]): Promise<void> => {
      const sink = captureLog({ folder: log, onLost: () => undefined });
      for (const record of records) {
        await new Promise<void>((settle) => sink.append(record, settle));
      }
      await sink.close();
    },
    build: () => build({ ...folders, duck, state, describe: async () => undefined }),
    dropLog: (): void => {
      for (const file of readdirSync(log)) rmSync(join(log, file));
      mkdirSync(log, { recursive: true });
    },
    requests: tableRequests({ queries, log: captureLogReader({ folder: log }) }),
  };
};

describe('captured requests that are in the tables alone', () => {
  capturedRequestsContract(async (records) => {
    const { fill, build, dropLog, requests } = await open();
    await fill(records);
    while (await build());
    dropLog();
    return requests;
  });
});

describe('captured requests of which some are in the tables, some in the log, some in both', () => {
  capturedRequestsContract(async (records) => {
    const { fill, build, requests } = await open();
    const half = Math.ceil(records.length / 2);
    await fill(records.slice(0, half));
    while (await build());
    await fill(records.slice(half));
    return requests;
  });
});
