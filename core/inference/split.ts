/** FNV-1a over UTF-8, 32 bits. */
export const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const byte of utf8.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
};

const utf8 = new TextEncoder();

/** MurmurHash3's finaliser: every bit of the input moves every bit of the result. */
const mixed = (word: number): number => {
  let hash = word;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/**
 * How strongly the key belongs to the version; the version with the most gets it. This is weighted
 * rendezvous hashing (Wang & Ravishankar 1998; logarithmic weights after Schindelhauer & Schomaker
 * 2005): each version gets its share of the keys, one whose weight grows takes keys and gives none
 * away, and when one drops out its keys alone move. Cumulative ranges over 0..100 would move twice
 * as many as necessary with three versions, and keys of healthy versions when one drops out.
 */
export const claim = (keyHash: number, versionHash: number, weight: number): number => {
  const position = (mixed(mixed(keyHash) ^ versionHash) + 0.5) / 2 ** 32;
  return weight / -Math.log(position);
};
