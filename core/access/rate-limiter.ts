/** Requests per UTC day, week from Monday, or month. */
export interface Quota {
  readonly limit: number;
  readonly period: 'day' | 'week' | 'month';
}

/** How much a service or a key may be called. */
export interface Throttle {
  /** Requests per second. */
  readonly rate: number;
  readonly burst: number;
  readonly quota: Quota | null;
}

/** Whether a request may go on, and if not, when to try again. */
export type Admission =
  | { readonly admitted: true }
  | {
      readonly admitted: false;
      readonly reason: 'throttled' | 'quota-exceeded';
      readonly retryAfterS: number;
    };

/** Whose allowance a request takes from. */
export interface Limited {
  /** `service/wine` or `key/<id>`. */
  readonly subject: string;
  readonly throttle: Throttle;
}

/** Throttles and quotas. */
export interface RateLimiter {
  /** Takes one request from every subject's allowance, or from none when one of them is exhausted. */
  admit(subjects: readonly Limited[]): Admission | Promise<Admission>;

  /** Makes the counts of quotas durable. */
  close(): Promise<void>;
}
