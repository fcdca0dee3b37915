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

/** How much is read at a time of what is wanted whole. */
const READ_AT_A_TIME = 100;

/** The items of every page of a list, page by page. */
export async function* everyPage<T>(
  list: (page: PageRequest) => Promise<Page<T>>,
): AsyncGenerator<readonly T[], void, undefined> {
  for (let cursor: string | undefined; ; ) {
    const { items, next_cursor } = await list({ limit: READ_AT_A_TIME, cursor });
    yield items;
    if (next_cursor === null) return;
    cursor = next_cursor;
  }
}
