import { DomainError } from '../shared/domain-error';
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
    const found = await models.findVersion(model, version);
    if (!found) throw new DomainError('not-found', `no model version ${model}/${version}`);
    const service = await usedBy(model, version);
    if (service !== undefined) {
      throw new DomainError('in-use', `${model}/${version} is used by the service ${service}`);
    }
    await models.remove(found);
    if (!(await models.isNeeded(found.digest))) await artifacts.remove(found.digest);
  };
