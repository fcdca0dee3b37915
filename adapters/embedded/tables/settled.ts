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

/** What is to be done side by side, where there are two cores: one half or two, in order. */
export const inHalves = <T>(all: readonly T[]): readonly (readonly T[])[] => {
  const middle = Math.ceil(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)].filter((some) => some.length > 0);
};
