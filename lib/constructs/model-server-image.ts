import { IgnoreMode } from 'aws-cdk-lib';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { Construct } from 'constructs';

const ROOT = `${import.meta.dirname}/../..`;

/**
 * The image that models run in: what the context says as `modelServerImage`, or else one that the
 * CDK builds of `model-server/Dockerfile` when it is deployed, for which it needs Docker.
 */
export const modelServerImage = (scope: Construct): string => {
  const given: unknown = scope.node.tryGetContext('modelServerImage');
  if (typeof given === 'string' && given !== '') return given;
  const { imageUri } = new DockerImageAsset(scope, 'ModelServer', {
    directory: ROOT,
    file: 'model-server/Dockerfile',
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
