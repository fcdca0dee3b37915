import type { StatesOf } from '../inference/model-host';
import { DomainError } from '../shared/domain-error';
import { assertRevision } from '../shared/revisions';
import { assertNotManaged, type ChangeNeeds, changeService } from './change-service';
import { versionOf } from './find-service';
import type { ServiceDocument } from './service-document';
import { versionStatuses } from './service-status';
import { assertNoTraffic } from './start-stop-version';

interface Needs extends ChangeNeeds {
  readonly statesOf: StatesOf;
}

interface Input {
  readonly service: string;
  readonly version: string;
  readonly revision?: number | undefined;
}

/**
 * Deletes a version that is stopped and gets no traffic.
 * @throws `version-not-found`, `in-use`, `not-stopped`, `managed-by-manifest`, `revision-conflict`
 */
export const deleteVersion = ({ statesOf, ...needs }: Needs) => {
  const change = changeService(needs);
  return ({ service, version: name, revision }: Input): Promise<ServiceDocument> =>
    change(service, async (document) => {
      const version = versionOf(document, name);
      assertRevision(version, revision);
      assertNotManaged(document);
      assertNoTraffic(document, version);
      const statuses = versionStatuses(document, await statesOf(service));
      if (statuses.get(name)?.status !== 'stopped') {
        throw new DomainError('not-stopped', `${name} is not stopped: stop it first`);
      }
      return { ...document, versions: document.versions.filter((other) => other !== version) };
    });
};
