import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Admission, Limited, RateLimiter, Throttle } from '../../core/access/rate-limiter';
import { type LeaseHand, leaseHand } from './lease-limiter-hand';
import { type LeaseItems, leaseItems } from './lease-limiter-item';

interface Needs {
  readonly now: () => Date;
  /** Told at most once a minute why requests are admitted uncounted. */
  readonly report: (error: unknown) => void;
  /** Milliseconds that a request waits for DynamoDB at most, 300 by default. */
  readonly patienceMs?: number;
  /** How many subjects a container remembers, 10,000 by default. */
  readonly capacity?: number;
}

interface TableNeeds extends Needs {
  readonly db: DynamoDBClient;
  /** Keys `pk` and `sk`, time-to-live attribute `forgotten_at`. */
  readonly table: string;
}

const ADMITTED: Admission = { admitted: true };
/** Nothing is asked of a table that just failed. */
const PAUSE_MS = 1_000;
const REPORT_EVERY_MS = 60_000;

/**
 * Token buckets and quotas that many containers share through DynamoDB: each takes a few tokens at
 * a time and admits requests from its hand. A throttle must take no prediction down: when the table
 * fails or is slow, requests are admitted.
 *
 * Over all containers, in any t seconds, a subject gets at most rate · t + burst, and for each
 * container what it had in its hand: a quarter of a second of the rate, at most a tenth of the burst.
 * Quotas are never exceeded; what a container that dies has in its hand of one (a hundredth of what
 * was left, one in the last hundredth) is lost.
 */
export const leaseLimiter = ({ db, table, ...needs }: TableNeeds): RateLimiter =>
  limiterOver(leaseItems({ db, table }), needs);

/** The same over any place where leases are kept. */
export const limiterOver = (
  items: LeaseItems,
  { now, report, patienceMs = 300, capacity = 10_000 }: Needs,
): RateLimiter => {
  const hands = new Map<string, LeaseHand>();
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let reportedAt = Number.NEGATIVE_INFINITY;

  const clock = (): number => now().getTime();

  const handOf = ({ subject, throttle }: Limited): LeaseHand => {
    const found = hands.get(subject);
    if (found && isSame(found.throttle, throttle)) return found;
    if (!found && hands.size >= capacity) makeRoom();
    const signal = () => AbortSignal.timeout(patienceMs);
    const made = leaseHand({ items, subject, throttle, now: clock, signal, known: found?.known() });
    hands.set(subject, made);
    return made;
  };

  // Those that were seen first go; what they had of a quota counts as used.
  const makeRoom = (): void => {
    for (const subject of [...hands.keys()].slice(0, Math.ceil(capacity / 10))) {
      hands.delete(subject);
    }
  };

  const isPaused = (): boolean => {
    const left = pausedUntil - clock();
    return left > 0 && left <= PAUSE_MS;
  };

  const failed = (error: unknown): void => {
    const at = clock();
    pausedUntil = at + PAUSE_MS;
    if (Math.abs(at - reportedAt) < REPORT_EVERY_MS) return;
    reportedAt = at;
    report(error);
  };

  /** What can be said without asking. */
  const decide = (asked: readonly LeaseHand[]): Admission | null => {
    const at = clock();
    const refusals = asked.map((hand) => hand.refusal(at)).filter((one) => one !== null);
    if (refusals.length > 0) {
      const reason = refusals.some((one) => one.reason === 'quota-exceeded')
        ? 'quota-exceeded'
        : 'throttled';
      const retryAfterS = Math.max(...refusals.map(({ waitMs }) => waitMs)) / 1000;
      return { admitted: false, reason, retryAfterS };
    }
    if (!asked.every((hand) => hand.isReady())) return isPaused() ? ADMITTED : null;
    for (const hand of asked) hand.use();
    return ADMITTED;
  };

  const settled = (subjects: readonly Limited[]): readonly LeaseHand[] => {
    const asked = subjects.map(handOf);
    const at = clock();
    for (const hand of asked) hand.settle(at);
    return asked;
  };

  // Not settled again: what was just taken is for this request, however long the exchange took.
  const askFirst = async (subjects: readonly Limited[]): Promise<Admission> => {
    for (;;) {
      const asked = subjects.map(handOf);
      const decided = decide(asked);
      if (decided) return decided;
      const lacking = asked.filter((hand) => !hand.isReady());
      await Promise.all(lacking.map((hand) => hand.fill().catch(failed)));
    }
  };

  return {
    admit: (subjects) => decide(settled(subjects)) ?? askFirst(subjects),

    async close() {
      await Promise.all([...hands.values()].map((hand) => hand.giveBack().catch(failed)));
    },
  };
};

const isSame = (one: Throttle, other: Throttle): boolean =>
  one === other ||
  (one.rate === other.rate &&
    one.burst === other.burst &&
    one.quota?.limit === other.quota?.limit &&
    one.quota?.period === other.quota?.period);
