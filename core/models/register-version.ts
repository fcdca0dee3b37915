import { retryRaces } from '../shared/revisions';
import type { Stored } from '../shared/stored';
import type { ArtifactStore } from './artifact-store';
import type { ModelRecords } from './model-records';
import type { AskedSource, ModelVersion } from './model-version';
import type { PackageIntake } from './package-intake';
import type { FetchedPackage, PackageChecks, PackageSources } from './package-source';
import { type GivenAnswers, storePackage, type TakenPackage } from './store-package';

/** A model version as it is asked for. */
export interface Registration {
  readonly model: string;
  readonly source: AskedSource;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly expected?: GivenAnswers | undefined;
  readonly created_by: string;
}

interface RecordNeeds {
  readonly models: Pick<ModelRecords, 'find' | 'add' | 'isNeeded'>;
  readonly now: () => Date;
}

/** What registering a package needs. */
export interface RegistrationNeeds extends RecordNeeds {
  readonly artifacts: ArtifactStore;
  readonly sources: PackageSources;
  readonly checks: PackageChecks;
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
  (needs: RegistrationNeeds) =>
  async (registration: Registration, fetched: FetchedPackage): Promise<Stored<ModelVersion>> => {
    const taken = await storePackage(needs)(fetched, registration.expected);
    return registerTaken(needs)(registration, taken, () => needs.artifacts.put(fetched.folder));
  };

/**
 * `registerVersion` where packages are read elsewhere.
 * @throws as `PackageIntake.take`
 */
export const registerThrough =
  ({ intake, ...needs }: RecordNeeds & { readonly intake: PackageIntake }) =>
  async (registration: Registration): Promise<Stored<ModelVersion>> => {
    const { source, expected } = registration;
    const taken = await intake.take({ source, expected });
    return registerTaken({ ...needs, artifacts: intake })(registration, taken, () =>
      intake.settle({ source, expected }, taken.digest),
    );
  };

const registerTaken =
  ({
    models,
    artifacts,
    now,
  }: RecordNeeds & { readonly artifacts: Pick<ArtifactStore, 'remove'> }) =>
  async (registration: Registration, taken: TakenPackage, putAgain: () => Promise<unknown>) => {
    const { model, description, tags, created_by } = registration;
    const { flavor, runtime, signature, expected, container, digest, size, source } = taken;
    const draft = {
      ...{ model, flavor, runtime, digest, size, signature, expected },
      ...{ description, tags, source, created_by, created_at: now().toISOString() },
      ...(container && { container }),
    };
    try {
      const added = await addNext(models, draft);
      // The last version that had these files may have been deleted, and they with it, since they were put.
      await putAgain();
      return added;
    } catch (error) {
      if (!(await models.isNeeded(digest))) await artifacts.remove(digest);
      throw error;
    }
  };

/** Others may register at the same moment: each gets a number of its own. */
const addNext = (
  models: RecordNeeds['models'],
  draft: Omit<ModelVersion, 'version'>,
): Promise<Stored<ModelVersion>> =>
  retryRaces(async (write) => {
    const head = await models.find(draft.model);
    const version = (head?.latest_version ?? 0) + 1;
    return write(models.add({ ...draft, version }, head));
  });
