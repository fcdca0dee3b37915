import { everyPage, type PageRequest } from './page';

const numbers = Array.from({ length: 250 }, (_, n) => n);
const list = async ({ limit, cursor = '0' }: PageRequest) => {
  const end = Number(cursor) + limit;
  return {
    items: numbers.slice(Number(cursor), end),
    next_cursor: end < numbers.length ? `${end}` : null,
  };
};

describe('every page of a list', () => {
  it('holds each item once, in order', async () => {
    const pages = [];
    for await (const page of everyPage(list)) pages.push(page);
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.flat()).toEqual(numbers);
  });

  it('may be empty in the middle of it', async () => {
    const pages = [
      { items: [1], next_cursor: 'a' },
      { items: [], next_cursor: 'b' },
      { items: [2], next_cursor: null },
    ];
    const seen = [];
    for await (const page of everyPage(
      async () => pages.shift() ?? { items: [], next_cursor: null },
    ))
      seen.push(...page);
    expect([seen, pages]).toEqual([[1, 2], []]);
  });

  it('is read no further than it is wanted', async () => {
    const asked: PageRequest[] = [];
    const told = (page: PageRequest) => {
      asked.push(page);
      return list(page);
    };
    for await (const page of everyPage(told)) if (page.includes(7)) break;
    expect(asked).toHaveLength(1);
  });
});
