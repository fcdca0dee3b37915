import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { RecordStore } from '../../../core/shared/record-store';
import { ask, sumModel } from '../../embedded/local-host-fixture';
import { sqliteRecordStore } from '../../embedded/sqlite-record-store';
import { type HostRecord, hostRecords, NOTHING } from './host-record';
import { servingHost } from './serving-host';

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
    let clock = 0;
    let reads = 0;
    let isDown = false;
    const store = sqliteRecordStore(':memory:', { now: () => new Date() });
    const records: RecordStore = {
      ...store,
      get(key) {
        reads += 1;
        return isDown ? Promise.reject(new Error('throttled')) : store.get(key);
      },
    };
    const host = servingHost({
      runtime: new SageMakerRuntimeClient({ region: 'us-east-1' }),
      records,
      findModel: async (model, version) => sumModel('sha256:0', { model, version }),
      clock: () => clock,
    });
    return {
      host,
      reads: () => reads,
      down: (is: boolean) => {
        isDown = is;
      },
      advance: (ms: number) => {
        clock += ms;
      },
      write: async (value: HostRecord, seen: number) =>
        hostRecords(store).write('wine', { record: value, seen }),
    };
  };

  it('reads once, then answers at once, and looks again behind the answers', async () => {
    const { host, reads, advance, write } = open();
    await write(record(1), 0);
    expect(host.isRunning('wine', 'v1')).toBe(false);
    await Promise.all([host.ready('wine'), host.ready('wine')]);
    expect(host.modelOf('wine', 'v1')).toMatchObject({ model: 'sum', version: 1 });
    expect([host.isRunning('wine', 'v2'), host.modelOf('wine', 'v2')]).toEqual([false, null]);
    for (let i = 0; i < 100; i += 1) expect(host.ready('wine')).toBeUndefined();
    expect(reads()).toBe(1);

    await write(record(2), 1);
    advance(6_000);
    expect(host.ready('wine')).toBeUndefined();
    expect(host.modelOf('wine', 'v1')?.version).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(host.modelOf('wine', 'v1')?.version).toBe(2);
    expect(reads()).toBe(2);
  });

  it('waits for news when it has slept', async () => {
    const { host, advance, write } = open();
    await write(record(1), 0);
    await host.ready('wine');
    await write(record(null), 1);
    advance(600_000);
    await host.ready('wine');
    expect(host.isRunning('wine', 'v1')).toBe(false);
    await expect(host.invoke(ask([[1, 2]]))).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('stands on what is known, however old, while records cannot be read', async () => {
    const { host, advance, write, down } = open();
    down(true);
    await expect(host.ready('wine')).rejects.toThrow('throttled');
    down(false);
    await write(record(1), 0);
    await host.ready('wine');
    down(true);
    for (const ms of [6_000, 600_000]) {
      advance(ms);
      await host.ready('wine');
      expect(host.isRunning('wine', 'v1')).toBe(true);
    }
    await write(record(null), 1);
    down(false);
    await host.ready('wine');
    expect(host.isRunning('wine', 'v1')).toBe(false);
  });

  it('keeps the very model while it is the same, for what was compiled of it', async () => {
    const { host, advance, write } = open();
    await write(record(1), 0);
    await host.ready('wine');
    const before = host.modelOf('wine', 'v1');
    advance(600_000);
    await host.ready('wine');
    expect(host.modelOf('wine', 'v1')).toBe(before);
  });
});
