/** What a list is asked for: at most `limit` items after `cursor`, the last key of the page before. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Give it as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
}
