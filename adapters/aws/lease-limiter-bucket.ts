import { quotaPeriod, type Span } from '../../core/access/quota-period';
import type { Quota, Throttle } from '../../core/access/rate-limiter';

/**
 * A subject's allowance as all containers share it. The bucket is told by the moment at which it
 * would be full again, so that tokens are taken by adding to one number (GCRA, ITU-T I.371):
 * tokens = burst − (fullAt − now) · rate.
 */
export interface Bucket {
  /** Milliseconds. */
  readonly fullAt: number;
  /** What `fullAt` was reckoned with. */
  readonly rate: number;
  readonly burst: number;
  readonly period: Quota['period'] | 'none';
  /** Milliseconds: the quota's period that `used` counts. */
  readonly start: number;
  readonly used: number;
  /** Milliseconds: when something was last taken. */
  readonly at: number;
  /** How often it was written. */
  readonly writes: number;
}

/** Containers' clocks may differ by this much. */
const MOST_SKEW_MS = 60_000;
/** What adding fractions up may miss. */
export const FRACTION_MS = 1e-3;
const WHOLE = 1 - 1e-9;

/** Whether a whole token is there. */
export const isWhole = (tokens: number): boolean => tokens >= WHOLE;

/** Milliseconds in which the rate gives that many tokens. */
export const millisecondsFor = (tokens: number, { rate }: Pick<Throttle, 'rate'>): number =>
  (tokens / rate) * 1000;

/** Tokens that the bucket has, below 0 when a faster clock took them. */
export const tokensIn = ({ fullAt, rate, burst }: Bucket, at: number): number => {
  const tokens = burst - (Math.max(0, fullAt - at) / 1000) * rate;
  const whole = Math.round(tokens);
  return Math.abs(tokens - whole) < Math.min(1, rate / 1000) * FRACTION_MS ? whole : tokens;
};

/**
 * Most that a container takes at a time: a quarter of a second of the rate, and a tenth of the
 * burst, so that no container keeps much from the others.
 */
export const mostAtATime = ({ rate, burst }: Throttle): number =>
  Math.floor(Math.min(rate / 4, burst / 10));

/** When the quota of a bucket begins anew. */
export const periodOf = ({ period, start }: Bucket): Span =>
  period === 'none' ? { start: 0, end: Number.POSITIVE_INFINITY } : quotaPeriod(period, start);

const limitOf = ({ quota }: Throttle): number => quota?.limit ?? Number.MAX_SAFE_INTEGER;

/** How much of the quota is left to take. */
export const quotaLeft = (bucket: Bucket, throttle: Throttle): number =>
  limitOf(throttle) - bucket.used;

/** When a bucket of another throttle is full under this one, which gives what it gets from now on. */
const fullUnder = (bucket: Bucket, throttle: Throttle, at: number): number => {
  const { rate, burst } = throttle;
  const passed = Math.max(0, at - bucket.at) / 1000;
  const tokens = Math.min(burst, Math.max(0, tokensIn(bucket, bucket.at)) + passed * rate);
  return at + millisecondsFor(burst - tokens, throttle);
};

/**
 * The bucket under the throttle of now: full where there is none yet, with no more tokens than it
 * had where the throttle was changed, and with nothing used where the quota's period is over. It
 * never goes back to an earlier period, nor to an earlier moment: a clock within the skew waits.
 */
export const asOf = (bucket: Bucket | undefined, throttle: Throttle, at: number): Bucket => {
  const { rate, burst, quota } = throttle;
  const period = quota?.period ?? 'none';
  const { start } = quota ? quotaPeriod(quota.period, at) : { start: 0 };
  const anew: Omit<Bucket, 'writes'> = { fullAt: at, rate, burst, period, start, used: 0, at };
  if (!bucket) return { ...anew, writes: 0 };
  const { writes } = bucket;
  const isOfNow =
    bucket.fullAt - at <= millisecondsFor(bucket.burst, bucket) + MOST_SKEW_MS &&
    bucket.start - at <= MOST_SKEW_MS;
  if (!isOfNow) return { ...anew, writes };
  const isSameThrottle = bucket.rate === rate && bucket.burst === burst;
  const fullAt = isSameThrottle ? bucket.fullAt : fullUnder(bucket, throttle, at);
  const counts = bucket.period === period && bucket.start >= start;
  return { ...anew, fullAt, writes, ...(counts && { start: bucket.start, used: bucket.used }) };
};

/** Whether a bucket is what `asOf` made of it: then what is taken can be added to it. */
export const isUnchanged = (bucket: Bucket, now: Bucket): boolean =>
  bucket.fullAt === now.fullAt &&
  bucket.rate === now.rate &&
  bucket.burst === now.burst &&
  bucket.period === now.period &&
  bucket.start === now.start;
