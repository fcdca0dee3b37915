import type { PageRequest } from '../../core/shared/page';

interface ShownPage<T> {
  items: T[];
  next_cursor: string | null;
}

/** A page of a list that is short enough to be there as a whole; a cursor that is gone ends it. */
export const pageOfAll = <T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  { limit, cursor }: PageRequest,
): ShownPage<T> => {
  const place = cursor === undefined ? -1 : all.findIndex((item) => keyOf(item) === cursor);
  const start = cursor !== undefined && place === -1 ? all.length : place + 1;
  const items = all.slice(start, start + limit);
  const last = items.at(-1);
  return { items, next_cursor: last && start + limit < all.length ? keyOf(last) : null };
};
