import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { applyPolicy, splitText } from './apply-policy';
import type { ColumnRule } from './capture-policy';

const hash = (text: string): string => createHmac('sha256', 'key').update(text).digest('hex');
const read = (text: string) => JSON.parse(text).dataframe_split;

const columns = ['user', 'age', 'seen', 'pH'];
const data = [
  ['ann', 41, '2026-01-01T12:00:00Z', 3.51],
  ['bob', null, null, 3.2],
];
const apply = (rules: Record<string, ColumnRule>) =>
  read(applyPolicy({ columns, data, rules, hash }));

describe('applying a capture policy', () => {
  it('takes a dropped column out, with its name', () => {
    expect(apply({ user: 'drop', pH: 'drop' })).toEqual({
      columns: ['age', 'seen'],
      data: [
        [41, '2026-01-01T12:00:00Z'],
        [null, null],
      ],
    });
  });

  it('replaces the values of a masked column with null', () => {
    const { columns: names, data: rows } = apply({ user: 'mask' });
    expect([names, rows]).toEqual([
      columns,
      [
        [null, 41, '2026-01-01T12:00:00Z', 3.51],
        [null, null, null, 3.2],
      ],
    ]);
  });

  it("hashes each value's JSON text, and leaves what is missing missing", () => {
    expect(apply({ user: 'hash', age: 'hash', seen: 'hash', pH: 'hash' }).data).toEqual([
      [hash('"ann"'), hash('41'), hash('"2026-01-01T12:00:00Z"'), hash('3.51')],
      [hash('"bob"'), null, null, hash('3.2')],
    ]);
  });

  it('names the columns that hold hashes, if there are any', () => {
    expect(apply({ pH: 'hash', user: 'hash', age: 'mask', ssn: 'hash' }).hashed).toEqual([
      'user',
      'pH',
    ]);
    expect(apply({ user: 'drop', age: 'mask' })).not.toHaveProperty('hashed');
  });

  it('tells 5 from "5" and not from 5.0', () => {
    const rules = { a: 'hash' } as const;
    const rows = [[5], ['5'], [JSON.parse('5.0')], [true], [Number.NaN], [undefined]];
    expect(read(applyPolicy({ columns: ['a'], data: rows, rules, hash })).data).toEqual([
      [hash('5')],
      [hash('"5"')],
      [hash('5')],
      [hash('true')],
      [null],
      [null],
    ]);
  });

  it('does nothing for a column that is not there, and matches names exactly', () => {
    expect(apply({ USER: 'drop', 'pH ': 'mask', ssn: 'hash' })).toEqual({ columns, data });
  });

  it('takes no rule from where nobody made one', () => {
    const odd = ['toString', '__proto__', 'constructor'];
    const text = applyPolicy({ columns: odd, data: [[1, 2, 3]], rules: { a: 'drop' }, hash });
    expect(read(text)).toEqual({ columns: odd, data: [[1, 2, 3]] });
    const rules = JSON.parse('{"__proto__": "drop", "toString": "mask"}');
    expect(read(applyPolicy({ columns: odd, data: [[1, 2, 3]], rules, hash }))).toEqual({
      columns: ['toString', 'constructor'],
      data: [[null, 3]],
    });
  });

  it('leaves no trace of a value under any rule', () => {
    const cell = fc.oneof(
      fc.string({ minLength: 1, unit: 'grapheme' }).map((text) => `secret-${text}`),
      fc.integer({ min: 10_000_000 }),
    );
    const rule = fc.constantFrom<ColumnRule>('drop', 'mask', 'hash');
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, rule), { minLength: 1, maxLength: 8 }), (cells) => {
        const names = cells.map((_, n) => `c${n}`);
        const rules = Object.fromEntries(cells.map(([, own], n) => [`c${n}`, own]));
        const row = cells.map(([value]) => value);
        const [stored] = read(applyPolicy({ columns: names, data: [row], rules, hash })).data;
        const allowed = new Set([null, ...row.map((value) => hash(JSON.stringify(value)))]);
        expect(stored.filter((value: string | null) => !allowed.has(value))).toEqual([]);
      }),
    );
  });

  it('says rows without a policy as they are', () => {
    expect(read(splitText({ columns, data }))).toEqual({ columns, data });
  });
});
