import { DomainError } from '../shared/domain-error';
import type { ArtifactStore } from './artifact-store';
import type { StoredPackage } from './ensure-stored';
import { assertKeepable } from './kept-size';
import type { ExpectedAnswers, ModelSource } from './model-version';
import type { FetchedPackage, PackageChecks, PackageDescription } from './package-source';

/** Answers that came with a registration; without rows they are for the package's own example. */
export interface GivenAnswers {
  readonly input?: ExpectedAnswers['input'] | undefined;
  readonly predictions: readonly unknown[];
  readonly probabilities: ExpectedAnswers['probabilities'];
}

/** A package that lies in the store, and where it came from. */
export interface TakenPackage extends StoredPackage {
  readonly source: ModelSource;
}

interface Needs {
  readonly artifacts: Pick<ArtifactStore, 'put'>;
  readonly checks: PackageChecks;
}

/**
 * Brings a package into the store, once it is read and reproduces its answers.
 * @throws `bad-request` it cannot be served, answers something else, or expects more than can be kept
 */
export const storePackage =
  ({ artifacts, checks }: Needs) =>
  async (
    { folder, source }: Pick<FetchedPackage, 'folder' | 'source'>,
    given: GivenAnswers | undefined,
  ): Promise<TakenPackage> => {
    const described = await checks.inspect(folder);
    const wanted = expectedOf(described, given);
    assertKeepable(wanted);
    const expected = await checks.gate(folder, { ...described, expected: wanted });
    const { digest, size } = await artifacts.put(folder);
    return { ...described, expected, digest, size, source };
  };

const expectedOf = (
  { expected }: PackageDescription,
  given: GivenAnswers | undefined,
): ExpectedAnswers | null => {
  if (!given) return expected;
  const input = given.input ?? expected?.input;
  if (!input) {
    throw new DomainError(
      'bad-request',
      'the package has no input example: send the rows as expected.input, beside their answers',
    );
  }
  const { predictions, probabilities } = given;
  return { input, predictions, probabilities, origin: 'given' };
};
