import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import { runMemory } from '../../adapters/embedded/tables/run-memory';
import { newId } from '../../adapters/primitives';
import { DomainError } from '../../core/shared/domain-error';
import { findRun, startRun, tablesStatus } from '../../core/tables/run-tables';
import { tableRecords } from '../../core/tables/table-records';
import type { AskedRun, RunCounts } from '../../core/tables/table-run';
import { tableEndpoints } from './endpoints';

const COUNTS = { requests: 1, rows: 2, errors: 3, labels: 4 };
const STATUS = { waiting_since: null, built_at: '2026-11-20T10:00:00.000Z' };
const nowhere = (): never => {
  throw new Error('not asked here');
};

/** The endpoints of a service `wine`, whose runs do `work`, and are waited for only so long. */
const open = async (work: (asked: AskedRun) => Promise<RunCounts>, patienceMs = 1_000) => {
  const store = sqliteRecordStore(':memory:', { now: () => new Date() });
  const tables = tableRecords(store);
  await tables.ensureTable('wine');
  const runs = runMemory({ newId, clock: () => 0 });
  const asked: AskedRun[] = [];
  const warehouse = {
    startRun: async (run: AskedRun) => {
      asked.push(run);
      return runs.start(run, () => work(run));
    },
    runState: (id: string) => runs.state(id, patienceMs),
    status: async () => STATUS,
  };
  // Whether a service is there is all that is asked of it.
  const services = { read: async (name: string) => (name === 'wine' ? nothing : undefined) };
  const needs = { warehouse, tables, services, now: () => new Date() };
  const endpoints = tableEndpoints({
    ...{ tables, database: 'inference' },
    ...{ runQuery: nowhere, findQuery: nowhere, cancelQuery: nowhere },
    queryResult: async () => ({ url: 'https://results.example/1.csv?signed' }),
    startRun: startRun(needs),
    findRun: findRun(needs),
    status: tablesStatus(needs),
  });
  const call = (
    name: keyof typeof endpoints,
    path: Readonly<Record<string, string>>,
    body?: object,
  ) =>
    endpoints[name]({
      ...{ path, query: {}, headers: {}, requestId: 'r', operator: null },
      body: new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body)),
    });
  return { call, asked };
};
const nothing = {} as never;
const wine = { service: 'wine' };

describe('runs on tables', () => {
  it('are waited for as long as a caller still waits when they have begun', async () => {
    let time = 0;
    const waits: number[] = [];
    const start = startRun({
      ...{ now: () => new Date(time), services: { read: async () => nothing } },
      tables: { find: async () => undefined },
      warehouse: {
        startRun: async () => {
          time += 20_000;
          return 'run';
        },
        runState: async (_id, waitMs) => {
          waits.push(waitMs);
          return undefined;
        },
        status: async () => STATUS,
      },
    });
    await start({ kind: 'refresh', service: 'wine', from: '2026-11-20', to: '2026-11-20' });
    expect(waits).toEqual([5_000]);
  });

  it('answer with what they came to when they are short', async () => {
    const { call, asked } = await open(async () => COUNTS);
    const { rows, errors, labels } = COUNTS;
    const refreshed = await call('refreshTables', wine, { from: '2026-11-20T23:00:00-02:00' });
    const run_id = expect.any(String);
    expect(refreshed).toMatchObject({
      status: 200,
      body: { run_id, status: 'succeeded', rows, errors, labels },
    });
    const erased = await call('eraseData', wine, { client_request_ids: ['a'] });
    expect(erased).toMatchObject({ status: 200, body: { erasure_id: run_id, ...COUNTS } });
    expect(asked).toEqual([
      { kind: 'refresh', ...wine, from: '2026-11-21', to: '9999-12-31' },
      { kind: 'erasure', ...wine, what: { client_request_ids: ['a'] } },
    ]);
  });

  it('answer 202 when they take longer, and are asked for then', async () => {
    const work = Promise.withResolvers<RunCounts>();
    const { call } = await open(() => work.promise, 1);
    const { status, body } = await call('eraseData', wine, { client_request_ids: ['a'] });
    const { run_id } = body as { run_id: string };
    expect([status, body]).toEqual([202, { run_id }]);
    const path = { ...wine, run: run_id };
    const none = { requests: null, rows: null, errors: null, labels: null, error: null };
    const of = { run_id, kind: 'erasure' };
    const running = await call('getTablesRun', path);
    expect(running).toMatchObject({ status: 200, body: { ...of, status: 'running', ...none } });
    work.resolve(COUNTS);
    const ended = await call('getTablesRun', path);
    expect(ended.body).toEqual({ ...of, status: 'succeeded', ...COUNTS, error: null });
    await expect(call('getTablesRun', { ...path, service: 'beer' })).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  it('that fail say why, at once or later', async () => {
    const error = new DomainError('unavailable', 'the disk is full');
    const { call } = await open(() => Promise.reject(error));
    await expect(call('refreshTables', wine)).rejects.toBe(error);
    const slow = Promise.withResolvers<RunCounts>();
    const later = await open(() => slow.promise, 1);
    const { run_id: run } = (await later.call('refreshTables', wine)).body as { run_id: string };
    slow.reject(error);
    expect((await later.call('getTablesRun', { ...wine, run })).body).toMatchObject({
      ...{ status: 'failed', rows: null, error: 'the disk is full' },
    });
  });

  it.each([
    ['refreshTables', undefined],
    ['eraseData', { client_request_ids: ['a'] }],
    ['getTablesStatus', undefined],
  ] as const)('know no service that is not there: %s', async (name, body) => {
    const { call, asked } = await open(async () => COUNTS);
    await expect(call(name, { service: 'beer' }, body)).rejects.toMatchObject({
      kind: 'service-not-found',
    });
    expect(asked).toEqual([]);
  });

  it('are not begun for what cannot be', async () => {
    const { call, asked } = await open(async () => COUNTS);
    const body = { column: 'colour', value: 'red' };
    await expect(call('eraseData', wine, body)).rejects.toMatchObject({ kind: 'invalid-input' });
    const many = Array.from({ length: 1_000 }, (_, n) => `${n}`.padEnd(256, 'x'));
    await expect(call('eraseData', wine, { client_request_ids: many })).rejects.toMatchObject({
      kind: 'bad-request',
    });
    await expect(call('getTablesRun', { ...wine, run: '../x' })).rejects.toMatchObject({
      kind: 'bad-request',
    });
    expect(asked).toEqual([]);
  });

  it('are beside a word of how far the tables are behind', async () => {
    const { call } = await open(async () => COUNTS);
    expect((await call('getTablesStatus', wine)).body).toEqual(STATUS);
  });
});

it('a result that lies elsewhere is answered with its address', async () => {
  const { call } = await open(async () => COUNTS);
  expect(await call('getQueryResult', { query: 'a' })).toEqual({
    status: 303,
    headers: { location: 'https://results.example/1.csv?signed' },
    body: null,
  });
});
