import fc from 'fast-check';

const SPELLINGS = ['1e400', '-1e400', '01', '+1', '.5', '5.', '1E5', '-0', '1e-400', '7.0', '0x10'];
const MORE_SPELLINGS = [
  'NaN',
  'Infinity',
  '1_0',
  '1e',
  '--1',
  '9007199254740993',
  '123456789012345678',
  '0.1e1',
  '4.35',
  '1e23',
  `${'9'.repeat(400)}`,
  `0.${'0'.repeat(400)}1`,
];
const BYTES = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\0',
  'e',
  '.',
  '-',
  '0',
  ' ',
  '\t',
  '\n',
  '\ufeff',
  'ÿ',
  '/',
  'u',
];
const BROKEN = [
  [0xff],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xef, 0xbb, 0xbf],
  [0xe2, 0x82],
];
const ESCAPES = [
  '\\ud800',
  '\\udc00\\ud800',
  '\\ud83d\\ude00',
  '\\u0000',
  '\\\\ud800',
  '\\uD83D',
  '\\x',
  '\\u12',
];

/** Changes the bytes themselves: about every third request. */
export const spoilt = (body: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc.tuple(body, fc.nat(33), fc.nat(), fc.nat()).map(([bytes, how, where, what]) => {
    const at = where % Math.max(bytes.length, 1);
    const put = (from: number, to: number, add: string | readonly number[]): Buffer =>
      Buffer.concat([bytes.subarray(0, from), Buffer.from(add as string), bytes.subarray(to)]);
    const pick = <T>(list: readonly T[]): T => list[what % list.length] as T;
    const found = (pattern: RegExp): readonly [from: number, to: number] => {
      const places = [...bytes.toString('latin1').matchAll(pattern)];
      const place = places[where % Math.max(places.length, 1)];
      return place ? [place.index, place.index + place[0].length] : [at, at];
    };
    switch (how) {
      case 0:
        return put(at, at + 1, [what % 256]);
      case 1:
        return put(at, at + 1 + (what % 3), '');
      case 2:
        return put(at, at, pick(BYTES));
      case 3:
        return bytes.subarray(0, at);
      case 4:
        return put(0, 0, pick(['\ufeff', '\ufeff\ufeff', ' \r\n\t', '\0', '\u00a0']));
      case 5:
        return put(bytes.length, bytes.length, pick([' \r\n\t', '\0', '}', ',', '\ufeff', '//']));
      case 6:
      case 7:
        return put(
          ...found(/-?\d+(\.\d+)?([eE][+-]?\d+)?/g),
          pick([...SPELLINGS, ...MORE_SPELLINGS]),
        );
      case 8: {
        const [from, to] = found(/"[^"\\]*"/g);
        return put(from + 1, to - 1, pick(ESCAPES));
      }
      case 9: {
        const [from, to] = found(/"\w+": ?("[^"\\]*"|-?[\d.]+)/g);
        return put(to, to, `,${bytes.subarray(from, to).toString()}`);
      }
      case 10:
        return put(at, at, pick(BROKEN));
      default:
        return bytes;
    }
  });
