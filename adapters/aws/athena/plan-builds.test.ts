import type { FoundHour } from '../../../core/tables/dirty-hours';
import { hoursOf, planBuilds } from './plan-builds';

const hour = (over: Partial<FoundHour>): FoundHour => ({
  ...{ service: 'wine', kind: 'requests', date: '2026-11-20', hour: '10', revision: 1 },
  since: '2026-11-20T10:01:00.000Z',
  ...over,
});
const plan = (hours: readonly FoundHour[], over: Partial<Parameters<typeof planBuilds>[0]> = {}) =>
  planBuilds({ hours, unmade: new Map(), last: [], at: '2026-11-21T12:00:00.000Z', ...over });

describe('work that dirty hours make', () => {
  it('is none where nothing has arrived', () => {
    expect(plan([])).toEqual([]);
  });

  it('is a piece for each service and day, requests before labels', () => {
    const hours = [
      hour({ kind: 'labels' }),
      hour({}),
      hour({ hour: '11' }),
      hour({ date: '2026-11-21' }),
      hour({ service: 'red', hour: '12' }),
    ];
    const found = plan(hours).map(({ service, works }) => [
      service,
      ...works.map(({ item }) => item),
    ]);
    expect(found).toEqual([
      [
        'wine',
        { kind: 'requests', service: 'wine', date: '2026-11-20', hours: ['10', '11'] },
        { kind: 'requests', service: 'wine', date: '2026-11-21', hours: ['10'] },
        { kind: 'labels', service: 'wine', date: '2026-11-20', hours: ['10'] },
      ],
      ['red', { kind: 'requests', service: 'red', date: '2026-11-20', hours: ['12'] }],
    ]);
  });

  it('begins with tables that are not as they are described, and ends with what is done last', () => {
    const purge = { kind: 'purge', service: 'wine', at: '2026-11-21T00:00:00.000Z' } as const;
    const unmade = new Map([
      ['wine', 3],
      ['red', 1],
    ]);
    const found = plan([hour({ kind: 'labels' })], { unmade, last: [purge] });
    expect(
      found.map(({ service, works }) => [service, ...works.map(({ item }) => item.kind)]),
    ).toEqual([
      ['wine', 'tables', 'labels', 'purge'],
      ['red', 'tables'],
    ]);
    expect(found[0]?.works[0]?.item).toEqual({ kind: 'tables', service: 'wine', revision: 3 });
  });

  it('keeps the hours as they were found, for what arrives meanwhile', () => {
    const [work] = plan([hour({ revision: 7 }), hour({ hour: '11' })])[0]?.works ?? [];
    if (!work) throw new Error('no work');
    const { since: _, ...found } = hour({ revision: 7 });
    expect(hoursOf(work)).toEqual([found, { ...found, hour: '11', revision: 1 }]);
  });

  it('is no more than one execution takes on: what has waited longest', () => {
    const many = Array.from({ length: 300 }, (_, n) =>
      hour({ service: `s${n}`, since: new Date(Date.UTC(2026, 10, 20) - n).toISOString() }),
    );
    const services = plan(many).map(({ service }) => service);
    expect(services).toHaveLength(80);
    expect(services[0]).toBe('s299');
  });

  it('never leaves out what it is for', () => {
    const days = Array.from({ length: 100 }, (_, n) =>
      hour({ date: new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10) }),
    );
    const purge = { kind: 'purge', service: 'wine', at: '2026-11-21T00:00:00.000Z' } as const;
    const [{ works } = { works: [] }] = plan(days, { last: [purge] });
    expect([works.length, works.at(-1)?.item]).toEqual([80, purge]);
  });

  it('fits into the state of an execution, with names as long as they may be', () => {
    const days = Array.from({ length: 60 }, (_, n) =>
      new Date(Date.UTC(2026, 8, 1 + n)).toISOString().slice(0, 10),
    );
    const hours = Array.from({ length: 2_000 }, (_, n) =>
      hour({
        service: `${n % 79}`.padStart(32, 's'),
        hour: String(n % 24).padStart(2, '0'),
        revision: 1_000_000 + n,
      }),
    );
    const keep = { requests: '2026-01-01', rows: '2026-01-01', labels: '2026-01-01' };
    const some = days.slice(0, 30);
    const upkeep = Array.from({ length: 20 }, (_, n) => ({
      ...({ kind: 'upkeep', service: `u${n}`.padStart(32, 's'), keep } as const),
      days: { requests: some, rows: some, labels: some },
      late: some,
    }));
    const [crowded, kept] = [plan(hours, { last: upkeep }), plan([], { last: upkeep })];
    for (const found of [plan(hours), crowded, kept]) {
      expect(Buffer.byteLength(JSON.stringify(found))).toBeLessThan(128 * 1024);
    }
    const parts = plan(hours).flatMap(({ works }) => works.flatMap((work) => work.found));
    expect(parts).toHaveLength(800);
  });
});
