import type { PackageChecks, PackageDescription } from '../core/models/package-source';
import { DomainError, isDomainError } from '../core/shared/domain-error';
import { describeStatically } from './describe-statically';
import { reasonOf, unservable } from './unservable';

interface Needs {
  /** @throws `bad-request` an image that models may not use */
  readonly assertImage: (image: string) => void;
}

/**
 * For the AWS home: reads packages where no model can be loaded, and tries none. The first replica
 * answers the example, before it gets traffic. What needs an image and names none is refused.
 */
export const staticChecks = ({ assertImage }: Needs): PackageChecks => ({
  async inspect(folder) {
    try {
      const described = describeStatically(folder);
      if (described.container) assertImage(described.container.image);
      return served(described);
    } catch (error) {
      if (!isDomainError(error)) throw error;
      throw new DomainError('bad-request', `the package was refused: ${reasonOf(error, folder)}`);
    }
  },

  gate: async (_, { expected }) => expected,
});

const served = (described: PackageDescription): PackageDescription => {
  const { runtime, flavor, container } = described;
  if (runtime === 'onnx' || container) return described;
  throw runtime === 'mlflow'
    ? unservable(
        `a ${flavor} model runs in an image`,
        'make MLflow’s (mlflow sagemaker build-and-push-container, or mlflow models build-docker), push it to ECR ' +
          'and register the folder with it (tidegate models register NAME FOLDER --image URI), or export the model to ONNX',
      )
    : unservable(
        'a package with a program of its own runs in an image',
        'make an image that starts the program, push it to ECR and register that (tidegate models register NAME --image URI)',
      );
};
