/**
 * The results of work that is under way, when all of it has ended.
 * @throws the first failure, but not before: nothing goes on behind the back of who tries again
 */
export const settled = async <T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> => {
  await Promise.allSettled(work);
  return Promise.all(work);
};

/**
 * What work comes to on each of these, in their order, done in so many lanes.
 * @throws the first failure, when nothing of it goes on; what has not begun by then is left
 */
export const inLanes = async <T, R>(
  all: readonly T[],
  lanes: number,
  work: (one: T) => Promise<R>,
): Promise<R[]> => {
  const results: R[] = [];
  const left = all.entries();
  let hasFailed = false;
  const lane = async (): Promise<void> => {
    for (const [i, one] of left) {
      if (hasFailed) return;
      results[i] = await work(one).catch((error: unknown) => {
        hasFailed = true;
        throw error;
      });
    }
  };
  await settled(Array.from({ length: lanes }, lane));
  return results;
};

/** Small ones let other work in between, and end at about the same time on two cores. */
const PIECES = 4;

/**
 * Does what can be cut in pieces two at a time, where there are two cores.
 * @throws the first failure, when nothing of it goes on
 */
export const inPieces = async <T>(
  all: readonly T[],
  work: (some: readonly T[]) => Promise<void>,
): Promise<void> => {
  const pieces = Array.from({ length: PIECES }, (_, i) => {
    const [from, to] = [i, i + 1].map((n) => Math.round((all.length * n) / PIECES));
    return all.slice(from, to);
  }).filter((some) => some.length > 0);
  await inLanes(pieces, 2, work);
};
