import type { VersionPlan } from '../inference/model-host';
import { isInEcr, type PrivateRegistry, registryOf } from '../models/container';
import { needsGpuImage } from './service-template-instances';
import { type Json, ref } from './service-template-shape';

/** Parameters that hold images of the model server. */
export const SERVER_IMAGE = 'ServerImage';
export const GPU_IMAGE = 'ServerImageGpu';
/** Parameters that hold the stage's network for models: its subnets, with commas, and a security group. */
export const MODEL_SUBNETS = 'ModelSubnets';
export const MODEL_GROUP = 'ModelSecurityGroup';

/** Whether a version's image lies outside ECR: SageMaker pulls it through a network, where it also runs. */
export const needsNetwork = ({ model: { container } }: Pick<VersionPlan, 'model'>): boolean =>
  container !== undefined && !isInEcr(container.image);

/** What a model says of the network that it runs in, which most have none of. */
export const networkOf = (version: Pick<VersionPlan, 'model'>): { readonly VpcConfig?: Json } => {
  if (!needsNetwork(version)) return {};
  const Subnets = { 'Fn::Split': [',', ref(MODEL_SUBNETS)] };
  return { VpcConfig: { SecurityGroupIds: [ref(MODEL_GROUP)], Subnets } };
};

/** What a container says of its image: ours, one of ECR, or one of the stage's other registries. */
export const imageOf = (
  version: VersionPlan,
  registries: readonly PrivateRegistry[],
): { readonly Image: Json; readonly ImageConfig?: Json } => {
  const image = version.model.container?.image;
  if (image === undefined) return { Image: ref(needsGpuImage(version) ? GPU_IMAGE : SERVER_IMAGE) };
  if (isInEcr(image)) return { Image: image };
  const found = registries.find(({ registry }) => registry === registryOf(image));
  const provider = found?.credentialsFunction ?? null;
  return {
    Image: image,
    ImageConfig: {
      RepositoryAccessMode: 'Vpc',
      // SageMaker asks it for a name and password: they are in no template, and pass through nobody else.
      ...(provider !== null && {
        RepositoryAuthConfig: { RepositoryCredentialsProviderArn: provider },
      }),
    },
  };
};
