import type { Page, PageRequest } from '../shared/page';

/** A line that a replica printed, or that the platform wrote about a request. */
export interface LogLine {
  readonly time: string;
  readonly level: 'debug' | 'info' | 'warning' | 'error';
  readonly version: string | null;
  readonly instance: string | null;
  readonly message: string;
}

/** Which lines of a service to find. */
export interface LogQuery extends PageRequest {
  readonly service: string;
  readonly version?: string | undefined;
  readonly instance?: string | undefined;
  /** Milliseconds since the epoch, `from` ≤ time < `to`. */
  readonly from: number;
  readonly to: number;
  /** Text the message contains, whatever its case. */
  readonly q?: string | undefined;
}

/** Unlike other lists it has no last page: a log is followed by asking on. */
export interface LogPage extends Page<LogLine> {
  readonly next_cursor: string;
}

/** What replicas print. */
export interface LogStore {
  append(service: string, line: LogLine): void;

  /** Oldest first; the cursor continues where the page ended, also for lines that come later. */
  find(query: LogQuery): Promise<LogPage>;

  /** Deletes a service's lines. */
  remove(service: string): Promise<void>;

  close(): Promise<void>;
}
