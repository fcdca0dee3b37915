/**
 * For a client of the SDK: how long it waits for one answer, in milliseconds, and how often it asks
 * in all. By itself it waits without end.
 */
export const patience = (answerMs: number, maxAttempts: number) => ({
  maxAttempts,
  requestHandler: {
    connectionTimeout: Math.min(1_000, answerMs),
    requestTimeout: answerMs,
    throwOnRequestTimeout: true,
    // Also for an answer that stops in its midst.
    socketTimeout: answerMs,
  },
});
