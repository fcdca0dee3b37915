import { S3Client } from '@aws-sdk/client-s3';
import { s3ArtifactStore } from '../adapters/aws/s3-artifact-store';
import { s3PackageSources } from '../adapters/aws/s3-package-sources';
import { fileArtifactStore, manifestOfFolder } from '../adapters/embedded/file-artifact-store';
import { unpack } from '../adapters/embedded/package-archive';
import { newId, now } from '../adapters/primitives';
import { controlApi } from '../api/control';
import { modelEndpoints } from '../api/models/endpoints';
import { deleteModelVersion } from '../core/models/delete-model-version';
import { modelRecords } from '../core/models/model-records';
import { registerVersion } from '../core/models/register-version';
import { modelUser } from '../core/services/model-user';
import { staticChecks } from '../model-server/static-checks';
import { controlHandler } from './support/control-handler';
import { variable } from './support/environment';
import { report } from './support/observability';
import { openAccess } from './support/stores';

const { records, services, access } = openAccess();
const client = new S3Client({});
const bucket = variable('ARTIFACTS_BUCKET');
const models = modelRecords(records);
const artifacts = s3ArtifactStore({
  ...{ client, bucket },
  local: fileArtifactStore('/tmp/packages'),
  manifestOf: manifestOfFolder,
});
const sources = s3PackageSources({ client, bucket, newId, unpack, mlflow: null });
/** Models and their versions, and where to upload them to. */
export const handler = controlHandler({
  control: controlApi({
    endpoints: modelEndpoints({
      models,
      registerVersion: registerVersion({ models, artifacts, sources, checks: staticChecks, now }),
      deleteModelVersion: deleteModelVersion({
        models,
        artifacts,
        usedBy: modelUser({ services }),
      }),
      createUpload: sources.createUpload,
    }),
    authenticateOperator: access.authenticateOperator,
    audit: access.audit,
    report,
  }),
});
