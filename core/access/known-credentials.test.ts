import * as fc from 'fast-check';
import { knownCredentials } from './known-credentials';
import type { Opened } from './open-credential';

describe('the memory of credentials', () => {
  it('agrees with asking each time, is never staler than seconds, and stays small', async () => {
    const step = fc.record({
      does: fc.constantFrom('find', 'find', 'find', 'change', 'wait'),
      digest: fc.nat(12).map(String),
      wait: fc.nat(3_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const real = new Map<string, number>();
        const open = async (digest: string) => {
          const until = real.get(digest);
          return until === undefined ? undefined : ({ until } as Opened);
        };
        const memory = knownCredentials({ open, capacity: 4 }, ({ until }) => until);
        let at = 0;
        for (const { does, digest, wait } of steps) {
          if (does === 'wait') at += wait;
          if (does === 'change') {
            if (real.has(digest)) real.delete(digest);
            else real.set(digest, at);
            memory.forget();
          }
          if (does === 'find') {
            expect(await memory.find(digest, at)).toBe(real.get(digest) ?? null);
            expect(memory.size()).toBeLessThanOrEqual(8);
          }
        }
      }),
    );
  });

  it('asks again after 5 s, and after 1 s for what opened nothing', async () => {
    const asked: string[] = [];
    const open = async (digest: string) => {
      asked.push(digest);
      return digest === 'good' ? ({ until: 0 } as Opened) : undefined;
    };
    const memory = knownCredentials({ open }, () => true);
    for (const at of [0, 999, 1_000, 4_999, 5_000]) {
      await memory.find('good', at);
      await memory.find('bad', at);
    }
    expect(asked).toEqual(['good', 'bad', 'bad', 'bad', 'good']);
  });
});
