import fc from 'fast-check';
import { circuitBreaker, isVersionFailure } from './circuit-breaker';

const opened = (at = 0) => {
  const breaker = circuitBreaker();
  for (let i = 0; i < 5; i += 1) breaker.failed(at);
  return breaker;
};

describe('circuit breaker', () => {
  it('lets everything through until five failures in a row', () => {
    const breaker = circuitBreaker();
    for (let i = 0; i < 4; i += 1) breaker.failed(0);
    expect(breaker.allows(0)).toBe(true);
    breaker.succeeded();
    for (let i = 0; i < 4; i += 1) breaker.failed(0);
    expect([breaker.allows(0), breaker.reopensAt()]).toEqual([true, 0]);
    breaker.failed(0);
    expect([breaker.allows(0), breaker.reopensAt()]).toEqual([false, 1_000]);
  });

  it('opens when more than half of the last twenty failed, never in a row', () => {
    const breaker = circuitBreaker();
    for (let i = 0; i < 20; i += 1) {
      if (i % 2 === 0) breaker.failed(0);
      else breaker.succeeded();
    }
    expect(breaker.allows(0)).toBe(true);
    // Twelve of the last twenty: the pairs push single ones out of the window.
    for (let i = 0; i < 4; i += 1) {
      breaker.failed(0);
      breaker.failed(0);
      if (breaker.allows(0)) breaker.succeeded();
    }
    expect(breaker.allows(0)).toBe(false);
  });

  it('does not judge by fewer than twenty requests', () => {
    const breaker = circuitBreaker();
    for (let i = 0; i < 19; i += 1) {
      if (i % 5 === 4) breaker.succeeded();
      else breaker.failed(0);
    }
    expect(breaker.allows(0)).toBe(true);
    breaker.failed(0);
    expect(breaker.allows(0)).toBe(false);
  });

  it('forgets failures that twenty answers have passed', () => {
    const breaker = circuitBreaker();
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0; i < 4; i += 1) breaker.failed(0);
      for (let i = 0; i < 20; i += 1) breaker.succeeded();
    }
    for (let i = 0; i < 4; i += 1) breaker.failed(0);
    expect(breaker.allows(0)).toBe(true);
  });

  it('tries with one request at a time once the break is over', () => {
    const breaker = opened();
    expect(breaker.allows(999)).toBe(false);
    expect(breaker.allows(1_000)).toBe(true);
    expect(breaker.allows(1_000)).toBe(true);
    breaker.sent(1_000);
    expect(breaker.allows(1_001)).toBe(false);
    breaker.succeeded();
    expect([breaker.allows(1_001), breaker.reopensAt()]).toEqual([true, 0]);
  });

  it('doubles the break with each failed trial, up to 30 s, and starts again at 1 s', () => {
    const breaker = opened();
    const breaks: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      const at = breaker.reopensAt();
      breaker.sent(at);
      breaker.failed(at);
      breaks.push(breaker.reopensAt() - at);
    }
    expect(breaks).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
    breaker.sent(breaker.reopensAt());
    breaker.succeeded();
    for (let i = 0; i < 5; i += 1) breaker.failed(1e6);
    expect(breaker.reopensAt()).toBe(1e6 + 1_000);
  });

  it('takes no word from requests that were sent before the break', () => {
    const breaker = opened();
    breaker.succeeded();
    breaker.failed(500);
    expect([breaker.allows(999), breaker.reopensAt()]).toEqual([false, 1_000]);
  });

  it('closes when a request that was forced on it succeeds, and is no worse when it fails', () => {
    const breaker = opened();
    breaker.sent(10);
    breaker.failed(20);
    expect(breaker.reopensAt()).toBe(1_000);
    breaker.sent(30);
    breaker.succeeded();
    expect(breaker.reopensAt()).toBe(0);
  });

  it('makes room for another trial when one was refused or never came back', () => {
    const breaker = opened();
    breaker.sent(1_000);
    breaker.ended();
    expect(breaker.allows(1_001)).toBe(true);
    breaker.sent(1_001);
    expect([breaker.allows(31_000), breaker.allows(31_001)]).toEqual([false, true]);
  });

  it('is never out for longer than 30 s after the last thing it heard', () => {
    const step = fc.constantFrom('sent', 'succeeded', 'failed', 'ended');
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.nat(5_000))), (steps) => {
        const breaker = circuitBreaker();
        let now = 0;
        for (const [name, wait] of steps) {
          now += wait;
          if (name === 'sent' && !breaker.allows(now)) continue;
          breaker[name as 'sent'](now);
        }
        expect(breaker.allows(now + 30_000)).toBe(true);
      }),
    );
  });

  it('blames the version for what 502, 504 and "no replica" say, not for load or bad input', () => {
    const kinds = ['model-error', 'model-timeout', 'unavailable', 'overloaded', 'invalid-input'];
    expect(kinds.map((kind) => isVersionFailure(kind as 'model-error'))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
