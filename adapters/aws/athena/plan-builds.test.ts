import type { FoundHour } from '../../../core/tables/dirty-hours';
import { planBuilds } from './plan-builds';

const hour = (over: Partial<FoundHour>): FoundHour => ({
  ...{ service: 'wine', kind: 'requests', date: '2026-11-20', hour: '10', revision: 1 },
  since: '2026-11-20T10:01:00.000Z',
  ...over,
});

describe('work that dirty hours make', () => {
  it('is none where nothing has arrived', () => {
    expect(planBuilds([], '2026-11-21')).toEqual([]);
  });

  it('is a piece for each service and day, requests before labels', () => {
    const hours = [
      hour({ kind: 'labels' }),
      hour({}),
      hour({ hour: '11' }),
      hour({ date: '2026-11-21' }),
      hour({ service: 'red', hour: '12' }),
    ];
    const plan = planBuilds(hours, '2026-11-21').map(({ service, works }) => [
      service,
      ...works.map(({ item }) => item),
    ]);
    expect(plan).toEqual([
      [
        'wine',
        { kind: 'requests', service: 'wine', date: '2026-11-20', hours: ['10', '11'] },
        { kind: 'requests', service: 'wine', date: '2026-11-21', hours: ['10'] },
        { kind: 'labels', service: 'wine', date: '2026-11-20', hours: ['10'] },
      ],
      ['red', { kind: 'requests', service: 'red', date: '2026-11-20', hours: ['12'] }],
    ]);
  });

  it('keeps the hours as they were found, for what arrives meanwhile', () => {
    const found = [hour({ revision: 7 })];
    expect(planBuilds(found, '2026-11-21')[0]?.works[0]).toMatchObject({
      found,
      today: '2026-11-21',
    });
  });

  it('is no more than one run takes on', () => {
    const many = Array.from({ length: 300 }, (_, n) => hour({ service: `s${n}` }));
    expect(planBuilds(many, '2026-11-21')).toHaveLength(200);
  });
});
