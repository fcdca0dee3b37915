import { AthenaClient } from '@aws-sdk/client-athena';
import type { Retention } from '../../../core/services/service';
import { ambiguousLabels } from '../../../core/tables/ambiguous-labels';
import { dirtyHours } from '../../../core/tables/dirty-hours';
import { tableRecords } from '../../../core/tables/table-records';
import { NO_DAYS, type UpkeepRecords, upkeepRecords } from '../../../core/tables/upkeep-records';
import { sqliteRecordStore } from '../../embedded/sqlite-record-store';
import { MOST_DAYS_AGAIN } from './arrived-again';
import type { BuildItem } from './build-item';
import type { Run } from './run';
import type { StatementResult } from './statement';
import { tableBuilder } from './table-builder';

const NOON = '2026-11-21T12:00:00.000Z';
const HOUR = { service: 'wine', kind: 'requests', date: '2026-11-20', hour: '10' } as const;
const NONE: Retention = { requests_days: null, rows_days: null, labels_days: null };
const TICK: Run = { kind: 'tick' };
const version = (model: string) => ({
  ...{ model, version: 1 },
  signature: {
    inputs: [{ name: model, type: 'double', required: true }],
    output: { type: 'double', width: 1, classes: null },
  } as const,
});

/** No statement is run here: Athena is asked nothing. */
const open = () => {
  let at = NOON;
  const now = () => new Date(at);
  const store = sqliteRecordStore(':memory:', { now });
  const [hours, tables, upkeep] = [dirtyHours(store), tableRecords(store), upkeepRecords(store)];
  const retention = new Map<string, Retention>();
  const ticks = new Set<string>();
  const running = new Set<string>();
  const builder = tableBuilder({
    ...{ athena: new AthenaClient({ region: 'eu-central-1' }), hours, tables, upkeep, now },
    places: { database: 'inference', rawDatabase: 'inference_raw' },
    ...{ bucket: 'tables', captured: 's3://captured/', capturedDays: 30, quietSeconds: 2_700 },
    ambiguous: ambiguousLabels(store, now),
    retentionOf: async (service) => retention.get(service),
    runs: {
      running: async () => [...running].map((execution) => ({ execution, started: new Date(at) })),
      isTickRunning: async (execution) => [...ticks].some((other) => other !== execution),
    },
  });
  const plan = async (run: Run = TICK): Promise<readonly BuildItem[]> =>
    (await builder.plan(run, 'this')).flatMap(({ works }) => works.map(({ item }) => item));
  const kinds = async (run: Run = TICK) => (await plan(run)).map(({ kind }) => kind);
  const make = async (service: string, model = 'wine') => {
    await tables.ensure(service, version(model), new Set());
    for (const item of await plan()) {
      if (item.kind === 'tables') await upkeep.setMade(item.service, item.revision);
    }
  };
  return {
    ...{ builder, hours, tables, upkeep, retention, ticks, running, plan, kinds, make, now },
    setTime: (time: string) => {
      at = time;
    },
  };
};
const wrote = (upkeep: UpkeepRecords, service: string, ...dates: readonly string[]) =>
  upkeep.wrote(service, { requests: dates, rows: dates, labels: [] });

describe('the work of a tick', () => {
  it('is nothing where nothing happens, and while another tick is at it', async () => {
    const { kinds, make, hours, ticks, now } = open();
    await make('wine');
    expect(await kinds()).toEqual([]);
    await hours.mark(HOUR, now());
    ticks.add('this');
    expect(await kinds()).toEqual(['requests']);
    ticks.add('another');
    expect(await kinds()).toEqual([]);
  });

  it('begins with tables that are not as they are described, before what has arrived', async () => {
    const { kinds, make, hours, tables, now } = open();
    await tables.ensure('wine', version('wine'), new Set());
    await hours.mark(HOUR, now());
    expect(await kinds()).toEqual(['tables', 'requests']);
    await make('wine');
    expect(await kinds()).toEqual(['requests']);
    await tables.ensure('wine', version('wine-2'), new Set());
    expect(await kinds()).toEqual(['tables', 'requests']);
  });

  it('makes the tables of all services for one that has none of its own', async () => {
    const { plan, hours, upkeep, now } = open();
    await hours.mark(HOUR, now());
    expect((await plan())[0]).toEqual({ kind: 'tables', service: 'wine', revision: 0 });
    await upkeep.setMade('wine', 0);
    expect((await plan()).map(({ kind }) => kind)).toEqual(['requests']);
  });

  it('makes tables anew of a service that comes again after it was purged', async () => {
    const { kinds, make, tables } = open();
    await make('wine');
    await tables.remove('wine');
    expect(await kinds()).toEqual([]);
    await tables.ensure('wine', version('wine'), new Set());
    expect(await kinds()).toEqual(['tables']);
  });
});

describe('the upkeep of tables', () => {
  it('counts labels once that have waited for a week, though nothing else has happened', async () => {
    const { plan, make, upkeep } = open();
    await make('wine');
    const received = ['2026-11-13', '2026-11-14'];
    await upkeep.wrote('wine', { requests: [], rows: [], labels: received });
    const packed = { requests: [], rows: [], labels: received };
    await upkeep.done('wine', '2026-11-20', packed);
    const [item] = await plan();
    expect(item).toMatchObject({ kind: 'upkeep', days: { labels: [] }, late: ['2026-11-13'] });
    await upkeep.done('wine', '2026-11-20', NO_DAYS, ['2026-11-13']);
    await upkeep.sharedDone('2026-11-21');
    expect(await plan()).toEqual([]);
  });

  it('is done once a day, of what was written to, and of the tables of all services once', async () => {
    const { plan, make, upkeep, setTime } = open();
    for (const service of ['wine', 'red']) {
      await make(service);
      await upkeep.done(service, '2026-11-20', { requests: [], rows: [], labels: [] });
      await wrote(upkeep, service, '2026-11-19', '2026-11-20');
    }
    const items = await plan();
    expect(items).toMatchObject([
      {
        ...{ kind: 'upkeep', service: 'red', keep: {} },
        days: { requests: ['2026-11-19', '2026-11-20'], labels: [] },
      },
      { kind: 'upkeep', service: 'wine' },
      { kind: 'shared-upkeep', erasedSince: '2026-10-12T00:00:00.000Z' },
    ]);
    await upkeep.sharedDone('2026-11-21');
    for (const item of items) {
      if (item.kind !== 'upkeep') continue;
      // Written to while it was packed.
      await wrote(upkeep, item.service, '2026-11-21');
      await upkeep.done(item.service, '2026-11-21', item.days);
    }
    expect(await plan()).toEqual([]);
    setTime('2026-11-22T00:10:00.000Z');
    expect(await plan()).toMatchObject([
      { service: 'red', days: { requests: ['2026-11-21'] } },
      { service: 'wine', days: { requests: ['2026-11-21'] } },
      { kind: 'shared-upkeep' },
    ]);
  });

  it('of all services is due until it is done, and waits for none of them', async () => {
    const { plan, make, upkeep, setTime } = open();
    for (const service of ['broken', 'wine']) {
      await make(service);
      await wrote(upkeep, service, '2026-11-20');
    }
    setTime('2026-11-22T00:10:00.000Z');
    expect(await plan()).toMatchObject([
      { kind: 'upkeep', service: 'broken' },
      { kind: 'upkeep', service: 'wine' },
      { kind: 'shared-upkeep', service: 'all services' },
    ]);
    // One of them fails, and that of all services.
    await upkeep.done('wine', '2026-11-22', NO_DAYS);
    await upkeep.done('broken', '2026-11-22', NO_DAYS);
    expect(await plan()).toMatchObject([{ kind: 'shared-upkeep' }]);
    await upkeep.sharedDone('2026-11-22');
    expect(await plan()).toEqual([]);
    setTime('2026-11-23T00:10:00.000Z');
    await upkeep.done('broken', '2026-11-23', NO_DAYS);
    expect(await plan()).toMatchObject([
      { kind: 'upkeep', service: 'wine' },
      { kind: 'shared-upkeep' },
    ]);
  });

  it('is remembered as done, of the tables of all services too', async () => {
    const { builder, make, upkeep, setTime } = open();
    await make('wine');
    setTime('2026-11-22T00:10:00.000Z');
    await wrote(upkeep, 'wine', '2026-11-20');
    const works = (await builder.plan(TICK, 'this')).flatMap((one) => one.works);
    const shared = works.find(({ item }) => item.kind === 'shared-upkeep');
    if (!shared) throw new Error('no work');
    const answers: { chore: StatementResult }[] = [];
    const advice = () => builder.next(shared, answers, 'this');
    // Results of statements, told as a chore tells its own.
    while ('statement' in (await advice())) answers.push({ chore: { rows: [], written: 0 } });
    expect(await advice()).toMatchObject({ kind: 'shared-upkeep', service: 'all services' });
    expect((await upkeep.list()).shared).toEqual({ done: '2026-11-22', isDue: false });
  });

  it('is nothing for tables that stay as they are, unless they are kept for so many days', async () => {
    const { plan, make, retention, setTime } = open();
    await make('wine');
    retention.set('wine', NONE);
    expect(await plan()).toEqual([]);
    retention.set('wine', { ...NONE, requests_days: 1, rows_days: 365 });
    // Today it was looked at already.
    expect(await plan()).toEqual([]);
    setTime('2026-11-22T00:10:00.000Z');
    expect(await plan()).toMatchObject([
      { kind: 'upkeep', keep: { requests: '2026-11-21', rows: '2025-11-22' } },
      { kind: 'shared-upkeep' },
    ]);
  });

  it('is no more than one execution takes on: the rest comes with the next', async () => {
    const { plan, make, upkeep } = open();
    const many = Array.from({ length: 60 }, (_, n) =>
      new Date(Date.UTC(2026, 8, 1 + n)).toISOString().slice(0, 10),
    );
    for (let n = 0; n < 21; n += 1) {
      const service = `s${String(n).padStart(2, '0')}`;
      await make(service);
      await upkeep.done(service, '2026-11-20', { requests: [], rows: [], labels: [] });
      await wrote(upkeep, service, ...many);
    }
    const items = await plan();
    expect(items).toHaveLength(21);
    for (const item of items) {
      if (item.kind !== 'upkeep') continue;
      expect(item.days.rows).toHaveLength(30);
      await upkeep.done(item.service, '2026-11-21', item.days);
    }
    expect(await plan()).toMatchObject([{ service: 's20' }, { kind: 'shared-upkeep' }]);
    expect((await upkeep.list()).services.get('s00')?.days.rows).toHaveLength(30);
  });
});

describe('the work that is asked for', () => {
  it('brings in what has arrived for the service before it looks for labels, or takes something out', async () => {
    const { plan, kinds, make, hours, now } = open();
    await make('wine');
    await hours.mark(HOUR, now());
    await hours.mark({ ...HOUR, service: 'red' }, now());
    const days = { from: '2026-11-01', to: '2026-11-21' };
    const [made, ...others] = await plan({ kind: 'refresh', service: 'wine', ...days });
    // Whoever asks for it may have lost a table.
    expect(made).toMatchObject({ kind: 'tables', service: 'wine', revision: 1 });
    expect(others).toEqual([
      { kind: 'requests', service: 'wine', date: '2026-11-20', hours: ['10'] },
      { kind: 'labels-again', service: 'wine', ...days },
    ]);
    const what = { column: 'wine', value: 1 };
    expect((await plan({ kind: 'erasure', service: 'wine', what })).at(-1)).toEqual({
      ...{ kind: 'erase', service: 'wine', what, at: NOON },
    });
    expect(await kinds({ kind: 'tables', service: 'wine' })).toEqual([]);
    expect(await kinds({ kind: 'tables', service: 'rose' })).toEqual(['tables']);
  });

  it('looks once more at what arrived on the days of a refresh, where they are few', async () => {
    const { plan, make, hours } = open();
    await make('wine');
    const refresh = (from: string, to: string) =>
      plan({ kind: 'refresh', service: 'wine', from, to });
    const days = { from: '2026-10-01', to: '2026-10-16' };
    const [, ...items] = await refresh(days.from, days.to);
    expect(items.at(-1)).toEqual({ kind: 'labels-again', service: 'wine', ...days });
    const arrivals = items.slice(0, -1);
    expect(arrivals).toHaveLength(2 * MOST_DAYS_AGAIN);
    const last = { service: 'wine', date: '2026-10-16' };
    const all = Array.from({ length: 24 }, (_, n) => String(n).padStart(2, '0'));
    expect(arrivals).toEqual(
      expect.arrayContaining([
        { kind: 'requests', ...last, hours: all },
        { kind: 'labels', ...last, hours: all },
      ]),
    );
    // Until they are done, they are as dirty as what has just arrived.
    expect(await hours.list()).toHaveLength(MOST_DAYS_AGAIN * 48);
  });

  it('looks at labels alone where they are many, or all', async () => {
    const { plan, make, hours } = open();
    await make('wine');
    for (const from of ['2026-09-30', '0001-01-01', '2026-10-17']) {
      const asked = { kind: 'refresh', service: 'wine', from, to: '2026-10-16' } as const;
      expect(await plan(asked)).toMatchObject([{ kind: 'tables' }, { kind: 'labels-again' }]);
    }
    expect(await hours.list()).toEqual([]);
  });

  it('brings in nothing of a service that is purged', async () => {
    const { plan, hours, now } = open();
    await hours.mark(HOUR, now());
    expect(await plan({ kind: 'purge', service: 'wine' })).toEqual([
      { kind: 'purge', service: 'wine', at: NOON },
    ]);
  });

  it('is nothing of a service that is purged, in ticks too, until that has ended', async () => {
    const { builder, plan, make, hours, upkeep, running, setTime, now } = open();
    for (const service of ['red', 'wine']) {
      await make(service);
      await wrote(upkeep, service, '2026-11-20');
    }
    running.add('purge');
    await hours.mark(HOUR, now());
    expect(await builder.plan({ kind: 'purge', service: 'wine' }, 'purge')).toHaveLength(1);
    running.add('this');
    setTime('2026-11-22T00:10:00.000Z');
    expect(await plan()).toMatchObject([
      { kind: 'upkeep', service: 'red' },
      { kind: 'shared-upkeep' },
    ]);
    expect(await hours.list()).toEqual([]);
    running.delete('purge');
    expect((await plan()).filter(({ service }) => service === 'wine')).not.toEqual([]);
  });

  it('makes the tables again of a service whose purge came to no end', async () => {
    const { builder, make, kinds, upkeep, setTime } = open();
    await make('wine');
    await wrote(upkeep, 'wine', '2026-11-20');
    const [one] = await builder.plan({ kind: 'purge', service: 'wine' }, 'purge');
    const [work] = one?.works ?? [];
    if (!work) throw new Error('no work');
    await builder.next(work, [], 'purge');
    setTime('2026-11-22T00:10:00.000Z');
    expect(await kinds()).toEqual(['tables']);
  });

  it('forgets the dirty hours of a service that is purged', async () => {
    const { builder, hours, now } = open();
    await hours.mark(HOUR, now());
    await hours.mark({ ...HOUR, service: 'red' }, now());
    const [one] = await builder.plan({ kind: 'purge', service: 'wine' }, 'this');
    const [work] = one?.works ?? [];
    if (!work) throw new Error('no work');
    expect(await builder.next(work, [], 'this')).toMatchObject({
      statement: { step: 'create-table' },
    });
    expect((await hours.list()).map(({ service }) => service)).toEqual(['red']);
  });
});
