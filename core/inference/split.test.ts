import fc from 'fast-check';
import { fnv1a } from '../shared/hash';
import { claim } from './split';

const keys = Array.from({ length: 20_000 }, (_, i) => `user-${i}`);

const winner = (key: string, weights: Readonly<Record<string, number>>) =>
  Object.entries(weights)
    .map(([version, weight]) => ({
      version,
      claimed: claim(fnv1a(key), fnv1a(`wine/${version}`), weight),
    }))
    .reduce((best, next) => (next.claimed > best.claimed ? next : best)).version;

const moved = (from: Record<string, number>, to: Record<string, number>) =>
  keys.filter((key) => winner(key, from) !== winner(key, to)).length / keys.length;

describe('split', () => {
  it('gives each version its share of keys', () => {
    const weights = { v1: 70, v2: 20, v3: 10 };
    const shares = Object.keys(weights).map(
      (version) => keys.filter((key) => winner(key, weights) === version).length / keys.length,
    );
    // Five standard deviations of 20,000 draws are below 0.017.
    for (const [i, share] of shares.entries()) {
      expect(Math.abs(share - ([0.7, 0.2, 0.1][i] ?? 0))).toBeLessThan(0.017);
    }
  });

  it('gives keys their shares whatever they look like', () => {
    for (const like of [
      (i: number) => `${i}`,
      (i: number) => `${i * 1024}`,
      (i: number) => `☃${i}x`,
    ]) {
      const of = Array.from({ length: 20_000 }, (_, i) => winner(like(i), { a: 50, b: 50 }));
      expect(Math.abs(of.filter((v) => v === 'a').length / 20_000 - 0.5)).toBeLessThan(0.02);
    }
  });

  it('moves only keys to the version whose weight grew, and no more than it must', () => {
    expect(moved({ v1: 90, v2: 10 }, { v1: 80, v2: 20 })).toBeLessThan(0.115);
    expect(moved({ v1: 80, v2: 10, v3: 10 }, { v1: 70, v2: 10, v3: 20 })).toBeLessThan(0.125);
    const back = keys.filter(
      (key) => winner(key, { v1: 90, v2: 10 }) === 'v2' && winner(key, { v1: 80, v2: 20 }) !== 'v2',
    );
    expect(back).toEqual([]);
  });

  it('leaves keys of the others alone when a version drops out', () => {
    const weight = fc.integer({ min: 1, max: 100 });
    fc.assert(
      fc.property(fc.string(), weight, weight, weight, (key, v1, v2, v3) => {
        const before = winner(key, { v1, v2, v3 });
        if (before !== 'v2') expect(winner(key, { v1, v3 })).toBe(before);
      }),
    );
  });

  it('is a positive number for every key, version and weight', () => {
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(word, word, fc.integer({ min: 1, max: 100 }), (key, version, weight) => {
        const claimed = claim(key, version, weight);
        expect(Number.isFinite(claimed) && claimed > 0).toBe(true);
      }),
      { examples: [[0, 0, 1]] },
    );
  });
});
