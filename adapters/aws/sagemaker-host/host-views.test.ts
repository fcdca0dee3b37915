import { sqliteRecordStore } from '../../embedded/sqlite-record-store';
import { type FoundVersion, hostRecords, NOTHING } from './host-record';
import { hostViews } from './host-views';
import type { UsedVersion } from './instance-usage';

const model = { name: 'sum', version: 1 };
const version = (name: string, wanted: number, running: number): FoundVersion => ({
  ...{ name, wanted, running, status: 'running', reason: null },
  serving: running > 0 ? { endpoint: `e-${name}`, model } : null,
});
const planned = (name: string, instanceType: string | null) => ({
  ...{ name, endpoint: `e-${name}`, instanceType, model: { name: 'sum', digest: 'sha256:0' } },
});

describe('instances as operators see them', () => {
  it('use what instances of their version use on average, where they run and SageMaker tells it', async () => {
    const store = sqliteRecordStore(':memory:', { now: () => new Date() });
    const record = {
      ...NOTHING,
      inForce: {
        digest: 'd',
        versions: [planned('v1', 'ml.m5.large'), planned('v2', null), planned('v3', 'ml.m5.large')],
      },
      versions: [version('v1', 3, 2), version('v2', 1, 1), version('v3', 1, 0)],
    };
    await hostRecords(store).write('wine', { record, seen: 0 });
    const asked: (readonly UsedVersion[])[] = [];
    const used = { cpu_percent: 12, memory_bytes: 1_000 };
    const views = hostViews(store, async (versions) => {
      asked.push(versions);
      return new Map([['v1', used]]);
    });
    const found = await views.instances('wine');
    const said = found.map(({ id, status, cpu_percent, memory_bytes }) => [
      ...[id, status, cpu_percent, memory_bytes],
    ]);
    expect(said).toEqual([
      ['v1-1', 'running', 12, 1_000],
      ['v1-2', 'running', 12, 1_000],
      ['v1-3', 'waiting', null, null],
      ['v2-1', 'running', null, null],
      ['v3-1', 'waiting', null, null],
    ]);
    // Neither of serverless nor of what does not run.
    expect(asked).toEqual([[{ name: 'v1', endpoint: 'e-v1', instanceType: 'ml.m5.large' }]]);
  });

  it('are seen without their usage where nobody asks for it', async () => {
    const store = sqliteRecordStore(':memory:', { now: () => new Date() });
    expect(await hostViews(store).instances('none')).toEqual([]);
  });
});
