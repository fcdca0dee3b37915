import { assertErasable } from './erasable';
import type { MappedColumn } from './service-table';

const column = (name: string, type: MappedColumn['type']): MappedColumn => ({
  ...{ name, type },
  kind: 'feature',
  of: name,
});
const table = {
  columns: [column('price', 'double'), column('seen', 'timestamp'), column('sold', 'boolean')],
};
const check = (name: string, value: string | number | boolean) => () =>
  assertErasable(table, { column: name, value });

describe('what is to be erased', () => {
  it.each([
    ['price', 9.5],
    ['price', '-1e3'],
    ['seen', '2026-11-20T10:00:00Z'],
    ['sold', true],
    ['sold', 'TRUE'],
    ['row_index', '0'],
    ['model_version', 3],
    ['request_date', '2026-11-20'],
    ['requester', 4711],
  ])('may be the value of %s %j', (name, value) => {
    expect(check(name, value)).not.toThrow();
  });

  it.each([
    ['price', 'cheap'],
    ['price', ''],
    ['price', 'NaN'],
    ['seen', 'yesterday'],
    ['seen', '2026-13-45'],
    ['sold', 1],
    ['row_index', 0.5],
    ['row_index', '1; DROP TABLE wine'],
    ['colour', 'red'],
    ['constructor', 'red'],
  ])('is refused for %s %j, without a word of the value', (name, value) => {
    expect(check(name, value)).toThrow(
      expect.objectContaining({
        kind: 'invalid-input',
        message: expect.not.stringContaining(String(value || 'nothing')),
      }),
    );
  });

  it('may be any requests, whoever they were', () => {
    expect(() => assertErasable(table, { client_request_ids: ['a'] })).not.toThrow();
    expect(() => assertErasable(table, { request_ids: ['b'] })).not.toThrow();
  });
});
