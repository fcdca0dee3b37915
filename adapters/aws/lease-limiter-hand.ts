import type { Throttle } from '../../core/access/rate-limiter';
import {
  asOf,
  type Bucket,
  isWhole,
  millisecondsFor,
  mostAtATime,
  periodOf,
  quotaLeft,
  tokensIn,
} from './lease-limiter-bucket';
import type { LeaseItems } from './lease-limiter-item';

interface Needs {
  readonly items: LeaseItems;
  readonly subject: string;
  readonly throttle: Throttle;
  readonly now: () => number;
  /** Ends the wait for one exchange. */
  readonly signal: () => AbortSignal;
  /** What is known of the bucket from before the throttle was changed. */
  readonly known: Bucket | undefined;
}

interface Refusal {
  readonly reason: 'throttled' | 'quota-exceeded';
  readonly waitMs: number;
}

/** What one container has taken of a subject's allowance and not used yet. */
export interface LeaseHand {
  readonly throttle: Throttle;
  known(): Bucket | undefined;
  /** Lets go of what was held too long. */
  settle(at: number): void;
  /** Why a request cannot pass, as far as is known; null when it can, or when it must be asked. */
  refusal(at: number): Refusal | null;
  isReady(): boolean;
  use(): void;
  /** Takes more, or learns why there is none; those who wait share one exchange. */
  fill(): Promise<void>;
  giveBack(): Promise<void>;
}

/**
 * A block that lasts less is followed by a larger one. After this, no more than one token is held
 * back from other containers.
 */
const HELD_MS = 2_000;
/** Others may be faster this often, before it is as if they had taken all. */
const ATTEMPTS = 5;

/** A container's hand for one subject under one throttle. */
export const leaseHand = (needs: Needs): LeaseHand => {
  const { items, subject, throttle, now } = needs;
  const most = mostAtATime(throttle);
  let known = needs.known;
  let tokens = 0;
  let quota = 0;
  let quotaStart = 0;
  let block = 1;
  let takenAt = Number.NEGATIVE_INFINITY;
  let filling: Promise<void> | null = null;

  const hasQuota = (): boolean => throttle.quota === null || quota >= 1;

  const toAsk = (bucket: Bucket, at: number) => {
    const there = Math.floor(tokens + tokensIn(bucket, at));
    const wanted = isWhole(tokens) ? tokens : Math.max(1, Math.min(block, there));
    const left = quotaLeft(bucket, throttle);
    const hundredth = Math.floor(left / 100);
    const isLast = left * 100 <= (throttle.quota?.limit ?? 0);
    const wantedQuota = hasQuota() ? 0 : isLast ? 1 : Math.max(1, Math.min(hundredth, block));
    return { tokens: Math.max(0, wanted - tokens), quota: wantedQuota };
  };

  const take = async (): Promise<void> => {
    if (!isWhole(tokens) && now() - takenAt < HELD_MS) {
      block = Math.min(Math.max(1, most), block * 2);
    }
    const signal = needs.signal();
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const at = now();
      if (refusal(at)) return;
      const asked = toAsk(asOf(known, throttle, at), at);
      const { taken, bucket } = await items.take(
        { subject, throttle, known, at, ...asked },
        signal,
      );
      known = bucket;
      if (!taken) continue;
      tokens += asked.tokens;
      quota += asked.quota;
      quotaStart = bucket?.start ?? 0;
      takenAt = at;
      return;
    }
    const at = now();
    const empty = at + millisecondsFor(throttle.burst, throttle);
    known = { ...asOf(known, throttle, at), fullAt: empty };
    tokens = 0;
  };

  const refusal = (at: number): Refusal | null => {
    if (!known) return null;
    const bucket = asOf(known, throttle, at);
    const together = tokens + tokensIn(bucket, at);
    const isThere = isWhole(tokens) || isWhole(together);
    const forTokens = isThere ? 0 : millisecondsFor(1 - together, throttle);
    const isUsedUp = !hasQuota() && quotaLeft(bucket, throttle) < 1;
    const forQuota = isUsedUp ? periodOf(bucket).end - at : 0;
    const waitMs = Math.max(forTokens, forQuota);
    return waitMs > 0 ? { reason: isUsedUp ? 'quota-exceeded' : 'throttled', waitMs } : null;
  };

  return {
    throttle,
    known: () => known,
    refusal,

    settle(at) {
      const bucket = asOf(known, throttle, at);
      if (bucket.start !== quotaStart) quota = 0;
      if (at - takenAt > HELD_MS && tokens > 1) {
        block = Math.max(1, Math.round(block - tokens));
        tokens = 1;
      }
      // Together they are no more than the burst: what others would have found the bucket full with.
      tokens = Math.max(0, Math.min(tokens, most + throttle.burst - tokensIn(bucket, at)));
    },

    isReady: () => isWhole(tokens) && hasQuota(),

    use() {
      tokens = Math.max(0, tokens - 1);
      if (throttle.quota) quota -= 1;
    },

    fill() {
      filling ??= take().finally(() => {
        filling = null;
      });
      return filling;
    },

    async giveBack() {
      await filling?.catch(() => undefined);
      const left = quota;
      quota = 0;
      if (left === 0 || known?.start !== quotaStart) return;
      await items.giveBack(subject, known, left, needs.signal());
    },
  };
};
