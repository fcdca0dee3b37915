import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import { ambiguousLabels } from './ambiguous-labels';

const NOON = new Date('2026-11-20T12:00:00.000Z');
const on = (labels: Readonly<Record<string, number>>) => new Map(Object.entries(labels));

describe('labels that mean several requests', () => {
  const open = () => {
    const now = () => NOON;
    return ambiguousLabels(sqliteRecordStore(':memory:', { now }), now);
  };

  it('are told once, by what each day has more than at its last count', async () => {
    const { counted } = open();
    expect(await counted('wine', on({ '2026-11-19': 2, '2026-11-20': 1 }))).toBe(3);
    expect(await counted('wine', on({ '2026-11-19': 2, '2026-11-20': 1 }))).toBe(0);
    expect(await counted('wine', on({ '2026-11-20': 5 }))).toBe(4);
    expect(await counted('loans', on({ '2026-11-20': 1 }))).toBe(1);
  });

  it('are told when they come after others were erased', async () => {
    const { counted } = open();
    await counted('wine', on({ '2026-11-20': 5 }));
    expect(await counted('wine', on({ '2026-11-20': 3 }))).toBe(0);
    expect(await counted('wine', on({ '2026-11-20': 4 }))).toBe(1);
  });

  it('are told once by two that count at the same moment', async () => {
    const { counted } = open();
    const both = [1, 2].map(() => counted('wine', on({ '2026-11-20': 2 })));
    expect((await Promise.all(both)).toSorted()).toEqual([0, 2]);
  });

  it('are forgotten with their service', async () => {
    const { counted, removeOf } = open();
    await counted('wine', on({ '2026-11-20': 2 }));
    await removeOf('wine');
    expect(await counted('wine', on({ '2026-11-20': 2 }))).toBe(2);
  });
});
