import { IgnoreMode } from 'aws-cdk-lib';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { Construct } from 'constructs';

const ROOT = `${import.meta.dirname}/../..`;

/**
 * The image that models run in: what the context says as `modelServerImage`, or else one that the
 * CDK builds of `model-server/Dockerfile` when it is deployed, for which it needs Docker.
 */
export const modelServerImage = (scope: Construct): string =>
  given(scope, 'modelServerImage') ?? built(scope, 'ModelServer', {});

/** The same for GPUs, by `modelServerImageGpu`; undefined where the stage wants none and none is given. */
export const gpuServerImage = (scope: Construct, wanted: boolean): string | undefined =>
  given(scope, 'modelServerImageGpu') ??
  (wanted ? built(scope, 'ModelServerGpu', { GPU: '1' }) : undefined);

const given = (scope: Construct, name: string): string | undefined => {
  const image: unknown = scope.node.tryGetContext(name);
  return typeof image === 'string' && image !== '' ? image : undefined;
};

const built = (
  scope: Construct,
  id: string,
  buildArgs: Readonly<Record<string, string>>,
): string => {
  const { imageUri } = new DockerImageAsset(scope, id, {
    directory: ROOT,
    file: 'model-server/Dockerfile',
    buildArgs: { ...buildArgs },
    // Graviton instances need an image of their own.
    platform: Platform.LINUX_AMD64,
    ignoreMode: IgnoreMode.DOCKER,
    // What the Dockerfile copies; tests would only make another image of the same program.
    exclude: [
      ...['*', '!core', '!api', '!model-server', '!package.json', '!package-lock.json', '!.npmrc'],
      ...['**/*.test.ts', '**/fixtures'],
    ],
  });
  return imageUri;
};
