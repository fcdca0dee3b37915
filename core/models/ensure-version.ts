import type { Stored } from '../shared/stored';
import type { ModelRecords } from './model-records';
import type { ModelVersion } from './model-version';
import { type Registration, type RegistrationNeeds, registerPackage } from './register-version';

interface Needs extends RegistrationNeeds {
  readonly models: RegistrationNeeds['models'] & Pick<ModelRecords, 'findByDigest'>;
  /** The digest that `ArtifactStore.put` would answer. */
  readonly digestOf: (folder: string) => Promise<string>;
}

/**
 * Finds the version of a model that has exactly these files, or registers one: what the manifest
 * asks for at every start. Its paths are trusted.
 * @throws `bad-request` as `registerVersion`
 */
export const ensureVersion =
  (needs: Needs) =>
  async (registration: Registration): Promise<Stored<ModelVersion>> => {
    const fetched = await needs.sources.fetch(registration.source, { trusted: true });
    try {
      const digest = await needs.digestOf(fetched.folder);
      const known = await needs.models.findByDigest(registration.model, digest);
      return known ?? (await registerPackage(needs)(registration, fetched));
    } finally {
      await fetched.release();
    }
  };
