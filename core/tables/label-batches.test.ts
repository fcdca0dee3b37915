import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import { labelBatches } from './label-batches';

const T = '2026-11-20T10:59:59.999Z';
const LATER = '2026-11-20T11:00:00.000Z';
const open = () => sqliteRecordStore(':memory:', { now: () => new Date(T) });

describe('batches of labels', () => {
  it('came when they came first, however often they come', async () => {
    const store = open();
    const { receive } = labelBatches(store);
    expect(await receive('wine', 'a', T)).toBe(T);
    expect(await labelBatches(store).receive('wine', 'a', LATER)).toBe(T);
    expect(await receive('wine', 'b', LATER)).toBe(LATER);
    expect(await receive('beer', 'a', LATER)).toBe(LATER);
  });

  it('that come several times at once have one time', async () => {
    const { receive } = labelBatches(open());
    const times = [T, LATER, '2026-11-20T12:00:00.000Z'];
    const told = await Promise.all(times.map((time) => receive('wine', 'a', time)));
    expect(new Set(told).size).toBe(1);
    expect(times).toContain(told[0]);
  });

  it('are forgotten with their service, and no other', async () => {
    const { receive, removeOf } = labelBatches(open());
    await receive('wine', 'a', T);
    await receive('beer', 'a', T);
    await removeOf('wine');
    await removeOf('wine');
    expect(await receive('wine', 'a', LATER)).toBe(LATER);
    expect(await receive('beer', 'a', LATER)).toBe(T);
  });
});
