import type { deleteModelVersion } from '../../core/models/delete-model-version';
import type { ModelRecords } from '../../core/models/model-records';
import type { ModelVersion } from '../../core/models/model-version';
import type { registerVersion } from '../../core/models/register-version';
import { DomainError } from '../../core/shared/domain-error';
import type { Stored } from '../../core/shared/stored';
import { endpoints } from '../endpoints';
import { modelContracts } from './contracts';

interface Needs {
  readonly models: Pick<ModelRecords, 'find' | 'list' | 'findVersion' | 'listVersions'>;
  readonly registerVersion: ReturnType<typeof registerVersion>;
  readonly deleteModelVersion: ReturnType<typeof deleteModelVersion>;
  /** Makes a place to upload to; `url` is absolute. */
  readonly createUpload: () => Promise<{
    readonly upload_id: string;
    readonly url: string;
    readonly method: 'PUT';
  }>;
}

/** The control API of models. */
export const modelEndpoints = ({
  models,
  registerVersion,
  deleteModelVersion,
  createUpload,
}: Needs) =>
  endpoints<'models'>(modelContracts, {
    listModels: async ({ query }) => {
      const { items, next_cursor } = await models.list(query);
      return { items: [...items], next_cursor };
    },

    getModel: async ({ path, query }) => {
      const model = await models.find(path.model);
      if (!model) throw new DomainError('not-found', `no model ${path.model}`);
      const { items, next_cursor } = await models.listVersions(path.model, query);
      return { ...model, versions: { items: items.map(summary), next_cursor } };
    },

    registerVersion: async ({ path, body, operator }) =>
      shown(await registerVersion({ ...path, ...body, created_by: operator.name })),

    getModelVersion: async ({ path: { model, number } }) => {
      const found = await models.findVersion(model, number);
      if (!found) throw new DomainError('not-found', `no model version ${model}/${number}`);
      return shown(found);
    },

    deleteModelVersion: async ({ path: { model, number } }) => {
      await deleteModelVersion({ model, version: number });
      return null;
    },

    createUpload: () => createUpload(),
  });

// A version never changes, so it was last updated when it was made.
const shown = ({ container, ...version }: Stored<ModelVersion>) => ({
  ...version,
  container: container
    ? {
        image: container.image,
        environment_names: Object.keys(container.environment),
        data: container.data,
      }
    : null,
  updated_at: version.created_at,
});

const summary = (version: Stored<ModelVersion>) => {
  const { signature: _signature, expected: _expected, ...rest } = shown(version);
  return rest;
};
