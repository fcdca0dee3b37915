import * as fc from 'fast-check';
import type { Limited, RateLimiter, Throttle } from '../../core/access/rate-limiter';
import { limiterOver } from './lease-limiter';
import { type Bucket, FRACTION_MS, mostAtATime } from './lease-limiter-bucket';
import type { Asked, LeaseItems, Taken } from './lease-limiter-item';

const NOON = Date.parse('2026-01-14T12:00:00Z');

/**
 * Stands in for DynamoDB where the order of many exchanges matters, which an emulator over the wire
 * does not let a test choose. That the real expressions mean the same is tested over the wire.
 */
const itemsInMemory = (turn: () => Promise<unknown>) => {
  const buckets = new Map<string, Bucket>();
  const counts = { takes: 0 };
  const takeNow = ({ subject, throttle, known, at, tokens, quota }: Asked): Taken => {
    const { rate, burst } = throttle;
    const bucket = buckets.get(subject);
    const cost = (tokens / rate) * 1000;
    const fits = bucket && bucket.rate === rate && bucket.burst === burst;
    if (known ? !fits : bucket) return { taken: false, bucket };
    const from = Math.max(bucket?.fullAt ?? at, at);
    const used = (bucket?.used ?? 0) + quota;
    const isLate = from + cost > at + (burst / rate) * 1000 + FRACTION_MS;
    if (isLate || used > (throttle.quota?.limit ?? used)) return { taken: false, bucket };
    const period = throttle.quota?.period ?? 'none';
    const start = period === 'none' ? 0 : Date.parse('2026-01-14T00:00:00Z');
    const writes = (bucket?.writes ?? 0) + 1;
    const next: Bucket = { fullAt: from + cost, rate, burst, period, start, used, at, writes };
    buckets.set(subject, next);
    return { taken: true, bucket: next };
  };
  const items: LeaseItems = {
    async take(asked) {
      await turn();
      counts.takes += 1;
      const answer = takeNow(asked);
      await turn();
      return answer;
    },
    giveBack: async () => undefined,
  };
  return { items, counts };
};

const report = (error: unknown) => {
  throw error;
};
const key = (throttle: Partial<Throttle>): Limited => ({
  subject: 'key/0198',
  throttle: { rate: 100, burst: 200, quota: null, ...throttle },
});
const atOnce = async () => undefined;

describe('the hands of containers that share a bucket', () => {
  it('admit no more together than rate and burst allow, and what they held', async () => {
    const SKEW_MS = 20;
    const skew = fc.integer({ min: -SKEW_MS, max: SKEW_MS });
    const throttles = fc.record({
      rate: fc.constantFrom(0.5, 5, 40, 400),
      burst: fc.integer({ min: 1, max: 300 }),
      quota: fc.option(
        fc.record({ limit: fc.integer({ min: 1, max: 400 }), period: fc.constant('day' as const) }),
      ),
    });
    const steps = fc.array(
      fc.record({
        wait: fc.oneof(fc.constant(0), fc.nat(30), fc.nat(4_000)),
        who: fc.nat(3),
        requests: fc.integer({ min: 1, max: 12 }),
        turns: fc.nat(30),
      }),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(
        throttles,
        fc.array(skew, { minLength: 1, maxLength: 4 }),
        steps,
        fc.scheduler(),
        async (throttle, skews, script, scheduler) => {
          let clock = NOON;
          const { items } = itemsInMemory(() => scheduler.schedule(Promise.resolve()));
          const all = skews.map((ms) =>
            limiterOver(items, { now: () => new Date(clock + ms), report }),
          );
          const admitted: number[] = [];
          const asking: Promise<void>[] = [];
          const ask = async (one: RateLimiter) => {
            if ((await one.admit([key(throttle)])).admitted) admitted.push(clock);
          };
          for (const { wait, who, requests, turns } of script) {
            clock += wait;
            const one = all[who % all.length];
            for (let i = 0; one && i < requests; i += 1) asking.push(ask(one));
            for (let i = 0; i < turns && scheduler.count() > 0; i += 1) await scheduler.waitOne();
          }
          await scheduler.waitIdle();
          await Promise.all(asking);
          const { rate, burst, quota } = throttle;
          const held = all.length * Math.max(1, mostAtATime(throttle));
          for (const [first, from] of admitted.entries()) {
            for (const [last, to] of admitted.slice(first).entries()) {
              const passed = (to - from + 2 * SKEW_MS) / 1000;
              const most = burst + rate * passed + (from === NOON ? 0 : held);
              expect(last + 1).toBeLessThanOrEqual(most + 1e-6);
            }
          }
          expect(admitted.length).toBeLessThanOrEqual(quota?.limit ?? admitted.length);
        },
      ),
      { numRuns: 150 },
    );
  });

  /** Two minutes of a load, spread evenly over containers. */
  const load = async (throttle: Partial<Throttle>, containers: number, perSecond: number) => {
    let clock = NOON;
    const { items, counts } = itemsInMemory(atOnce);
    const now = () => new Date(clock);
    const all = Array.from({ length: containers }, () => limiterOver(items, { now, report }));
    let admitted = 0;
    const requests = perSecond * 120;
    for (let i = 0; i < requests; i += 1) {
      clock = NOON + (i * 1000) / perSecond;
      const answer = await all[i % containers]?.admit([key(throttle)]);
      if (answer?.admitted) admitted += 1;
    }
    return { admitted, requests, writes: counts.takes };
  };

  it('refuse nobody who stays below the rate, however many containers there are', async () => {
    for (const containers of [1, 2, 10, 40]) {
      const { admitted, requests } = await load({ rate: 100, burst: 200 }, containers, 80);
      expect(admitted).toBe(requests);
    }
  });

  it('admit close to the rate of who asks for more', async () => {
    for (const containers of [1, 2, 10]) {
      const { admitted } = await load({ rate: 50, burst: 100 }, containers, 200);
      expect(admitted).toBeLessThanOrEqual(100 + 50 * 120);
      expect(admitted).toBeGreaterThan(0.97 * (100 + 50 * 120));
    }
  });

  it('add nothing to the burst with what a refused request left in them', async () => {
    let clock = NOON;
    const { items } = itemsInMemory(atOnce);
    const now = () => new Date(clock);
    const [one, other] = [limiterOver(items, { now, report }), limiterOver(items, { now, report })];
    const tight = { subject: 'key/tight', throttle: { rate: 0.01, burst: 1, quota: null } };
    const roomy = { subject: 'key/roomy', throttle: { rate: 1, burst: 2, quota: null } };
    await other.admit([tight]);
    expect((await one.admit([roomy, tight])).admitted).toBe(false);
    clock += 60_000;
    const answers = [];
    for (let i = 0; i < 4; i += 1) answers.push((await one.admit([roomy])).admitted);
    expect(answers).toEqual([true, true, false, false]);
  });

  it('ask once for each request of a slow bucket, however long an answer takes', async () => {
    let clock = NOON;
    const { items, counts } = itemsInMemory(async () => {
      clock += 5;
      if (counts.takes > 50) throw new Error('it asks and asks');
    });
    const limiter = limiterOver(items, { now: () => new Date(clock), report });
    const slow = key({ rate: 1, burst: 5 });
    for (let i = 0; i < 5; i += 1) expect(await limiter.admit([slow])).toEqual({ admitted: true });
    expect(counts.takes).toBe(5);
    expect(await limiter.admit([slow])).toMatchObject({ admitted: false });
  });

  it('write seldom: a few times a second for each container, not per request', async () => {
    const fast = await load({ rate: 1_000, burst: 2_000 }, 2, 900);
    expect(fast.writes / fast.requests).toBeLessThan(0.01);
    const slow = await load({ rate: 100, burst: 200 }, 10, 10);
    expect(slow.writes / slow.requests).toBeLessThan(0.6);
  });

  it('write next to nothing for a flood of refused requests', async () => {
    const { writes, requests } = await load({ rate: 1, burst: 1 }, 3, 500);
    expect(requests).toBe(60_000);
    expect(writes).toBeLessThan(120 * 3 * 3);
    const quota = { limit: 5, period: 'day' as const };
    const usedUp = await load({ rate: 1_000, burst: 1_000, quota }, 3, 500);
    expect(usedUp.admitted).toBe(5);
    expect(usedUp.writes).toBeLessThan(20);
  });
});

describe('a table that fails', () => {
  const failing = (take: LeaseItems['take']): LeaseItems => ({
    take,
    giveBack: () => Promise.reject(new Error('down')),
  });
  const down = () => Promise.reject(new Error('down'));

  it('takes no request down, is left alone for a second and reported once a minute', async () => {
    let clock = NOON;
    let takes = 0;
    const errors: unknown[] = [];
    const items = failing(() => {
      takes += 1;
      return down();
    });
    const now = () => new Date(clock);
    const one = limiterOver(items, { now, report: (error) => errors.push(error) });
    for (let ms = 0; ms < 60_000; ms += 100) {
      clock = NOON + ms;
      expect(await one.admit([key({ rate: 1, burst: 1 })])).toEqual({ admitted: true });
    }
    expect(takes).toBe(60);
    expect(errors).toEqual([new Error('down')]);
    clock = NOON + 60_000;
    await one.admit([key({})]);
    expect(errors).toHaveLength(2);
    await one.close();
  });

  it('keeps nobody waiting longer than its patience', async () => {
    const errors: unknown[] = [];
    const items = failing(
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    );
    const one = limiterOver(items, {
      now: () => new Date(),
      report: (error) => errors.push(error),
      patienceMs: 30,
    });
    const started = performance.now();
    const answers = await Promise.all([1, 2, 3].map(() => one.admit([key({})])));
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(answers).toEqual(Array.from({ length: 3 }, () => ({ admitted: true })));
    expect(errors).toEqual([expect.objectContaining({ name: 'TimeoutError' })]);
  });

  it('limits again when it is back', async () => {
    let clock = NOON;
    const { items } = itemsInMemory(atOnce);
    const now = () => new Date(clock);
    const back = NOON + 1_001;
    const take: LeaseItems['take'] = (asked, signal) =>
      clock < back ? down() : items.take(asked, signal);
    const one = limiterOver({ ...items, take }, { now, report: () => undefined });
    const ask = async () => (await one.admit([key({ rate: 1, burst: 1 })])).admitted;
    expect([await ask(), await ask()]).toEqual([true, true]);
    clock = back;
    expect([await ask(), await ask()]).toEqual([true, false]);
  });

  it('forgets subjects when there are too many, and begins anew with them', async () => {
    const { items, counts } = itemsInMemory(atOnce);
    const one = limiterOver(items, { now: () => new Date(NOON), report, capacity: 10 });
    const subjects = Array.from({ length: 40 }, (_, i) => ({ ...key({}), subject: `key/${i}` }));
    for (const subject of subjects) await one.admit([subject]);
    for (const subject of subjects) expect((await one.admit([subject])).admitted).toBe(true);
    expect(counts.takes).toBe(40 + 40 * 2);
  });
});
