import { DomainError } from '../shared/domain-error';
import { isReservedServiceName } from '../shared/names';
import { retryRaces } from '../shared/revisions';
import {
  assertSameOutput,
  type FindModel,
  foundModel,
  type NewVersion,
  newVersion,
} from './new-versions';
import { MAX_VERSIONS, type Service, type ServiceSettings } from './service';
import type { ServiceDocument } from './service-document';
import type { ServiceRecords } from './service-records';

interface Needs {
  readonly services: Pick<ServiceRecords, 'create' | 'read' | 'findDeletion'>;
  readonly findModel: FindModel;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly changed: (service: string) => Promise<void>;
}

/** A service as operators ask for it; the platform adds the rest. */
export interface NewService extends ServiceSettings, Pick<Service, 'name' | 'kind'> {
  readonly versions: readonly NewVersion[];
  readonly by: string;
}

/** @throws `bad-request` a name or kind that no service may have */
export const assertServable = ({ name, kind }: Pick<Service, 'name' | 'kind'>): void => {
  if (isReservedServiceName(name)) {
    const message = `${name} is a name of the platform's own tables: choose another`;
    throw new DomainError('bad-request', message);
  }
  if (kind !== 'ml') throw new DomainError('bad-request', 'llm services cannot be served yet');
};

/**
 * Makes a service; the first of its versions gets all traffic.
 * @throws `bad-request`, `in-use` more than ten versions, `not-found` a model,
 * `incompatible-signature`, `already-exists`, also while one of that name is being deleted
 */
export const createService =
  ({ services, findModel, now, newId, changed }: Needs) =>
  async ({ versions, by, ...settings }: NewService): Promise<ServiceDocument> => {
    const { name } = settings;
    assertServable(settings);
    assertVersionCount(name, versions.length);
    const at = now().toISOString();
    const first = versions[0];
    const service: Service = {
      ...settings,
      traffic: first ? { [first.name]: 100 } : {},
      wanted: 'running',
      managed_by: 'api',
      created_by: by,
      created_at: at,
      updated_at: at,
    };
    const made = versions.map((version) =>
      newVersion(version, { service: name, by, id: newId(), at }),
    );
    const created = await retryRaces(async (write) => {
      if ((await services.read(name)) ?? (await services.findDeletion(name))) {
        throw new DomainError('already-exists', `there is a service ${name} already`);
      }
      for (const { model } of versions) {
        await assertSameOutput(findModel, await foundModel(findModel, model), versions);
      }
      return write(services.create({ service, versions: made, applied: null }));
    });
    await changed(name);
    return created;
  };

/** @throws `in-use` when there are more versions than a service can have */
export const assertVersionCount = (service: string, count: number): void => {
  if (count <= MAX_VERSIONS) return;
  const message = `${service} would have more than ${MAX_VERSIONS} versions: delete one first`;
  throw new DomainError('in-use', message);
};
