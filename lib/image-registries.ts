import { isInEcr, type PrivateRegistry } from '../core/models/container';
import type { Network, StageConfig } from './config';

/** Of a registry. */
interface Owner {
  readonly account: string;
  readonly region: string;
}

const ECR = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/;

/** The registries that images of models may come from: the account's own in its Region, and the stage's. */
export const imageRegistries = (
  account: string,
  region: string,
  { imageRegistries: further }: Pick<StageConfig, 'imageRegistries'>,
): readonly string[] => {
  const partition = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return [`${account}.dkr.ecr.${region}.${partition}`, ...further];
};

/**
 * Whose the stage's further registries are.
 * @throws for one that is none of ECR's
 */
export const registryOwners = ({
  imageRegistries: further,
}: Pick<StageConfig, 'imageRegistries'>): readonly Owner[] =>
  further.map((registry) => {
    const [, account, region] = ECR.exec(registry) ?? [];
    if (account !== undefined && region !== undefined) return { account, region };
    throw new Error(
      `imageRegistries: ${registry} is none of ECR's, 111122223333.dkr.ecr.eu-west-1.amazonaws.com`,
    );
  });

/** The stage's registries outside ECR, and where SageMaker reaches them from. */
export interface OutsideEcr {
  readonly registries: readonly PrivateRegistry[];
  readonly network: Network;
}

const HOST = /^[a-z0-9]+(?:(?:\.|-+)[a-z0-9]+)*(?::\d{1,5})?$/;
const FUNCTION =
  /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,64}(?::[\w$-]{1,128})?$/;

/**
 * What a stage says of registries outside ECR; null when it names none.
 * @throws for what SageMaker could not pull from; no value is repeated, which may hold a password
 */
export const outsideEcr = ({
  privateRegistries: registries,
  network,
}: Pick<StageConfig, 'privateRegistries' | 'network'>): OutsideEcr | null => {
  if (registries.length === 0) return null;
  const names = registries.map(({ registry }) => registry);
  for (const { registry, credentialsFunction } of registries) {
    if (!HOST.test(registry)) {
      throw faulty('name a registry by its host and port alone, such as registry.example.com:5000');
    }
    if (isInEcr(registry)) throw faulty('a registry of ECR belongs into imageRegistries');
    if (credentialsFunction !== null && !FUNCTION.test(credentialsFunction)) {
      throw faulty(
        'credentialsFunction is the ARN of a Lambda function, and never what it answers',
      );
    }
  }
  if (new Set(names).size < names.length) throw faulty('a registry is there twice');
  if (network === null) {
    throw faulty(
      'SageMaker reaches registries outside ECR through a network of yours alone: give the stage one, network',
    );
  }
  const { availabilityZones, privateSubnetIds } = network;
  if (new Set(availabilityZones).size < 2 || new Set(privateSubnetIds).size < 2) {
    throw faulty('SageMaker wants a network with subnets in two availability zones at least');
  }
  return { registries, network };
};

const faulty = (why: string): Error => new Error(`privateRegistries: ${why}`);
