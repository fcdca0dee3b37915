/** Writes one thing the server has to say of itself. */
export type Log = (
  level: 'info' | 'warning' | 'error',
  message: string,
  more?: { readonly request_id?: string; readonly trace_id?: string; readonly stack?: string },
) => void;

/** A JSON object per line, as CloudWatch Logs reads them. */
export const jsonLog =
  (now: () => Date, write: (text: string) => void): Log =>
  (level, message, more = {}) =>
    write(`${JSON.stringify({ time: now().toISOString(), level, message, ...more })}\n`);
