import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { RecordStore } from '../../../core/shared/record-store';
import { ask, sumModel } from '../../embedded/local-host-fixture';
import { sqliteRecordStore } from '../../embedded/sqlite-record-store';
import { type HostRecord, hostRecords, NOTHING } from './host-record';
import { servingHost, thenWhatRuns } from './serving-host';

const serving = (version: number) => ({
  endpoint: 'tidegate-test-wine-0a1b2c3d',
  model: { name: 'sum', version },
});
const record = (version: number | null): HostRecord => ({
  ...NOTHING,
  inForce: { digest: 'd', versions: [] },
  versions: [
    {
      ...{ name: 'v1', reason: null, wanted: 1, running: 1 },
      status: version === null ? 'starting' : 'running',
      serving: version === null ? null : serving(version),
    },
  ],
});

describe('what the prediction path knows of a service', () => {
  const open = () => {
    let at = Date.parse('2026-11-22T10:00:00.000Z');
    let isDown = false;
    const store = sqliteRecordStore(':memory:', { now: () => new Date() });
    const records: RecordStore = {
      ...store,
      get: (key) => (isDown ? Promise.reject(new Error('throttled')) : store.get(key)),
    };
    const host = servingHost({
      runtime: new SageMakerRuntimeClient({ region: 'us-east-1' }),
      records,
      findModel: async (model, version) => sumModel('sha256:0', { model, version }),
      now: () => new Date(at),
    });
    return {
      host,
      since: () => new Date(at).toISOString(),
      down: (is: boolean) => {
        isDown = is;
      },
      advance: (ms: number) => {
        at += ms;
      },
      write: async (value: HostRecord, seen: number) =>
        hostRecords(store).write('wine', { record: value, seen }),
    };
  };

  it('is what the last look at the records found', async () => {
    const { host, write } = open();
    await write(record(1), 0);
    expect(host.isRunning('wine', 'v1')).toBe(false);
    await host.renew('wine');
    expect(host.modelOf('wine', 'v1')).toMatchObject({ model: 'sum', version: 1 });
    expect([host.isRunning('wine', 'v2'), host.modelOf('wine', 'v2')]).toEqual([false, null]);
    await write(record(2), 1);
    expect(host.modelOf('wine', 'v1')?.version).toBe(1);
    await host.renew('wine');
    expect(host.modelOf('wine', 'v1')?.version).toBe(2);
    await write(record(null), 2);
    await host.renew('wine');
    expect(host.isRunning('wine', 'v1')).toBe(false);
    await expect(host.invoke(ask([[1, 2]]))).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('has for a while what is not wanted any more, and the same name elsewhere before it', async () => {
    const { host, write, since, advance } = open();
    const left = (version: number) => ({
      ...{ endpoint: 'old', since: since() },
      asked: { version: 'v1', model: { name: 'sum', version } },
    });
    const elsewhere = { endpoint: 'older', since: since(), asked: null };
    await write({ ...record(null), leaving: [elsewhere, left(1)] }, 0);
    await host.renew('wine');
    expect(host.modelOf('wine', 'v1')?.version).toBe(1);
    advance(11_000);
    expect(host.isRunning('wine', 'v1')).toBe(true);
    advance(5_000);
    expect(host.isRunning('wine', 'v1')).toBe(false);
    await host.renew('wine');
    expect(host.isRunning('wine', 'v1')).toBe(false);
    await write({ ...record(2), leaving: [left(1)] }, 1);
    await host.renew('wine');
    expect(host.modelOf('wine', 'v1')?.version).toBe(2);
  });

  it('is as new as what is known of its traffic', async () => {
    const { host, write } = open();
    await write(record(null), 0);
    await host.renew('wine');
    // It runs, and gets traffic, while somebody looks at that.
    const find = thenWhatRuns(async () => {
      await write(record(1), 1);
      return { traffic: { v1: 100 } };
    }, host.renew);
    await find('wine');
    expect(host.isRunning('wine', 'v1')).toBe(true);
  });

  it('stays what it was while records cannot be read', async () => {
    const { host, write, down } = open();
    await write(record(1), 0);
    await host.renew('wine');
    down(true);
    await expect(host.renew('wine')).rejects.toThrow('throttled');
    expect(host.isRunning('wine', 'v1')).toBe(true);
  });

  it('keeps the very model while it is the same, for what was compiled of it', async () => {
    const { host, write } = open();
    await write(record(1), 0);
    await host.renew('wine');
    const before = host.modelOf('wine', 'v1');
    await host.renew('wine');
    expect(host.modelOf('wine', 'v1')).toBe(before);
  });
});
