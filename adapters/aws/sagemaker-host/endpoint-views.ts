import {
  DescribeEndpointCommand,
  type SageMakerClient,
  UpdateEndpointWeightsAndCapacitiesCommand,
} from '@aws-sdk/client-sagemaker';
import { isNamed } from './error-name';

/** An endpoint as SageMaker describes it. */
export interface EndpointView {
  readonly status: string;
  readonly reason: string | null;
  /** Instances of each variant; null for serverless. */
  readonly variants: ReadonlyMap<
    string,
    { readonly now: number | null; readonly wanted: number | null }
  >;
}

const CHANGING = new Set(['Creating', 'Updating', 'SystemUpdating', 'RollingBack', 'Deleting']);

/** Whether SageMaker would refuse to change it, and with it CloudFormation. */
export const isBusy = ({ status }: EndpointView): boolean => CHANGING.has(status);

/** What is asked of SageMaker about endpoints. */
export const endpointCalls = (sagemaker: SageMakerClient) => {
  const describe = async (EndpointName: string): Promise<EndpointView | null> => {
    try {
      const found = await sagemaker.send(new DescribeEndpointCommand({ EndpointName }));
      const variants = (found.ProductionVariants ?? []).map((variant) => {
        const { CurrentInstanceCount: now = null, DesiredInstanceCount: wanted = null } = variant;
        return [variant.VariantName ?? '', { now, wanted }] as const;
      });
      return {
        status: found.EndpointStatus ?? '',
        reason: found.FailureReason ?? null,
        variants: new Map(variants),
      };
    } catch (error) {
      // There is no such endpoint.
      if (isNamed(error, 'ValidationException')) return null;
      throw error;
    }
  };

  return {
    /** Those that are there. */
    async describeAll(names: ReadonlySet<string>): Promise<ReadonlyMap<string, EndpointView>> {
      const found = await Promise.all(
        [...names].map(async (name) => [name, await describe(name)] as const),
      );
      return new Map(found.flatMap(([name, view]) => (view ? [[name, view] as const] : [])));
    },

    /** Asks for another count of one variant, which is all that one call takes. */
    async scale(EndpointName: string, VariantName: string, count: number): Promise<void> {
      await sagemaker.send(
        new UpdateEndpointWeightsAndCapacitiesCommand({
          EndpointName,
          DesiredWeightsAndCapacities: [{ VariantName, DesiredInstanceCount: count }],
        }),
      );
    },
  };
};

export type EndpointCalls = ReturnType<typeof endpointCalls>;
