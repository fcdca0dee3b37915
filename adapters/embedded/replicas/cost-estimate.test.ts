import fc from 'fast-check';
import { costEstimate } from './cost-estimate';

describe('cost estimate', () => {
  it('knows nothing at first', () => {
    expect(costEstimate().of(1)).toBe(Number.POSITIVE_INFINITY);
  });

  it('comes to what calls cost, whatever the first one and a preempted one took', () => {
    const cost = costEstimate();
    cost.saw(1, 40);
    for (let i = 0; i < 60; i += 1) cost.saw(1, i % 7 === 0 ? 30 : 0.05);
    expect(cost.of(1)).toBeGreaterThan(0.02);
    expect(cost.of(1)).toBeLessThan(0.2);
  });

  it('follows a model that became slower', () => {
    const cost = costEstimate();
    for (let i = 0; i < 50; i += 1) cost.saw(1, 0.1);
    for (let i = 0; i < 100; i += 1) cost.saw(1, 3);
    expect(cost.of(1)).toBeGreaterThan(2);
  });

  it('never leaves the range of what it saw', () => {
    const ms = fc.double({ min: 0.01, max: 1_000, noNaN: true });
    fc.assert(
      fc.property(fc.array(ms, { minLength: 1 }), (seen) => {
        const cost = costEstimate();
        for (const one of seen) cost.saw(1, one);
        expect(cost.of(1)).toBeGreaterThanOrEqual(Math.min(...seen));
        expect(cost.of(1)).toBeLessThanOrEqual(Math.max(...seen));
      }),
    );
  });

  it('bounds numbers of rows it has not seen: never below a fixed and a per-row part', () => {
    const part = fc.double({ min: 0.01, max: 5, noNaN: true });
    const rows = fc.integer({ min: 1, max: 10_000 });
    fc.assert(
      fc.property(part, part, fc.array(rows, { minLength: 1 }), rows, (fixed, perRow, seen, n) => {
        const cost = costEstimate();
        for (const one of seen) cost.saw(one, fixed + perRow * one);
        // Within a doubling of rows the estimate may be of calls with half as many.
        expect(cost.of(n) * 2).toBeGreaterThanOrEqual(fixed + perRow * n);
      }),
    );
  });
});
