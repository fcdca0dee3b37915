import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { longestLine } from './line-ends';

describe('the longest line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-ends-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const fileOf = (name: string, lengths: readonly number[], rest = 0): string => {
    const file = join(folder, name);
    const lines = lengths.map((length) => `${'x'.repeat(length)}\n`);
    writeFileSync(file, lines.join('') + 'x'.repeat(rest));
    return file;
  };

  it('is found in any of the files, and is what is usual when none is longer', () => {
    const one = fc.array(fc.nat(40), { maxLength: 12 });
    fc.assert(
      fc.property(one, one, fc.nat(40), fc.integer({ min: 1, max: 30 }), (a, b, rest, usual) => {
        const files = [fileOf('a', a), fileOf('b', b, rest)];
        const lengths = [...a, ...b].map((length) => length + 1);
        expect(longestLine(files, usual)).toBe(Math.max(usual, rest, ...lengths));
      }),
    );
  });

  it('is measured over the borders of what is read at once', () => {
    const long = 3 * (1 << 16) + 7;
    expect(longestLine([fileOf('long', [1, long, 2])], 1 << 16)).toBe(long + 1);
  });
});
