import { quotaPeriod } from '../../core/access/quota-period';
import type { Admission, Limited, Quota, RateLimiter } from '../../core/access/rate-limiter';
import { type QuotaCounts, quotaCounts } from './quota-counts';

interface Needs {
  readonly now: () => Date;
  /** Told once when counts cannot be written; it is tried again each second. */
  readonly report: (error: unknown) => void;
  /** How many subjects are remembered, 10,000 by default. */
  readonly capacity?: number;
}

export interface TokenBucketLimiter extends RateLimiter {
  admit(subjects: readonly Limited[]): Admission;
}

interface Bucket {
  tokens: number;
  /** Milliseconds: when `tokens` was right. */
  at: number;
  /** Milliseconds: from here on it is as if it had never been used. */
  fullAt: number;
  quota: QuotaUse | null;
}

interface QuotaUse {
  readonly period: Quota['period'];
  start: number;
  end: number;
  used: number;
  /** Not written yet. */
  dirty: boolean;
}

const ADMITTED: Admission = { admitted: true };
const FLUSH_MS = 1_000;
// Adding fractions up may miss a whole token by the last bits of a number.
const WHOLE = 1 - 1e-9;

/**
 * Token buckets in memory, quotas in a SQLite file: a killed process forgets their last second.
 * `admit` is synchronous. Waiting times are exact: after `retryAfterS` seconds one request passes if
 * no other took its place.
 */
export const tokenBucketLimiter = (
  file: string,
  { now, report, capacity = 10_000 }: Needs,
): TokenBucketLimiter => {
  const counts = quotaCounts(file, now().getTime());
  const buckets = new Map<string, Bucket>();

  const flush = (): void => {
    const dirty = [...buckets].flatMap(([subject, { quota }]) =>
      quota?.dirty ? [{ subject, quota }] : [],
    );
    if (dirty.length === 0) return;
    counts.write(dirty.map(({ subject, quota }) => ({ subject, ...quota })));
    for (const { quota } of dirty) quota.dirty = false;
  };

  let failing = false;
  const tryFlush = (): void => {
    try {
      flush();
      failing = false;
    } catch (error) {
      if (!failing) report(error);
      failing = true;
    }
  };
  const timer = setInterval(tryFlush, FLUSH_MS);
  timer.unref();

  const bucketOf = ({ subject, throttle }: Limited, at: number): Bucket => {
    const found = buckets.get(subject);
    if (found) return found;
    if (buckets.size >= capacity) makeRoom(at);
    const made = { tokens: throttle.burst, at, fullAt: at, quota: null };
    buckets.set(subject, made);
    return made;
  };

  // Idle subjects go, and where that is not enough those that were first seen longest ago.
  const makeRoom = (at: number): void => {
    tryFlush();
    for (const [subject, { fullAt }] of buckets) if (fullAt <= at) buckets.delete(subject);
    const surplus = buckets.size - Math.floor(capacity * 0.9);
    if (surplus <= 0) return;
    for (const subject of [...buckets.keys()].slice(0, surplus)) buckets.delete(subject);
  };

  return {
    admit(subjects) {
      const at = now().getTime();
      let waitMs = 0;
      let quotaUsedUp = false;
      const asked = subjects.map((limited) => ({ limited, bucket: bucketOf(limited, at) }));
      for (const { limited, bucket } of asked) {
        const { throttle, subject } = limited;
        refill(bucket, limited, at);
        if (bucket.tokens < WHOLE) {
          waitMs = Math.max(waitMs, ((1 - bucket.tokens) / throttle.rate) * 1000);
        }
        const { quota } = throttle;
        if (quota === null) continue;
        const use = quotaUse(bucket, quota, subject, at, counts);
        if (use.used < quota.limit) continue;
        quotaUsedUp = true;
        waitMs = Math.max(waitMs, use.end - at);
      }
      if (waitMs > 0) {
        const reason = quotaUsedUp ? 'quota-exceeded' : 'throttled';
        return { admitted: false, reason, retryAfterS: waitMs / 1000 };
      }
      for (const { limited, bucket } of asked) {
        // The room for one may have been another's of the same request.
        buckets.set(limited.subject, bucket);
        take(bucket, limited);
      }
      return ADMITTED;
    },

    async close() {
      clearInterval(timer);
      try {
        flush();
      } finally {
        counts.close();
      }
    },
  };
};

const refill = (bucket: Bucket, { throttle: { rate, burst } }: Limited, at: number): void => {
  // A clock that was set back gives nothing, and takes nothing either.
  const passed = Math.max(0, at - bucket.at);
  bucket.tokens = Math.min(burst, bucket.tokens + (passed / 1000) * rate);
  bucket.at = at;
};

const take = (bucket: Bucket, { throttle }: Limited): void => {
  bucket.tokens -= 1;
  bucket.fullAt = bucket.at + ((throttle.burst - bucket.tokens) / throttle.rate) * 1000;
  if (throttle.quota === null || bucket.quota === null) return;
  bucket.quota.used += 1;
  bucket.quota.dirty = true;
};

const quotaUse = (
  bucket: Bucket,
  { period }: Quota,
  subject: string,
  at: number,
  counts: QuotaCounts,
): QuotaUse => {
  const { quota } = bucket;
  if (quota?.period === period && quota.start <= at && at < quota.end) return quota;
  const span = quotaPeriod(period, at);
  const used = counts.read(subject, period, span.start);
  bucket.quota = { period, ...span, used, dirty: false };
  return bucket.quota;
};
