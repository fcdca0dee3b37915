import { DomainError } from '../shared/domain-error';
import { retryRaces } from '../shared/revisions';
import type { Stored } from '../shared/stored';
import type { ArtifactStore } from './artifact-store';
import type { ModelRecords } from './model-records';
import type { AskedSource, ExpectedAnswers, ModelVersion } from './model-version';
import type {
  FetchedPackage,
  PackageChecks,
  PackageDescription,
  PackageSources,
} from './package-source';

/** Answers that came with a registration; without rows they are for the package's own example. */
export interface GivenAnswers {
  readonly input?: ExpectedAnswers['input'] | undefined;
  readonly predictions: readonly unknown[];
  readonly probabilities: ExpectedAnswers['probabilities'];
}

/** A model version as it is asked for. */
export interface Registration {
  readonly model: string;
  readonly source: AskedSource;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly expected?: GivenAnswers | undefined;
  readonly created_by: string;
}

/** What registering a package needs. */
export interface RegistrationNeeds {
  readonly models: Pick<ModelRecords, 'find' | 'add' | 'isNeeded'>;
  readonly artifacts: ArtifactStore;
  readonly sources: PackageSources;
  readonly checks: PackageChecks;
  readonly now: () => Date;
}

/**
 * Gives a model its next version, once its package is read and reproduces its answers.
 * @throws `bad-request` the package cannot be had, cannot be served, or answers something else
 */
export const registerVersion =
  (needs: RegistrationNeeds) =>
  async (registration: Registration): Promise<Stored<ModelVersion>> => {
    const fetched = await needs.sources.fetch(registration.source);
    try {
      return await registerPackage(needs)(registration, fetched);
    } finally {
      await fetched.release();
    }
  };

/** The part of a registration that comes after the package is here. */
export const registerPackage =
  ({ models, artifacts, checks, now }: RegistrationNeeds) =>
  async (registration: Registration, { folder, source }: FetchedPackage) => {
    const described = await checks.inspect(folder);
    const { flavor, runtime, signature, container } = described;
    const expected = await checks.gate(folder, {
      ...described,
      expected: expectedOf(described, registration.expected),
    });
    const { digest, size } = await artifacts.put(folder);
    const { model, description, tags, created_by } = registration;
    const draft = {
      ...{ model, flavor, runtime, digest, size, signature, expected },
      ...{ description, tags, source, created_by, created_at: now().toISOString() },
      ...(container && { container }),
    };
    try {
      const added = await addNext(models, draft);
      // The last version that had these files may have been deleted, and they with it, since `put`.
      await artifacts.put(folder);
      return added;
    } catch (error) {
      if (!(await models.isNeeded(digest))) await artifacts.remove(digest);
      throw error;
    }
  };

/** Others may register at the same moment: each gets a number of its own. */
const addNext = (
  models: RegistrationNeeds['models'],
  draft: Omit<ModelVersion, 'version'>,
): Promise<Stored<ModelVersion>> =>
  retryRaces(async (write) => {
    const head = await models.find(draft.model);
    const version = (head?.latest_version ?? 0) + 1;
    return write(models.add({ ...draft, version }, head));
  });

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
