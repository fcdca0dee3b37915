import { DomainError } from '../shared/domain-error';
import { retryRaces } from '../shared/revisions';
import type { ArtifactStore } from './artifact-store';
import type { ModelRecords } from './model-records';

interface Needs {
  readonly models: Pick<ModelRecords, 'findVersion' | 'remove' | 'isNeeded'>;
  readonly artifacts: Pick<ArtifactStore, 'remove'>;
  /** A service that uses the version: its name, or undefined. */
  readonly usedBy: (model: string, version: number) => Promise<string | undefined>;
}

/**
 * Deletes a version, and its files when no other version has the same.
 * @throws `not-found`, `in-use` by a service
 */
export const deleteModelVersion =
  ({ models, artifacts, usedBy }: Needs) =>
  async ({ model, version }: { readonly model: string; readonly version: number }) => {
    const digest = await retryRaces(async (write) => {
      const found = await models.findVersion(model, version);
      if (!found) throw new DomainError('not-found', `no model version ${model}/${version}`);
      // After the look at the version: a service that takes it from now on writes it, and so is seen.
      const service = await usedBy(model, version);
      if (service !== undefined) {
        const way = 'give it another model or delete its version first';
        const message = `${model}/${version} is used by the service ${service}: ${way}`;
        throw new DomainError('in-use', message);
      }
      await write(models.remove(found));
      return found.digest;
    });
    if (!(await models.isNeeded(digest))) await artifacts.remove(digest);
  };
