import { DomainError, isDomainError } from '../shared/domain-error';

const MAX_TRIES = 20;

/** What a write gives, or undefined when somebody else wrote since its writer read. */
export const unlessRaced = <T>(write: Promise<T>): Promise<T | undefined> =>
  write.catch((error: unknown) => {
    if (isDomainError(error) && error.kind === 'revision-conflict') return undefined;
    throw error;
  });

/**
 * Runs what reads, decides and writes until it is not raced: of many writers each round lets one
 * through. @throws `revision-conflict` after 20 tries
 */
export const retried = async <T>(attempt: () => Promise<T | undefined>): Promise<T> => {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const outcome = await attempt();
    if (outcome !== undefined) return outcome;
  }
  throw new DomainError('revision-conflict', 'too many others write at once: try again');
};
