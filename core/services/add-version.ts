import { DomainError } from '../shared/domain-error';
import { assertNotManaged, type ChangeNeeds, changeService } from './change-service';
import { assertVersionCount } from './create-service';
import {
  assertSameOutput,
  type FindModel,
  foundModel,
  type NewVersion,
  newVersion,
} from './new-versions';
import type { ServiceDocument } from './service-document';

interface Needs extends ChangeNeeds {
  readonly findModel: FindModel;
  readonly newId: () => string;
}

interface Input extends NewVersion {
  readonly service: string;
  readonly by: string;
}

/**
 * Adds a version to a service. The first one gets all traffic, later ones none.
 * @throws `already-exists`, `in-use` ten versions are there, `not-found` the model,
 * `incompatible-signature`, `managed-by-manifest`
 */
export const addVersion = ({ findModel, newId, ...needs }: Needs) => {
  const change = changeService(needs);
  return async ({ service: name, by, ...version }: Input): Promise<ServiceDocument> => {
    const made = newVersion(version, {
      service: name,
      by,
      id: newId(),
      at: needs.now().toISOString(),
    });
    return change(name, async (document) => {
      const { service, versions } = document;
      assertNotManaged(document);
      if (versions.some((other) => other.name === version.name)) {
        throw new DomainError('already-exists', `${name} has a version ${version.name} already`);
      }
      assertVersionCount(name, versions.length + 1);
      await assertSameOutput(findModel, await foundModel(findModel, version.model), versions);
      const traffic = versions.length === 0 ? { [version.name]: 100 } : service.traffic;
      return { ...document, service: { ...service, traffic }, versions: [...versions, made] };
    });
  };
};
