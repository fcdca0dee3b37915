import type { CreateModelCommandInput, ProductionVariant } from '@aws-sdk/client-sagemaker';
import { type Replica, type ReplicaNeeds, startReplica } from './replica';

/** A production variant with the model that it named when the fleet was started. */
export interface VariantOfModel {
  readonly variant: ProductionVariant;
  readonly model: CreateModelCommandInput;
}

/** The containers of one endpoint configuration: an update of an endpoint makes new ones beside the old. */
export interface Fleet {
  /** Resolves when every variant is healthy; rejects with SageMaker's words when one does not become so. */
  readonly ready: Promise<void>;
  /** Asks a variant's container by its address. @returns null when it has none at the moment */
  ask<T>(variant: string, work: (url: string) => Promise<T>): Promise<T | null>;
  end(): Promise<void>;
}

interface Needs extends ReplicaNeeds {
  /** How long a container may take to its first ping, where its variant does not say. */
  readonly pingWithinMs: number;
}

export const startFleet = (
  needs: Needs,
  endpoint: string,
  variants: readonly VariantOfModel[],
): Fleet => {
  const replicas = new Map<string, Replica>();
  for (const { variant, model } of variants) {
    const { VariantName: name = '', ContainerStartupHealthCheckTimeoutInSeconds: seconds } =
      variant;
    const replica = startReplica(needs, {
      ...{ endpoint, variant: name },
      definition: model.PrimaryContainer ?? {},
      pingWithinMs: seconds ? seconds * 1000 : needs.pingWithinMs,
    });
    replicas.set(name, replica);
  }
  const healthy = [...replicas].map(([name, { ready }]) =>
    ready.catch((error: unknown) => {
      needs.log(`${endpoint}/${name}: ${error}`);
      throw new Error(unhealthy(name));
    }),
  );
  return {
    ready: Promise.all(healthy).then(() => undefined),
    ask: async (name, work) => replicas.get(name)?.ask(work) ?? null,
    async end() {
      await Promise.all([...replicas.values()].map((replica) => replica.end()));
    },
  };
};

/** SageMaker's words for a container that exited, or was not healthy in time. */
const unhealthy = (variant: string): string =>
  `The primary container for production variant ${variant} did not pass the ping health check. Please check CloudWatch logs for this endpoint.`;
