import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { isCredentialShaped, newToken } from './tokens';

describe('new credentials', () => {
  it('are a prefix and 40 letters and digits, never the same', () => {
    const make = newToken({ randomBytes: (count) => randomBytes(count) });
    const made = Array.from({ length: 1000 }, () => make('tgk-'));
    for (const text of made) expect(text).toMatch(/^tgk-[A-Za-z0-9]{40}$/);
    expect(new Set(made).size).toBe(made.length);
  });

  it('use every character as often as any other, when bytes are', () => {
    const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
    let at = 0;
    const make = newToken({
      randomBytes: (count) => {
        const bytes = Array.from({ length: count }, (_, i) => everyByte[(at + i) % 256] ?? 0);
        at += count;
        return Uint8Array.from(bytes);
      },
    });
    // 62 tokens take 2,480 characters: ten rounds of the 248 bytes that count.
    const seen = new Map<string, number>();
    for (let i = 0; i < 62; i++) {
      for (const char of make('tgs-').slice(4)) seen.set(char, (seen.get(char) ?? 0) + 1);
    }
    expect(seen.size).toBe(62);
    expect(new Set(seen.values())).toEqual(new Set([40]));
  });

  it('ask again for bytes that are not fair', () => {
    const answers = [new Uint8Array(40).fill(255), new Uint8Array(40).fill(0)];
    const make = newToken({ randomBytes: () => answers.shift() ?? new Uint8Array() });
    expect(make('tgo-')).toBe(`tgo-${'A'.repeat(40)}`);
  });
});

describe('the shape of a credential', () => {
  it('is that of every credential that is made', () => {
    const make = newToken({ randomBytes: (count) => randomBytes(count) });
    for (const prefix of ['tgk-', 'tgo-', 'tgs-'] as const) {
      expect(isCredentialShaped(make(prefix))).toBe(true);
    }
  });

  it('is of short ASCII only', async () => {
    await fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const shaped = isCredentialShaped(`tgk-${text}`);
        expect(shaped).toBe(/^[A-Za-z0-9]{16,252}$/.test(text) && !text.includes('\n'));
      }),
    );
    for (const text of ['', 'tgk-', `tgx-${'a'.repeat(40)}`, `tgk-${'a'.repeat(40)}\n`]) {
      expect(isCredentialShaped(text)).toBe(false);
    }
  });
});
