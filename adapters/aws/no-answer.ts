/** What there is to tell of an answer of AWS's, whoever gave it: what stands before a service does not name its errors. */
interface Answered {
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const THROTTLED: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);
const NETWORK = /^(ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)/;

/** Whether AWS would answer, and is asked too much. */
export const isThrottled = (error: unknown): boolean =>
  error instanceof Error && THROTTLED.has(error.name);

/** Whether AWS fails or cannot be reached: nothing is wrong with what was asked. */
export const isNoAnswer = (error: unknown): boolean =>
  error instanceof Error &&
  (((error as Answered).$metadata?.httpStatusCode ?? 0) >= 500 ||
    error.name === 'TimeoutError' ||
    ('code' in error && NETWORK.test(`${error.code}`)));
