import {
  ago,
  ahead,
  compute,
  days,
  modelRef,
  number,
  pairs,
  quota,
  shares,
  whole,
} from './option-values';

const NOW = new Date('2026-11-20T10:00:00.000Z');

describe('option values', () => {
  it('reads whole numbers within their bounds', () => {
    expect(whole(1, 10)('7')).toBe(7);
    for (const text of ['0', '11', '7.5', '-1', '1e1', '', ' 7', 'x']) {
      expect(() => whole(1, 10)(text)).toThrow('whole number from 1 to 10');
    }
  });

  it('reads numbers within their bounds', () => {
    expect(number(0, 1)('.25')).toBe(0.25);
    for (const text of ['1.1', '-0.5', 'NaN', 'Infinity', '', '1e-1', '0x1']) {
      expect(() => number(0, 1)(text)).toThrow('number from 0 to 1');
    }
  });

  it('reads quotas, and none', () => {
    expect(quota('1000/day')).toEqual({ limit: 1000, period: 'day' });
    expect(quota('none')).toBe('none');
    for (const text of ['1000', '0/day', '10/year', '-1/day']) expect(() => quota(text)).toThrow();
  });

  it('reads days, and none', () => {
    expect(days('90')).toBe(90);
    expect(days('none')).toBe('none');
    for (const text of ['0', '36501', '1.5', '', 'None']) {
      expect(() => days(text)).toThrow('from 1 to 36500, or none');
    }
  });

  it('gathers pairs and keeps what follows the first =', () => {
    expect(pairs('b=2=2', { a: '1' })).toEqual({ a: '1', b: '2=2' });
    expect(() => pairs('=x')).toThrow('name=value');
  });

  it('gathers shares, each version once', () => {
    expect(shares('v2=10', { v1: 90 })).toEqual({ v1: 90, v2: 10 });
    expect(() => shares('v1=10', { v1: 90 })).toThrow('twice');
    expect(() => shares('v1=-10')).toThrow('Looks like');
    expect(() => shares('v1=1.5')).toThrow('Looks like');
  });

  it('reads models with their version', () => {
    expect(modelRef('wine/3')).toEqual({ name: 'wine', version: 3 });
    for (const text of ['wine', 'wine/0', 'wine/x', '/3', 'a/b/3']) {
      expect(() => modelRef(text)).toThrow('Looks like wine/3');
    }
  });

  it('reads sizes of compute', () => {
    expect(compute('serverless:2048:10')).toEqual({
      serverless: { memory_mb: 2048, concurrency: 10 },
    });
    expect(compute('ml.m5.large:2')).toEqual({ instances: { type: 'ml.m5.large', count: 2 } });
    expect(compute('ml.m5.large:1-4')).toEqual({
      instances: { type: 'ml.m5.large', min: 1, max: 4 },
    });
    expect(compute('ml.m5.large:1-4:concurrency:8')).toEqual({
      instances: {
        ...{ type: 'ml.m5.large', min: 1, max: 4 },
        scaling: { by: 'concurrency', target: 8 },
      },
    });
    for (const text of ['big', 'ml.m5.large:2:concurrency:8', 'ml.m5.large:1-4:cpu:50']) {
      expect(() => compute(text)).toThrow('Looks like');
    }
  });

  it('reads times back and ahead', () => {
    expect(ago('90m')(NOW)).toBe('2026-11-20T08:30:00.000Z');
    expect(ahead('2d')(NOW)).toBe('2026-11-22T10:00:00.000Z');
    expect(ago('2026-11-19T10:00:00+02:00')(NOW)).toBe('2026-11-19T08:00:00.000Z');
  });

  it('reads a bare day as local midnight', () => {
    expect(ago('2026-11-19')(NOW)).toBe(new Date(2026, 10, 19).toISOString());
  });

  it.each(['', 'yesterday', '5x', '2026-13-45', '-1h', '1 h'])('refuses %j as a time', (text) => {
    expect(() => ago(text)).toThrow('Looks like');
  });
});
