import { scanJson } from './scan-json';

const scan = (value: unknown) => scanJson(new TextEncoder().encode(JSON.stringify(value)));

describe('what the marks of a JSON text tell', () => {
  it('counts levels, and members of the two outermost', () => {
    expect(scan({ a: { b: [{ c: 1 }], d: 2 }, e: [] })).toEqual({
      depth: 4,
      members: 2,
      nestedMembers: 2,
    });
  });

  it.each(['[[[[', '"[[[[', '\\"[[[[', '{":":{', '\\', 'é"]]'])(
    'takes no mark within a text for one: %j',
    (text) => {
      expect(scan({ a: text, [text]: 1 })).toEqual({ depth: 1, members: 2, nestedMembers: 0 });
    },
  );

  it('ends with a text that is cut off', () => {
    for (const cut of ['{"a', '{"a\\', '"', '\\', '']) {
      expect(scanJson(new TextEncoder().encode(cut)).members).toBe(0);
    }
  });
});
