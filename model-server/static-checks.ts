import type { PackageChecks } from '../core/models/package-source';
import { DomainError, isDomainError } from '../core/shared/domain-error';
import { describeStatically } from './describe-statically';
import { reasonOf } from './unservable';

/**
 * Reads packages where no model can be loaded, and tries none: the host has the example answered once
 * the version is up.
 */
export const staticChecks: PackageChecks = {
  async inspect(folder) {
    try {
      return describeStatically(folder);
    } catch (error) {
      if (!isDomainError(error)) throw error;
      throw new DomainError('bad-request', `the package was refused: ${reasonOf(error, folder)}`);
    }
  },

  gate: async (_, { expected }) => expected,
};
