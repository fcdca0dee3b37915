import { DomainError, isDomainError } from './domain-error';

const MAX_TRIES = 20;

const isConflict = (error: unknown): boolean =>
  isDomainError(error) && error.kind === 'revision-conflict';

/** What a write gives; undefined when somebody else wrote since its writer read. */
export const unlessRaced = <T>(write: Promise<T>): Promise<T | undefined> =>
  write.catch((error: unknown) => {
    if (isConflict(error)) return undefined;
    throw error;
  });

type Attempt<T> = (write: <W>(writing: Promise<W>) => Promise<W>) => Promise<T>;

/**
 * Runs what reads, decides and writes; all of it again when the promise it gave to `write` was raced,
 * so every rule holds for what is written over. Of many writers each round lets one through.
 * @throws what the attempt throws; `revision-conflict` after 20 tries
 */
export const retryRaces = async <T>(attempt: Attempt<T>): Promise<T> => {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    let raced: unknown;
    const write = <W>(writing: Promise<W>): Promise<W> =>
      writing.catch((error: unknown) => {
        if (isConflict(error)) raced = error;
        throw error;
      });
    try {
      return await attempt(write);
    } catch (error) {
      // A conflict that is no race, such as a stale `If-Match`, stays one however often it is tried.
      if (error !== raced) throw error;
    }
  }
  throw new DomainError('revision-conflict', 'too many others write at once: try again');
};

/** From `If-Match`: only the revision that the caller looked at may change. @throws `revision-conflict` */
export const assertRevision = (
  { name, revision }: { readonly name: string; readonly revision: number },
  expected: number | undefined,
): void => {
  if (expected === undefined || expected === revision) return;
  throw new DomainError('revision-conflict', `${name} is at revision ${revision}: look again`);
};
