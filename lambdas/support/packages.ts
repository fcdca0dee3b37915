import { S3Client } from '@aws-sdk/client-s3';
import { withImages } from '../../adapters/aws/image-packages';
import { s3ArtifactStore } from '../../adapters/aws/s3-artifact-store';
import { s3PackageSources } from '../../adapters/aws/s3-package-sources';
import { fileArtifactStore, manifestOfFolder } from '../../adapters/embedded/file-artifact-store';
import { unpack } from '../../adapters/embedded/package-archive';
import { newId, now } from '../../adapters/primitives';
import { assertImage } from '../../core/models/container';
import { deleteModelVersion } from '../../core/models/delete-model-version';
import type { ModelRecords } from '../../core/models/model-records';
import { registerVersion } from '../../core/models/register-version';
import { modelUser } from '../../core/services/model-user';
import type { ServiceRecords } from '../../core/services/service-records';
import { staticChecks } from '../../model-server/static-checks';
import { variable } from './environment';

interface Needs {
  readonly models: ModelRecords;
  readonly services: ServiceRecords;
}

/** What is done with packages themselves: most of what the function `models` consists of, and seldom needed. */
export const openPackages = ({ models, services }: Needs) => {
  const client = new S3Client({});
  const bucket = variable('ARTIFACTS_BUCKET');
  const artifacts = s3ArtifactStore({
    ...{ client, bucket },
    local: fileArtifactStore('/tmp/packages'),
    manifestOf: manifestOfFolder,
  });
  const sources = s3PackageSources({ client, bucket, newId, unpack, mlflow: null });
  const checks = staticChecks({
    assertImage: assertImage(variable('IMAGE_REGISTRIES').split(',')),
  });
  return {
    registerVersion: registerVersion({
      ...{ models, artifacts, checks, now },
      sources: withImages(sources),
    }),
    deleteModelVersion: deleteModelVersion({
      ...{ models, artifacts },
      usedBy: modelUser({ services }),
    }),
    createUpload: sources.createUpload,
  };
};
