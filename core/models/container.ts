import { DomainError } from '../shared/domain-error';

/** An image that keeps SageMaker's container contract, as a package names it. */
export interface Container {
  /** `registry/repository@sha256:…` */
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the package has files for the container's `/opt/ml/model`. */
  readonly data: boolean;
}

/** The file that makes a package one of an image. */
export const CONTAINER_FILE = 'tidegate-image.json';
/** The folder of such a package whose files the container finds under `/opt/ml/model`. */
export const CONTAINER_DATA = 'model';

const ECR = /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/;
const REPOSITORY = '[a-z0-9]+(?:[._/-]+[a-z0-9]+)*';
const IMAGE = new RegExp(`^([^/@]+)/${REPOSITORY}@sha256:[0-9a-f]{64}$`);

/**
 * Refuses an image that SageMaker could not pull, or that could change under its name. `registries`
 * are those that may be pulled from; null where they are not known, and any of ECR will do.
 * @throws `bad-request` with the way out
 */
export const assertImage =
  (registries: readonly string[] | null) =>
  (image: string): void => {
    const [registry = ''] = image.split('/', 1);
    if (!ECR.test(registry)) {
      throw refused(
        'the image is in no registry that SageMaker pulls from: push it to ECR, in the account and Region of the platform',
      );
    }
    if (registries && !registries.includes(registry)) {
      throw refused(
        `models may use images of ${registries.join(', ')} alone: push it there, or name its registry in the stage, imageRegistries`,
      );
    }
    if (IMAGE.test(image)) return;
    throw refused(
      'name the image by its digest, registry/repository@sha256:…, for a version never changes: ' +
        'aws ecr describe-images --repository-name … --image-ids imageTag=… --query imageDetails[0].imageDigest --output text',
    );
  };

const refused = (why: string): DomainError => new DomainError('bad-request', why);
