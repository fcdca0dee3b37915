import type { ColumnType, InputColumn, Signature, Storage } from '../core/models/signature';
import { tableOf } from './table-of';

const column = (name: string, type: ColumnType, required = true): InputColumn => ({
  name,
  type,
  required,
});
const signature = (
  inputs: readonly InputColumn[],
  storage: readonly Storage[],
  about: Partial<Signature> = {},
): Signature => ({
  inputs,
  storage,
  positional: false,
  matrix: false,
  output: { type: 'double', width: 1, classes: null },
  ...about,
});
/** What lies in the memory of one column. */
const stored = (type: ColumnType, storage: Storage, cells: readonly unknown[], required = true) => {
  const columns = signature([column('c', type, required)], [storage]);
  const table = tableOf(
    columns,
    ['c'],
    cells.map((cell) => [cell]),
  );
  const values: ArrayLike<unknown> = table.cells[0]?.values ?? [];
  return Array.from(values);
};

describe('the table of an example', () => {
  it('takes columns by name, in whatever order they come', () => {
    const two = signature([column('a', 'double'), column('b', 'string')], ['float64', 'string']);
    const { rows, cells } = tableOf(
      two,
      ['b', 'more', 'a'],
      [
        ['x', 0, 1],
        ['y', 0, 2],
      ],
    );
    expect(rows).toBe(2);
    expect(cells).toEqual([
      { values: Float64Array.of(1, 2), offset: 0, stride: 1 },
      { values: ['x', 'y'], offset: 0, stride: 1 },
    ]);
  });

  it('takes the columns of a nameless matrix by place, row by row in one memory', () => {
    const inputs = [column('x_0', 'float'), column('x_1', 'float')];
    const matrix = signature(inputs, ['float32', 'float32'], { positional: true, matrix: true });
    const { cells } = tableOf(
      matrix,
      ['0', '1'],
      [
        [1, 2],
        [3, 4],
      ],
    );
    expect(cells.map(({ offset, stride }) => [offset, stride])).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect(cells[0]?.values).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(cells[1]?.values).toBe(cells[0]?.values);
  });

  it.each<[ColumnType, Storage, unknown[], unknown[]]>([
    ['integer', 'int32', [7], [7]],
    ['long', 'int64', [-(2 ** 53) + 1], [-(2n ** 53n) + 1n]],
    ['boolean', 'bool', [true, false], [1, 0]],
    ['string', 'string', ['é'], ['é']],
    ['double', 'float64', [1.5, null], [1.5, Number.NaN]],
  ])('keeps %s as %s', (type, storage, cells, kept) => {
    expect(stored(type, storage, cells)).toEqual(kept);
  });

  it('takes a time without a zone for UTC, as pandas means it', () => {
    const noon = BigInt(Date.UTC(2026, 0, 1, 12));
    const times = ['2026-01-01T12:00:00', '2026-01-01 12:00:00', '2026-01-01T12:00:00Z'];
    const zoned = ['2026-01-01T14:00:00+02:00', '2026-01-01T06:30:00-0530'];
    expect(stored('datetime', 'int64', [...times, ...zoned])).toEqual(Array(5).fill(noon));
    expect(stored('datetime', 'int64', ['2026-01-01'])).toEqual([BigInt(Date.UTC(2026, 0, 1))]);
  });

  it('leaves out only what may be left out', () => {
    const inputs = [column('a', 'double', false), column('s', 'string', false)];
    const { cells } = tableOf(signature(inputs, ['float64', 'string']), [], [[]]);
    expect(cells.map(({ values }) => values[0])).toEqual([Number.NaN, '']);
    const needed = signature([column('a', 'double')], ['float64']);
    expect(() => tableOf(needed, ['b'], [[1]])).toThrow(/no column a: log the model/);
  });

  it.each<[ColumnType, Storage, unknown, boolean]>([
    ['double', 'float64', '1', true],
    ['double', 'float64', true, true],
    ['integer', 'int32', 1.5, true],
    ['integer', 'int32', 2 ** 31, true],
    ['long', 'int64', 2 ** 53, true],
    ['string', 'string', 1, true],
    ['string', 'string', null, true],
    ['boolean', 'bool', 1, true],
    ['boolean', 'bool', null, false],
    ['integer', 'int32', null, false],
    ['datetime', 'int64', 'soon', true],
    ['datetime', 'int64', 0, true],
  ])('refuses for a %s in %s the cell %j', (type, storage, cell, required) => {
    expect(() => stored(type, storage, [cell], required)).toThrow(
      expect.objectContaining({
        kind: 'bad-request',
        message: expect.stringMatching(new RegExp(`row 0, column c: a ${type} is needed`)),
      }),
    );
  });
});
