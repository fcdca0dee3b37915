import type {
  DesiredWeightAndCapacity,
  ProductionVariant,
  ProductionVariantSummary,
  UpdateEndpointCommandInput,
} from '@aws-sdk/client-sagemaker';
import { AwsError } from './aws-error';

/** What DescribeEndpoint shows of a configuration's variants when they begin to serve. */
export const variantsOf = (
  variants: readonly ProductionVariant[],
): readonly ProductionVariantSummary[] =>
  variants.map(({ VariantName, InitialVariantWeight = 1, ...variant }) => ({
    VariantName,
    CurrentWeight: InitialVariantWeight,
    DesiredWeight: InitialVariantWeight,
    ...(variant.ServerlessConfig
      ? { CurrentServerlessConfig: variant.ServerlessConfig }
      : {
          CurrentInstanceCount: variant.InitialInstanceCount,
          DesiredInstanceCount: variant.InitialInstanceCount,
        }),
  }));

/** RetainAllVariantProperties: variants that stay keep their live weight and count, but for what is excluded. */
export const retained = (
  next: readonly ProductionVariantSummary[],
  live: readonly ProductionVariantSummary[],
  { RetainAllVariantProperties, ExcludeRetainedVariantProperties }: UpdateEndpointCommandInput,
): readonly ProductionVariantSummary[] => {
  if (!RetainAllVariantProperties) return next;
  const excluded = (ExcludeRetainedVariantProperties ?? []).map((one) => one.VariantPropertyType);
  return next.map((variant) => {
    const old = live.find(({ VariantName }) => VariantName === variant.VariantName);
    if (!old) return variant;
    return changed(variant, {
      ...(!excluded.includes('DesiredWeight') && { DesiredWeight: old.DesiredWeight }),
      ...(!excluded.includes('DesiredInstanceCount') &&
        variant.DesiredInstanceCount && { DesiredInstanceCount: old.DesiredInstanceCount }),
    });
  });
};

/** UpdateEndpointWeightsAndCapacities. @throws for a variant that the endpoint does not have */
export const reweighted = (
  live: readonly ProductionVariantSummary[],
  wishes: readonly DesiredWeightAndCapacity[],
  arn: string,
): readonly ProductionVariantSummary[] => {
  for (const { VariantName } of wishes) {
    if (live.some((variant) => variant.VariantName === VariantName)) continue;
    throw new AwsError(`Variant "${VariantName}" does not exist for endpoint "${arn}".`);
  }
  return live.map((variant) => {
    const wish = wishes.find(({ VariantName }) => VariantName === variant.VariantName);
    return wish ? changed(variant, wish) : variant;
  });
};

const changed = (
  variant: ProductionVariantSummary,
  {
    DesiredWeight: weight,
    DesiredInstanceCount: count,
  }: Omit<DesiredWeightAndCapacity, 'VariantName'>,
): ProductionVariantSummary => ({
  ...variant,
  ...(weight !== undefined && { CurrentWeight: weight, DesiredWeight: weight }),
  ...(count !== undefined && { CurrentInstanceCount: count, DesiredInstanceCount: count }),
});

/** The variant that serves a request: the named one, or one by weight. @param random in [0, 1) */
export const chosen = (
  live: readonly ProductionVariantSummary[],
  named: string | undefined,
  random: number,
): ProductionVariantSummary | undefined => {
  if (named !== undefined) return live.find(({ VariantName }) => VariantName === named);
  let point = random * live.reduce((sum, { CurrentWeight = 0 }) => sum + CurrentWeight, 0);
  return live.find(({ CurrentWeight = 0 }) => {
    point -= CurrentWeight;
    return point < 0;
  });
};
