import { fnv1a, mixed } from './hash';

describe('hashes', () => {
  it('are FNV-1a over UTF-8', () => {
    // From the reference test vectors of the FNV authors (test_fnv.c, 32 bits).
    expect(['', 'a', 'foobar'].map(fnv1a)).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
    expect(fnv1a('é')).not.toBe(fnv1a('e'));
    expect(fnv1a('\ud800')).toBe(fnv1a('\ufffd'));
  });

  it('are mixed as MurmurHash3 finishes, whether the word has a sign or not', () => {
    expect([0, 0xe40c292c, 0xe40c292c | 0].map(mixed)).toEqual([0, 0x1a80b1b3, 0x1a80b1b3]);
  });
});
