export interface Quota {
  readonly limit: number;
  readonly period: 'day' | 'week' | 'month';
}

export interface Throttle {
  /** Requests per second. */
  readonly rate: number;
  readonly burst: number;
  readonly quota: Quota | null;
}

export type Admission =
  | { readonly admitted: true }
  | {
      readonly admitted: false;
      readonly reason: 'throttled' | 'quota-exceeded';
      readonly retryAfterS: number;
    };

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
