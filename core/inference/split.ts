import { mixed } from '../shared/hash';

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
