import { pageOfAll } from './page-of-all';

const page = (limit: number, cursor?: string) =>
  pageOfAll(['a', 'b', 'c'], (item) => item, { limit, cursor });

describe('a page of a short list', () => {
  it('goes on after its cursor and has none at the end', () => {
    expect(page(2)).toEqual({ items: ['a', 'b'], next_cursor: 'b' });
    expect(page(2, 'b')).toEqual({ items: ['c'], next_cursor: null });
    expect(page(3)).toEqual({ items: ['a', 'b', 'c'], next_cursor: null });
  });

  it('ends where the item of its cursor is gone, rather than begin again', () => {
    expect(page(2, 'x')).toEqual({ items: [], next_cursor: null });
  });
});
