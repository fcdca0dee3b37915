import * as fc from 'fast-check';
import { quotaPeriod } from './quota-period';

const spanOf = (period: 'day' | 'week' | 'month', time: string) => {
  const { start, end } = quotaPeriod(period, Date.parse(time));
  return [new Date(start).toISOString().slice(0, 16), new Date(end).toISOString().slice(0, 16)];
};

describe('the period of a quota', () => {
  it('is a UTC day, a week from Monday, a month from the 1st', () => {
    const thursday = '2026-12-31T23:59:59.999Z';
    expect(spanOf('day', thursday)).toEqual(['2026-12-31T00:00', '2027-01-01T00:00']);
    expect(spanOf('week', thursday)).toEqual(['2026-12-28T00:00', '2027-01-04T00:00']);
    expect(spanOf('month', thursday)).toEqual(['2026-12-01T00:00', '2027-01-01T00:00']);
    expect(spanOf('month', '2028-02-29T12:00:00Z')).toEqual([
      '2028-02-01T00:00',
      '2028-03-01T00:00',
    ]);
  });

  it('holds its moment, begins at midnight, and meets the next one', async () => {
    await fc.assert(
      fc.property(
        fc.constantFrom('day' as const, 'week' as const, 'month' as const),
        fc.integer({ min: Date.parse('1960-01-01'), max: Date.parse('2200-01-01') }),
        (period, at) => {
          const { start, end } = quotaPeriod(period, at);
          expect(start <= at && at < end).toBe(true);
          expect(quotaPeriod(period, end - 1)).toEqual({ start, end });
          expect(quotaPeriod(period, end).start).toBe(end);
          const first = new Date(start);
          expect(first.toISOString()).toMatch(/T00:00:00\.000Z$/);
          if (period === 'week') expect(first.getUTCDay()).toBe(1);
          if (period === 'month') expect(first.getUTCDate()).toBe(1);
        },
      ),
    );
  });
});
