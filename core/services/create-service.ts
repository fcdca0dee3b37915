import type { ModelVersion } from '../models/model-version';
import { DomainError, isDomainError } from '../shared/domain-error';
import { isReservedServiceName } from '../shared/names';
import {
  assertSameOutput,
  type FindModel,
  foundModel,
  type NewVersion,
  newVersion,
} from './new-versions';
import { MAX_VERSIONS, type Service } from './service';
import type { ServiceDocument } from './service-document';
import type { ServiceRecords } from './service-records';

interface Needs {
  readonly services: Pick<ServiceRecords, 'create' | 'read'>;
  readonly findModel: FindModel;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly changed: (service: string) => Promise<void>;
}

/** What operators say of a service; the platform adds the rest. */
export type ServiceSettings = Pick<
  Service,
  | 'description'
  | 'auth'
  | 'throttle'
  | 'capture'
  | 'retention'
  | 'max_rows'
  | 'max_queue'
  | 'timeout_ms'
  | 'cors_origins'
  | 'positional'
>;

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
 * @throws `bad-request`, `not-found` a model, `incompatible-signature`, `already-exists`
 */
export const createService =
  ({ services, findModel, now, newId, changed }: Needs) =>
  async ({ versions, by, ...settings }: NewService): Promise<ServiceDocument> => {
    assertServable(settings);
    assertVersionCount(settings.name, versions.length);
    const taken = () => new DomainError('already-exists', `${settings.name} exists already`);
    if (await services.read(settings.name)) throw taken();
    const models: ModelVersion[] = [];
    for (const version of versions) models.push(await foundModel(findModel, version.model));
    for (const model of models) await assertSameOutput(findModel, model, versions);

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
      newVersion(version, { service: settings.name, by, id: newId(), at }),
    );
    const created = await services
      .create({ service, versions: made, applied: null })
      .catch((error: unknown) => {
        throw isDomainError(error) && error.kind === 'revision-conflict' ? taken() : error;
      });
    await changed(settings.name);
    return created;
  };

/** @throws `in-use` when there are more versions than a service can have */
export const assertVersionCount = (service: string, count: number): void => {
  if (count <= MAX_VERSIONS) return;
  const message = `${service} would have more than ${MAX_VERSIONS} versions: delete one first`;
  throw new DomainError('in-use', message);
};
