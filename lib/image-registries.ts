import type { StageConfig } from './config';

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
