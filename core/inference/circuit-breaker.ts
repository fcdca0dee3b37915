import type { ErrorKind } from '../shared/domain-error';

/** Takes a failing version out of the split for a while. All times are milliseconds of one clock. */
export interface CircuitBreaker {
  /** Whether the version may get a request now; asking changes nothing. */
  allows(now: number): boolean;

  /** Tells that a request is sent: to a version that is out it is the one trial. */
  sent(now: number): void;

  succeeded(): void;
  failed(now: number): void;

  /** The request ended without a word about the version: refused, overloaded. */
  ended(): void;

  /** When the version may be tried again; 0 while it is in the split. */
  reopensAt(): number;
}

const CONSECUTIVE = 5;
const WINDOW = 20;
const WINDOW_MASK = 2 ** WINDOW - 1;
const FIRST_BREAK_MS = 1_000;
const LONGEST_BREAK_MS = 30_000;
/** A trial that nobody heard of again makes room for the next after this time. */
const TRIAL_MS = 30_000;
const NEVER = Number.NEGATIVE_INFINITY;

/** Kinds of error that speak against the version, not against the request or the load. */
export const isVersionFailure = (kind: ErrorKind): boolean =>
  kind === 'model-error' || kind === 'model-timeout' || kind === 'unavailable';

/**
 * Opens after 5 failures in a row, or more than half of the last 20 requests. It stays open for 1 s,
 * then lets single trials through: one that succeeds closes it, each that fails doubles the break,
 * up to 30 s.
 */
export const circuitBreaker = (): CircuitBreaker => {
  /** The last 20 outcomes as bits, the latest lowest; 1 is a failure. */
  let outcomes = 0;
  let seen = 0;
  let inARow = 0;
  let breaks = 0;
  let openUntil = 0;
  let trialSince = NEVER;

  const record = (failure: 0 | 1): void => {
    outcomes = ((outcomes << 1) | failure) & WINDOW_MASK;
    seen = Math.min(seen + 1, WINDOW);
    inARow = failure ? inARow + 1 : 0;
  };

  const open = (now: number): void => {
    openUntil = now + Math.min(FIRST_BREAK_MS * 2 ** breaks, LONGEST_BREAK_MS);
    breaks = Math.min(breaks + 1, 30);
    trialSince = NEVER;
  };

  const close = (): void => {
    outcomes = 0;
    seen = 0;
    inARow = 0;
    breaks = 0;
    openUntil = 0;
    trialSince = NEVER;
  };

  const isTrying = (): boolean => trialSince !== NEVER;

  return {
    allows: (now) => openUntil === 0 || (now >= openUntil && now - trialSince >= TRIAL_MS),

    sent(now) {
      if (openUntil !== 0) trialSince = now;
    },

    succeeded() {
      if (openUntil === 0) record(0);
      // What was sent before the break says nothing about the version now.
      else if (isTrying()) close();
    },

    failed(now) {
      if (openUntil === 0) {
        record(1);
        const tooMany = seen === WINDOW && bitsOf(outcomes) > WINDOW / 2;
        if (inARow >= CONSECUTIVE || tooMany) open(now);
        return;
      }
      // Sent although the break was not over, because nothing better was there: no reason for a longer one.
      if (isTrying() && now >= openUntil) open(now);
      else trialSince = NEVER;
    },

    ended() {
      trialSince = NEVER;
    },

    reopensAt: () => openUntil,
  };
};

const bitsOf = (word: number): number => {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
};
