/** FNV-1a over UTF-8, 32 bits. */
export const fnv1a = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const byte of utf8.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
};

const utf8 = new TextEncoder();

/** MurmurHash3's `fmix32`: every bit of the input moves every bit of the result, which has 32. */
export const mixed = (word: number): number => {
  const first = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return (second ^ (second >>> 16)) >>> 0;
};
