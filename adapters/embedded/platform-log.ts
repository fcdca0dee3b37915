/** One thing the platform has to say of itself. Secrets never get here. */
export interface PlatformLine {
  readonly level: 'info' | 'warning' | 'error';
  readonly message: string;
  readonly request_id?: string;
  readonly stack?: string;
}

export type PlatformLog = (line: PlatformLine) => void;

interface Needs {
  readonly now: () => Date;
  /** True writes a JSON object per line, for machines; false a line for people. */
  readonly json: boolean;
  readonly write: (text: string) => void;
}

/** The platform's own log, one line per thing; a bug's stack stands in it once, with its request id. */
export const platformLog =
  ({ now, json, write }: Needs): PlatformLog =>
  (line) => {
    const time = now().toISOString();
    if (json) {
      write(`${JSON.stringify({ time, ...line })}\n`);
      return;
    }
    const { level, message, request_id, stack } = line;
    const id = request_id === undefined ? '' : ` (request ${request_id})`;
    write(`${time} ${level}: ${stack ?? message}${id}\n`);
  };

/** What an unknown error says of itself. */
export const lineOf = (error: unknown): { readonly message: string; readonly stack?: string } =>
  error instanceof Error
    ? { message: error.message, ...(error.stack !== undefined && { stack: error.stack }) }
    : { message: String(error) };
