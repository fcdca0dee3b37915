import { isDomainError } from '../shared/domain-error';

const ATTEMPTS = 20;

/** Does it again when somebody else wrote in between; gives the conflict up after twenty attempts. */
export const retryConflicts = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const conflict = isDomainError(error) && error.kind === 'revision-conflict';
      if (!conflict || attempt === ATTEMPTS) throw error;
    }
  }
};
