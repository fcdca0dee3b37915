import { fnv1a, mixed } from '../shared/hash';

const CAPTURED: ReadonlySet<number> = new Set([200, 400, 409, 415, 500, 502, 504]);

/** Whether a request that ended like this reached the service; refusals at the door did not. */
export const isCaptured = (status: number): boolean => CAPTURED.has(status);

/**
 * Whether an answered request belongs to the sampled fraction (0 to 1). Decided by the id of the
 * primary request alone, so that its shadows and comparisons stay with it, in every process: FNV-1a
 * (32 bits) of the id, mixed by MurmurHash3's `fmix32`, as a share of 2^32.
 */
export const isSampled = (primaryRequestId: string, fraction: number): boolean => {
  if (fraction >= 1) return true;
  return mixed(fnv1a(primaryRequestId)) < fraction * 2 ** 32;
};
