import fc from 'fast-check';
import { seldom } from './seldom';
import type { Columns } from './validity-oracle';

/** What may stand in a cell, right or wrong. */
export type Cell = unknown;

/** Stands for a cell, column or member that is left out. */
export const ABSENT = Symbol('absent');

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const numbers = fc.oneof(
  fc.integer(),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(null, -0, 0.1, 7.4, 3e38, 123456.789, 1e-7, 0.30000000000000004),
);
const good: Readonly<Record<string, fc.Arbitrary<Cell>>> = {
  x1: numbers,
  x2: numbers,
  x3: numbers,
  f: fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom(null, -0, 5e-324, Number.MAX_VALUE, 1e21, 0.1),
  ),
  i: fc.oneof(fc.integer(), fc.constantFrom(2 ** 31 - 1, -(2 ** 31), -0)),
  l: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(2 ** 53 - 1, 1 - 2 ** 53)),
  s: fc.oneof(
    text,
    fc.constantFrom('', 'a,b', '"', 'a\nb', 'a\r\nb', ' x ', 'é😀', '\ufeff', 'null'),
  ),
  b: fc.boolean(),
};
const bad: fc.Arbitrary<Cell> = fc.constantFrom<Cell[]>(
  ...[null, '', '7.4', 'NaN', 'true', true, false, 0, 1, {}, [], [1], 1.5, -1e-9, 1e300],
  ...[
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 53,
    2 ** 53 + 2,
    1e19,
    ABSENT,
    { $: 1 },
    '1',
    'x'.repeat(300),
    '\0',
    'a\0b',
  ],
);

/** Rows under names, before anything is written. */
export interface Frame {
  readonly names: readonly string[];
  readonly data: readonly (readonly Cell[])[];
}

/** Rows in some order of columns, now and then with a cell that does not fit. */
const frameOf = (columns: Columns): fc.Arbitrary<Frame> => {
  const all = Object.keys(columns);
  const row = fc.record(Object.fromEntries(all.map((name) => [name, good[name] ?? bad])));
  return fc
    .tuple(
      fc.array(row, { minLength: 1, maxLength: 4 }),
      fc.shuffledSubarray(all, { minLength: all.length }),
      seldom(5, fc.tuple(fc.nat(3), fc.nat(4), bad)),
    )
    .map(([list, names, fault]) => ({
      names,
      data: list.map((cells, at) =>
        names.map((name, place) =>
          fault?.[0] === at && fault[1] === place ? fault[2] : cells[name],
        ),
      ),
    }));
};

const ODD_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'extra',
  '',
  'F',
  'f ',
  'ｆ',
  'a"b',
  'é',
];

/** What may be wrong with the frame itself. */
export const bentFrame = (columns: Columns): fc.Arbitrary<Frame> =>
  fc
    .tuple(frameOf(columns), fc.nat(45), fc.constantFrom(...ODD_NAMES), bad)
    .map(([{ names, data }, how, odd, cell]) => {
      switch (how) {
        case 0:
          return { names: [...names, odd], data: data.map((row) => [...row, cell]) };
        case 1:
          return { names: names.slice(1), data: data.map((row) => row.slice(1)) };
        case 2:
          return { names: [...names, names[0] ?? ''], data: data.map((row) => [...row, row[0]]) };
        case 3:
          return { names, data: data.map((row, at) => (at === 0 ? row.slice(1) : row)) };
        case 4:
          return { names, data: data.map((row, at) => (at === 0 ? [...row, cell] : row)) };
        case 5:
          return { names: names.map((name, at) => (at === 2 ? odd : name)), data };
        case 6:
          return { names, data: [] };
        case 7:
          return { names, data: [...data, ...data, ...data, ...data] };
        case 8:
          return { names: [...names, odd, odd], data: data.map((row) => [...row, cell, cell]) };
        default:
          return { names, data };
      }
    });

/** A cell as JSON has it: what is left out of a row of its own is null where its place must stay. */
export const present = (cell: Cell): Cell => (cell === ABSENT ? null : cell);
