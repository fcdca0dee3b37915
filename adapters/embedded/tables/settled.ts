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
  const lane = async (): Promise<void> => {
    for (let next = pieces.shift(); next; next = pieces.shift()) await work(next);
  };
  await settled([lane(), lane()]);
};
