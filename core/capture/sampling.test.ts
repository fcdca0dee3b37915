import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { isCaptured, isSampled } from './sampling';

const newIds = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => {
    const hex = (0x019b796dd600 + (n >> 4)).toString(16).padStart(12, '0');
    const random = randomBytes(10).toString('hex');
    const tail = `7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 18)}`;
    return `${hex.slice(0, 8)}-${hex.slice(8)}-${tail}`;
  });

describe('sampling', () => {
  it('takes about the share it is told, also of requests of one moment', () => {
    const ids = newIds(20_000);
    for (const fraction of [0.001, 0.01, 0.1, 0.5, 0.9]) {
      const share = ids.filter((id) => isSampled(id, fraction)).length / ids.length;
      // Six standard deviations.
      const margin = 6 * Math.sqrt((fraction * (1 - fraction)) / ids.length);
      expect(Math.abs(share - fraction)).toBeLessThan(margin);
    }
  });

  it('takes all at 1 and none at 0', () => {
    const ids = newIds(5_000);
    expect(ids.every((id) => isSampled(id, 1))).toBe(true);
    expect(ids.some((id) => isSampled(id, 0))).toBe(false);
  });

  it('keeps what a smaller share took when the share grows', () => {
    fc.assert(
      fc.property(
        fc.uuid({ version: 7 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (id, share) => {
          expect(isSampled(id, share)).toBe(isSampled(id, share));
          if (isSampled(id, share)) expect(isSampled(id, share + (1 - share) / 2)).toBe(true);
        },
      ),
    );
  });

  it('decides the same for ever', () => {
    // FNV-1a of "a" is 0xe40c292c (Noll's own test vectors); MurmurHash3's fmix32 of it is 0x1a80b1b3.
    const share = 0x1a80b1b3 / 2 ** 32;
    expect([isSampled('a', share), isSampled('a', share + 1e-9)]).toEqual([false, true]);
  });
});

describe('what is captured', () => {
  it.each([200, 400, 409, 415, 500, 502, 504])('%d reached the service', (status) => {
    expect(isCaptured(status)).toBe(true);
  });

  it.each([401, 403, 404, 405, 413, 429, 503, 201, 0])('%d was refused at the door', (status) => {
    expect(isCaptured(status)).toBe(false);
  });
});
