import type { PackageChecks, PackageDescription } from '../core/models/package-source';
import { DomainError, isDomainError } from '../core/shared/domain-error';
import { describeStatically } from './describe-statically';
import { reasonOf, unservable } from './unservable';

/**
 * For the AWS home: reads packages where no model can be loaded, and tries none. The first replica
 * answers the example, before it gets traffic. What needs an image of its own is refused.
 */
export const staticChecks: PackageChecks = {
  async inspect(folder) {
    try {
      return served(describeStatically(folder));
    } catch (error) {
      if (!isDomainError(error)) throw error;
      throw new DomainError('bad-request', `the package was refused: ${reasonOf(error, folder)}`);
    }
  },

  gate: async (_, { expected }) => expected,
};

const served = (described: PackageDescription): PackageDescription => {
  if (described.runtime === 'onnx') return described;
  throw unservable(
    `a ${described.flavor} package needs an image of its own, which this home does not run yet`,
    'export the model to ONNX',
  );
};
