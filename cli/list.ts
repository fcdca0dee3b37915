import type { Call, ItemOf, Taking } from './control-api';
import type { Session } from './session';
import type { Column } from './terminal/table';

/** Options of every list. */
export interface ListOptions {
  readonly limit: number;
  /** One page as the platform answers it: the first one, or the one after a cursor. */
  readonly page?: string | true;
}

type ListCall = { [C in Call]: [ItemOf<C>] extends [never] ? never : C }[Call];

interface Page<C extends ListCall> {
  readonly items: readonly ItemOf<C>[];
  readonly next_cursor: string | null;
}

interface Shown<C extends ListCall> {
  readonly taking: Taking<C>;
  readonly options: ListOptions;
  readonly columns: readonly Column<ItemOf<C>>[];
  /** Said when there is nothing. */
  readonly none: string;
}

const PAGE = 1000;

const pageFrom = async <const C extends ListCall>(
  { call }: Session,
  route: C,
  taking: Taking<C>,
  cursor: string | null,
  limit: number,
): Promise<Page<C>> => {
  const query = {
    ...('query' in taking ? (taking.query as object) : {}),
    limit: Math.min(PAGE, limit),
    ...(cursor !== null && { cursor }),
  };
  return (await call(route, { ...taking, query } as Taking<C>)) as Page<C>;
};

/** Items of a list, following its cursors up to the limit. */
export const itemsOf = async <const C extends ListCall>(
  session: Session,
  route: C,
  taking: Taking<C>,
  limit: number,
): Promise<{ items: readonly ItemOf<C>[]; more: boolean }> => {
  const items: ItemOf<C>[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<C> = await pageFrom(session, route, taking, cursor, limit - items.length);
    items.push(...page.items);
    // A cursor that leads to itself would never end.
    cursor = page.next_cursor === cursor ? null : page.next_cursor;
  } while (cursor !== null && items.length < limit);
  return { items, more: cursor !== null };
};

/** Answers a list: a table for people, an array for machines, or one page as it is. */
export const showList = async <const C extends ListCall>(
  session: Session,
  route: C,
  { taking, options: { limit, page: asked }, columns, none }: Shown<C>,
): Promise<void> => {
  const { say, answer, printTable } = session;
  const show = async (items: readonly ItemOf<C>[]) => {
    if (items.length === 0) say(none);
    else await printTable(items, columns);
  };
  if (asked !== undefined) {
    const page = await pageFrom(session, route, taking, asked === true ? null : asked, limit);
    await answer(page, ({ items }) => show(items));
    if (page.next_cursor !== null) say(`There is more: --page ${page.next_cursor}`);
    return;
  }
  const { items, more } = await itemsOf(session, route, taking, limit);
  await answer(items, show);
  if (more) say(`There is more than these ${items.length}: raise --limit.`);
};
