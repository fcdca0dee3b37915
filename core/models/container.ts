import { DomainError } from '../shared/domain-error';

/** An image that keeps SageMaker's container contract, as a package names it. */
export interface Container {
  /** `registry/repository@sha256:…` */
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the package has files for the container's `/opt/ml/model`. */
  readonly data: boolean;
}

/** A registry outside ECR, which SageMaker pulls from through a network of the account's. */
export interface PrivateRegistry {
  /** Its host, with a port where it has one: `registry.example.com:5000`. */
  readonly registry: string;
  /**
   * ARN of the function that tells SageMaker what to log in with, as
   * `{"Credentials": {"Username": …, "Password": …}}`; null where nobody has to.
   */
  readonly credentialsFunction: string | null;
}

/** The file that makes a package one of an image. */
export const CONTAINER_FILE = 'tidegate-image.json';
/** The folder of such a package whose files the container finds under `/opt/ml/model`. */
export const CONTAINER_DATA = 'model';

const ECR = /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/;
const REPOSITORY = '[a-z0-9]+(?:[._/-]+[a-z0-9]+)*';
const IMAGE = new RegExp(`^([^/@]+)/${REPOSITORY}@sha256:[0-9a-f]{64}$`);

/** The registry that an image is named in. */
export const registryOf = (image: string): string => image.split('/', 1).join();

/** Whether an image lies in ECR, of whatever account. */
export const isInEcr = (image: string): boolean => ECR.test(registryOf(image));

interface Allowed {
  /** Of ECR; null where the account's own is not known, and any will do. */
  readonly ecr: readonly string[] | null;
  readonly others: readonly string[];
}

/**
 * Refuses an image that SageMaker could not pull, or that could change under its name.
 * @throws `bad-request` with the way out
 */
export const assertImage =
  ({ ecr, others }: Allowed) =>
  (image: string): void => {
    const registry = registryOf(image);
    if (!isInEcr(image) && !others.includes(registry)) {
      throw refused(
        'the image is in no registry that SageMaker may pull from: push it to ECR, in the account and Region of the platform, ' +
          'or name its registry in the stage, privateRegistries',
      );
    }
    if (isInEcr(image) && ecr && !ecr.includes(registry)) {
      throw refused(
        `models may use images of ${[...ecr, ...others].join(', ')} alone: push it there, or name its registry in the stage, imageRegistries`,
      );
    }
    if (IMAGE.test(image)) return;
    throw refused(
      'name the image by its digest, registry/repository@sha256:…, for a version never changes, and no tag is looked up here: ' +
        (isInEcr(image)
          ? 'aws ecr describe-images --repository-name … --image-ids imageTag=… --query imageDetails[0].imageDigest --output text'
          : 'docker buildx imagetools inspect registry/repository:tag'),
    );
  };

const refused = (why: string): DomainError => new DomainError('bad-request', why);
