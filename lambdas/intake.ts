import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import middy from '@middy/core';
import { withImages } from '../adapters/aws/image-packages';
import { answerCall, type IntakeAnswer, type IntakeCall } from '../adapters/aws/intake-call';
import { s3ArtifactStore } from '../adapters/aws/s3-artifact-store';
import { s3PackageSources } from '../adapters/aws/s3-package-sources';
import { s3Uploads } from '../adapters/aws/s3-uploads';
import { fileArtifactStore, manifestOfFolder } from '../adapters/embedded/file-artifact-store';
import { unpack } from '../adapters/embedded/package-archive';
import { newId } from '../adapters/primitives';
import { assertImage } from '../core/models/container';
import { packageIntake } from '../core/models/package-intake';
import { staticChecks } from '../model-server/static-checks';
import { variable } from './support/environment';
import { inScratch } from './support/in-scratch';
import { observed } from './support/observability';
import { privateRegistries } from './support/private-registries';

/** An archive of 2 GB, what it holds and a copy of that lie on the disk at once. */
const MOST_UNPACKED = 3 * 1024 ** 3;

const at = { client: new S3Client({}), bucket: variable('ARTIFACTS_BUCKET') };
const uploads = s3Uploads({ ...at, newId });
const checks = staticChecks({
  assertImage: assertImage({
    ecr: variable('IMAGE_REGISTRIES').split(','),
    others: privateRegistries.map(({ registry }) => registry),
  }),
});

const openIntake = (scratch: string) => {
  const sources = s3PackageSources({
    ...{ ...at, scratch, mlflow: null },
    unpack: (file, into) => unpack(file, into, MOST_UNPACKED),
  });
  const local = fileArtifactStore(join(scratch, 'copies'));
  return packageIntake({
    sources: withImages({ sources, scratch }),
    artifacts: s3ArtifactStore({ ...at, local, manifestOf: manifestOfFolder }),
    ...{ checks, uploads },
  });
};

/**
 * Takes packages in for `models`: says where to upload them to, reads, checks, stores and removes them.
 * They come from anybody, so it has no right on the records.
 */
export const handler = middy<IntakeCall, IntakeAnswer>()
  .use(observed())
  .handler((call) =>
    inScratch((scratch) =>
      answerCall({ ...openIntake(scratch), createUpload: uploads.create }, call),
    ),
  );
