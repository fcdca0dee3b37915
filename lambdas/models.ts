import { controlApi } from '../api/control';
import { modelEndpoints } from '../api/models/endpoints';
import { modelRecords } from '../core/models/model-records';
import { controlHandler } from './support/control-handler';
import { report } from './support/observability';
import { once } from './support/once';
import { openAccess } from './support/stores';

const { records, services, access } = openAccess();
const models = modelRecords(records);
/** A file of its own, so that who only looks at models does not wait for it. */
const packages = once(async () => {
  const { openPackages } = await import('./support/packages');
  return openPackages({ models, services });
});

/** Models and their versions, and where to upload them to. */
export const handler = controlHandler({
  control: controlApi({
    endpoints: modelEndpoints({
      models,
      registerVersion: async (input) => (await packages()).registerVersion(input),
      deleteModelVersion: async (input) => (await packages()).deleteModelVersion(input),
      createUpload: async () => (await packages()).createUpload(),
    }),
    authenticateOperator: access.authenticateOperator,
    audit: access.audit,
    report,
  }),
});
