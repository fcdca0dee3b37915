import { computeCost } from './compute-cost';

describe('what a version costs on AWS', () => {
  it('is what its running instances cost an hour', () => {
    const compute = { instances: { type: 'ml.m5.large', count: 2 } };
    expect(computeCost(compute, 2)).toEqual({
      ...{ billing_mode: 'per-hour', per_hour: 0.23, currency: 'USD', priced_at: '2026-11-20' },
    });
    expect(computeCost(compute, 0).per_hour).toBe(0);
  });

  it('is by use where nothing runs between two requests', () => {
    const cost = computeCost({ serverless: { memory_mb: 2048, concurrency: 5 } }, 1);
    expect(cost).toMatchObject({ billing_mode: 'per-use', per_hour: 0 });
  });

  it('is not known of types without a price', () => {
    const compute = { instances: { type: 'ml.x99.large', min: 1, max: 2 } };
    expect(computeCost(compute, 1).per_hour).toBeNull();
  });
});
