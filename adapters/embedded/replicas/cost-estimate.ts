/** What a call of a model costs, learned from the calls before. */
export interface CostEstimate {
  /** Expected milliseconds; Infinity while nothing is known. */
  of(rows: number): number;
  saw(rows: number, ms: number): void;
}

const CLASSES = 32;
const SMALLEST_STEP = 0.05;
const LEAST_MS = 0.001;

/** Class k holds calls of more than 2^(k-1) and up to 2^k rows. */
const classOf = (rows: number): number => (rows <= 1 ? 0 : 32 - Math.clz32(rows - 1));

/**
 * Keeps a running median per doubling of rows: each call moves its class up or down by a share that
 * shrinks to 5 %, so a call that was preempted, or the slow first one, weighs no more
 * than any other. A class without calls is bounded by its neighbours: a fixed and a per-row part
 * mean that n times the rows cost at most n times as much, and more rows never less.
 */
export const costEstimate = (): CostEstimate => {
  const medians = new Float64Array(CLASSES + 1);
  const counts = new Uint32Array(CLASSES + 1);

  const bound = (wanted: number): number => {
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k <= CLASSES; k += 1) {
      if (counts[k] === 0) continue;
      least = Math.min(least, (medians[k] ?? 0) * 2 ** Math.max(wanted - k, 0));
    }
    return least;
  };

  return {
    of(rows) {
      const k = classOf(rows);
      return counts[k] === 0 ? bound(k) : (medians[k] ?? 0);
    },

    saw(rows, ms) {
      const k = classOf(rows);
      const count = (counts[k] ?? 0) + 1;
      const median = medians[k] ?? 0;
      counts[k] = Math.min(count, 1e6);
      const step = Math.max(SMALLEST_STEP, 4 / (count + 4));
      // Never past what was seen: two equal calls in a row leave the median where it is.
      const moved =
        ms > median ? Math.min(median * (1 + step), ms) : Math.max(median * (1 - step), ms);
      medians[k] = Math.max(count === 1 ? ms : moved, LEAST_MS);
    },
  };
};
