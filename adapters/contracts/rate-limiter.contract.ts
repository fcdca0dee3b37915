import * as fc from 'fast-check';
import type { Limited, Quota, RateLimiter, Throttle } from '../../core/access/rate-limiter';

/** Opens a limiter over what the last one left behind: before and after a start. */
type Open = (needs: { now: () => Date }) => Promise<() => Promise<RateLimiter>>;

const start = Date.parse('2026-01-14T12:00:00Z');
const service = (throttle: Partial<Throttle>): Limited => ({
  subject: 'service/wine',
  throttle: { rate: 1, burst: 1, quota: null, ...throttle },
});
const key = (throttle: Partial<Throttle>): Limited => ({
  ...service(throttle),
  subject: 'key/0198',
});

/** What every RateLimiter promises to one process. */
export const rateLimiterContract = (open: Open): void => {
  let clock = start;
  const limiters: RateLimiter[] = [];
  const opener = async () => {
    const next = await open({ now: () => new Date(clock) });
    return async () => {
      const limiter = await next();
      limiters.push(limiter);
      return limiter;
    };
  };
  const limiter = async () => (await opener())();
  const admitted = async (one: RateLimiter, ...subjects: Limited[]) =>
    (await one.admit(subjects)).admitted;

  beforeEach(() => {
    clock = start;
  });
  afterEach(async () => {
    for (const one of limiters.splice(0)) await one.close();
  });

  it('admits a burst, then one each time the rate allows it, and says when', async () => {
    const one = await limiter();
    const wine = service({ rate: 4, burst: 3 });
    expect(await Promise.all([1, 2, 3].map(() => admitted(one, wine)))).toEqual([true, true, true]);
    await expect(Promise.resolve(one.admit([wine]))).resolves.toEqual({
      admitted: false,
      reason: 'throttled',
      retryAfterS: 0.25,
    });
    clock += 249;
    expect(await admitted(one, wine)).toBe(false);
    clock += 1;
    expect(await admitted(one, wine)).toBe(true);
    expect(await admitted(one, wine)).toBe(false);
  });

  it('saves no more than the burst up', async () => {
    const one = await limiter();
    const wine = service({ rate: 100, burst: 2 });
    await admitted(one, wine);
    clock += 3_600_000;
    const outcomes = [];
    for (let i = 0; i < 4; i++) outcomes.push(await admitted(one, wine));
    expect(outcomes).toEqual([true, true, false, false]);
  });

  it('takes from all subjects or from none', async () => {
    const one = await limiter();
    const roomy = service({ burst: 2 });
    const tight = key({ burst: 1 });
    expect(await admitted(one, roomy, tight)).toBe(true);
    expect(await admitted(one, roomy, tight)).toBe(false);
    expect(await admitted(one, roomy)).toBe(true);
    expect(await admitted(one, roomy)).toBe(false);
  });

  it('counts each subject by itself', async () => {
    const one = await limiter();
    expect(await admitted(one, service({}))).toBe(true);
    expect(await admitted(one, key({}))).toBe(true);
    expect(await admitted(one, { ...service({}), subject: 'service/beer' })).toBe(true);
    expect(await admitted(one, service({}))).toBe(false);
  });

  it('admits who is limited by nothing', async () => {
    const one = await limiter();
    expect(await admitted(one)).toBe(true);
  });

  it.each<[Quota['period'], string]>([
    ['day', '2026-01-15T00:00:00Z'],
    ['week', '2026-01-19T00:00:00Z'],
    ['month', '2026-02-01T00:00:00Z'],
  ])('refuses above the quota of a %s until %s', async (period, end) => {
    const one = await limiter();
    const wine = service({ rate: 1000, burst: 1000, quota: { limit: 2, period } });
    expect(await admitted(one, wine)).toBe(true);
    expect(await admitted(one, wine)).toBe(true);
    await expect(Promise.resolve(one.admit([wine]))).resolves.toEqual({
      admitted: false,
      reason: 'quota-exceeded',
      retryAfterS: (Date.parse(end) - start) / 1000,
    });
    clock = Date.parse(end) - 1;
    expect(await admitted(one, wine)).toBe(false);
    clock += 1;
    expect(await admitted(one, wine)).toBe(true);
  });

  it('takes nothing from a quota for what it refuses', async () => {
    const one = await limiter();
    const wine = service({ rate: 1, burst: 1, quota: { limit: 2, period: 'day' } });
    expect(await admitted(one, wine)).toBe(true);
    for (let i = 0; i < 5; i++) expect(await admitted(one, wine)).toBe(false);
    clock += 1000;
    expect(await admitted(one, wine)).toBe(true);
  });

  it('remembers what was used of a quota over a restart', async () => {
    const next = await opener();
    const wine = service({ rate: 1000, burst: 1000, quota: { limit: 3, period: 'day' } });
    const before = await next();
    for (let i = 0; i < 2; i++) expect(await admitted(before, wine)).toBe(true);
    await before.close();
    limiters.pop();
    const after = await next();
    expect(await admitted(after, wine)).toBe(true);
    expect(await admitted(after, wine)).toBe(false);
  });

  it('follows a throttle that operators change', async () => {
    const one = await limiter();
    expect(await admitted(one, service({ burst: 100 }))).toBe(true);
    expect(await admitted(one, service({ burst: 1 }))).toBe(true);
    expect(await admitted(one, service({ burst: 1 }))).toBe(false);
    clock += 100;
    expect(await admitted(one, service({ rate: 10, burst: 1 }))).toBe(true);
  });

  it('locks nobody out when the clock is set back', async () => {
    const one = await limiter();
    const wine = service({ rate: 1, burst: 1, quota: { limit: 2, period: 'day' } });
    for (let i = 0; i < 2; i++) {
      expect(await admitted(one, wine)).toBe(true);
      clock += 1000;
    }
    clock -= 400 * 24 * 3600 * 1000;
    await admitted(one, wine);
    clock += 1000;
    expect(await admitted(one, wine)).toBe(true);
  });

  it('agrees with a naive model of buckets and quotas', async () => {
    const steps = fc.array(
      fc.record({
        wait: fc.oneof(fc.constant(0), fc.nat(400), fc.nat(100_000_000)),
        who: fc.subarray([0, 1, 2], { minLength: 1 }),
      }),
      { maxLength: 60 },
    );
    const throttle = fc.record({
      rate: fc.constantFrom(0.5, 1, 3, 50),
      burst: fc.integer({ min: 1, max: 5 }),
      quota: fc.option(
        fc.record({
          limit: fc.integer({ min: 1, max: 12 }),
          period: fc.constantFrom('day', 'week', 'month' as const),
        }),
      ),
    });
    const throttles = fc.array(throttle, { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(throttles, steps, async (limits, script) => {
        clock = start;
        const one = await limiter();
        const subjects = limits.map((limit, i) => ({ subject: `s/${i}`, throttle: limit }));
        const taken: number[][] = subjects.map(() => []);
        for (const { wait, who } of script) {
          clock += wait;
          const asked = who.flatMap((i) => subjects[i] ?? []);
          const room = who.every((i) => {
            const limit = limits[i];
            return limit !== undefined && hasRoom(limit, taken[i] ?? [], clock);
          });
          const answer = await one.admit(asked);
          expect(answer.admitted).toBe(room);
          if (room) for (const i of who) taken[i]?.push(clock);
          if (!answer.admitted) {
            clock += Math.ceil(answer.retryAfterS * 1000 - 1e-6);
            expect(who.every((i) => fits(limits[i], taken[i] ?? [], clock))).toBe(true);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
};

const fits = (limit: Throttle | undefined, taken: readonly number[], at: number): boolean =>
  limit !== undefined && hasRoom(limit, taken, at);

/** From all that was ever taken: replay the bucket, count the quota's period by the calendar. */
const hasRoom = ({ rate, burst, quota }: Throttle, taken: readonly number[], at: number) => {
  let tokens = burst;
  let last = start;
  for (const time of taken) {
    tokens = Math.min(burst, tokens + ((time - last) / 1000) * rate) - 1;
    last = time;
  }
  tokens = Math.min(burst, tokens + ((at - last) / 1000) * rate);
  if (tokens < 1 - 1e-6) return false;
  return quota === null || taken.filter(samePeriod(quota.period, at)).length < quota.limit;
};

const samePeriod = (period: Quota['period'], at: number) => (time: number) => {
  const [a, b] = [new Date(time), new Date(at)];
  const day = (date: Date) => date.toISOString().slice(0, 10);
  if (period === 'day') return day(a) === day(b);
  if (period === 'month') return day(a).slice(0, 7) === day(b).slice(0, 7);
  return day(monday(a)) === day(monday(b));
};

const monday = (date: Date) =>
  new Date(date.getTime() - ((date.getUTCDay() + 6) % 7) * 24 * 3600 * 1000);
