import fc from 'fast-check';
import { type Duck, openDuck } from './duckdb';
import { list, literal, name } from './quoting';

let duck: Duck;
beforeAll(async () => {
  duck = await openDuck({ memory: '100MB', threads: 1, spill: null });
});
afterAll(() => duck.close());

describe('quoting', () => {
  it('gives every text back as it was, whatever stands in it', async () => {
    const texts = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(texts, async (given) => {
        const [row] = await duck.rows(`SELECT ${list(given)} AS found`);
        expect(row?.found).toEqual(given);
      }),
    );
    const nasty = ['\0', "a\0'b", "'; DROP TABLE x; --", '\\', '\n', '😀', ''];
    const [row] = await duck.rows(`SELECT ${nasty.map(literal).join(', ')}`);
    expect(Object.values(row ?? {})).toEqual(nasty);
  });

  it.each(['', 'a"b', 'A', 'é', 'a b', 'a'.repeat(256)])('knows no name %j', (text) => {
    expect(() => name(text)).toThrow(RangeError);
  });
});
