import fc from 'fast-check';
import { printable, widthOf, wrap } from './printable';
import { type Column, table } from './table';

interface Item {
  readonly name: string;
  readonly text: string;
}

const COLUMNS: readonly Column<Item>[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'TEXT', cell: ({ text }) => text, wraps: true },
];
const plain = (text: string) => text;
const draw = (items: readonly Item[], width?: number) =>
  table(items, COLUMNS, { width, paintTitle: plain });

const texts = fc.string({
  unit: fc.constantFrom('a', ' ', 'é', '水', '💧', '\x1b', '\n'),
  maxLength: 80,
});

describe('a table', () => {
  it('has no borders and no spaces at line ends', async () => {
    expect(
      await draw([
        { name: 'wine', text: 'red' },
        { name: 'a', text: '' },
      ]),
    ).toBe('NAME  TEXT\nwine  red\na     -');
  });

  it('is never wider than the terminal', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ name: fc.constantFrom('v1', 'wine-red'), text: texts }), {
          minLength: 1,
        }),
        fc.integer({ min: 22, max: 100 }),
        async (items, width) => {
          const lines = (await draw(items, width)).split('\n');
          expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps every character when it breaks a cell into lines', async () => {
    const text = 'the model answers otherwise than it did when it was registered';
    const drawn = await draw([{ name: 'v1', text }], 30);
    const cells = drawn
      .split('\n')
      .slice(1)
      .map((line) => line.slice(6));
    expect(cells.join(' ')).toBe(text);
  });

  it('becomes blocks where columns that must not be broken do not fit', async () => {
    expect(await draw([{ name: 'a-very-long-name-of-it', text: 'red' }], 20)).toBe(
      'name  a-very-long-name-of-it\ntext  red',
    );
  });

  it('is not cut when it goes into a file', async () => {
    const text = 'x'.repeat(500);
    expect(await draw([{ name: 'v1', text }])).toContain(text);
  });
});

describe('text from elsewhere', () => {
  it('cannot send anything to the terminal but text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(/\p{Cc}/u.test(printable(text))).toBe(false);
      }),
    );
    expect(printable('\x1b[31mred\x07\u202e')).toBe('\\u001b[31mred\\u0007\\u202e');
  });

  it('is wrapped within its width, at spaces where there are some', () => {
    expect(wrap('one two three', 7)).toBe('one two\nthree');
    expect(wrap('abcdefgh', 3)).toBe('abc\ndef\ngh');
    expect(wrap('', 5)).toBe('');
  });

  it('takes two columns for wide characters', () => {
    expect(widthOf('水a')).toBe(3);
    expect(widthOf('é')).toBe(1);
  });
});
