/** What happens to a column before anything is stored. */
export type ColumnRule = 'drop' | 'mask' | 'hash';

export interface CapturePolicy {
  /** Share of answered requests that are captured, 0 to 1. */
  readonly sample: number;
  /** By feature name. */
  readonly columns: Readonly<Record<string, ColumnRule>>;
  /** Whether the caller's address is stored. */
  readonly client_ip: boolean;
  /**
   * Whether the answer waits until the record is delivered, or given up and counted, though for some
   * seconds at most. A home whose record is durable before the answer in any case waits for nothing more.
   */
  readonly when: 'after' | 'before';
}
