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

const PAGE = 1000;

interface Shown<C extends ListCall> {
  readonly taking: Taking<C>;
  readonly options: ListOptions;
  readonly columns: readonly Column<ItemOf<C>>[];
  /** Said when there is nothing. */
  readonly none: string;
}

interface Page {
  readonly items: readonly unknown[];
  readonly next_cursor: string | null;
}

/** Items of a list, following its cursors up to the limit. */
export const itemsOf = async <const C extends ListCall>(
  { call }: Session,
  route: C,
  taking: Taking<C>,
  limit: number,
): Promise<{ items: readonly ItemOf<C>[]; more: boolean }> => {
  const items: unknown[] = [];
  let cursor: string | null = null;
  do {
    const query = {
      ...('query' in taking ? (taking.query as object) : {}),
      limit: Math.min(PAGE, limit - items.length),
      ...(cursor !== null && { cursor }),
    };
    const page = (await call(route, { ...taking, query } as Taking<C>)) as unknown as Page;
    items.push(...page.items);
    cursor = page.next_cursor === cursor ? null : page.next_cursor;
  } while (cursor !== null && items.length < limit);
  return { items: items as ItemOf<C>[], more: cursor !== null };
};

/** Answers a list: a table for people, an array for machines, or one page as it is. */
export const showList = async <const C extends ListCall>(
  session: Session,
  route: C,
  { taking, options, columns, none }: Shown<C>,
): Promise<void> => {
  const { say, answer, printTable } = session;
  const show = async (items: readonly ItemOf<C>[]) => {
    if (items.length === 0) say(none);
    else await printTable(items, columns);
  };
  if (options.page !== undefined) {
    const query = {
      ...('query' in taking ? (taking.query as object) : {}),
      limit: Math.min(PAGE, options.limit),
      ...(options.page !== true && { cursor: options.page }),
    };
    const page = await session.call(route, { ...taking, query } as Taking<C>);
    const { items, next_cursor } = page as unknown as Page;
    await answer(page, () => show(items as ItemOf<C>[]));
    if (next_cursor !== null) say(`There is more: --page ${next_cursor}`);
    return;
  }
  const { items, more } = await itemsOf(session, route, taking, options.limit);
  await answer(items, show);
  if (more) say(`There is more than these ${items.length}: raise --limit.`);
};
