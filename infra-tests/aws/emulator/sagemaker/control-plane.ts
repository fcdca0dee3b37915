import type {
  CreateEndpointCommandInput,
  CreateEndpointConfigCommandInput,
  CreateModelCommandInput,
  DeleteEndpointCommandInput,
  DeleteEndpointConfigCommandInput,
  DeleteModelCommandInput,
  DescribeEndpointCommandInput,
  DescribeEndpointConfigCommandInput,
  DescribeModelCommandInput,
  ListEndpointsCommandInput,
  UpdateEndpointCommandInput,
  UpdateEndpointWeightsAndCapacitiesCommandInput,
} from '@aws-sdk/client-sagemaker';
import { AwsError } from './aws-error';
import { type Endpoint, ended, type endpointLives, requireStable } from './endpoints';
import type { Fleet, VariantOfModel } from './fleet';
import { checkModel, checkName, checkVariants } from './limits';
import { retained, reweighted, variantsOf } from './live-variants';

interface Needs {
  readonly arnOf: (kind: 'model' | 'endpoint-config' | 'endpoint', name: string) => string;
  readonly lives: ReturnType<typeof endpointLives>;
  readonly fleetOf: (endpoint: string, variants: readonly VariantOfModel[]) => Fleet;
  /** Throws when the model's data cannot be read. */
  readonly requireData: (model: CreateModelCommandInput) => Promise<void>;
}

interface Stored<T> {
  readonly input: T;
  readonly arn: string;
  readonly created: number;
}

const seconds = (ms: number): number => ms / 1000;

/** SageMaker's control plane: its operations by name, on inputs that keep the SDK's schemas. */
export const controlPlane = ({ arnOf, lives, fleetOf, requireData }: Needs) => {
  const models = new Map<string, Stored<CreateModelCommandInput>>();
  const configs = new Map<string, Stored<CreateEndpointConfigCommandInput>>();
  const endpoints = new Map<string, Endpoint>();

  const find = <T>(from: ReadonlyMap<string, T>, kind: string, arn: string, name: string): T => {
    const found = from.get(name);
    if (found) return found;
    throw new AwsError(`Could not find ${kind} "${arn}".`);
  };
  const model = (name = '') => find(models, 'model', arnOf('model', name), name);
  const config = (name = '') =>
    find(configs, 'endpoint configuration', arnOf('endpoint-config', name), name);
  const endpoint = (name = '') => find(endpoints, 'endpoint', arnOf('endpoint', name), name);
  const requireNew = (
    known: ReadonlyMap<string, unknown>,
    kind: string,
    arn: string,
    name: string,
  ): void => {
    if (known.has(name)) throw new AwsError(`Cannot create already existing ${kind} "${arn}".`);
  };
  const withModels = ({ ProductionVariants = [] }: CreateEndpointConfigCommandInput) =>
    ProductionVariants.map((variant) => ({ variant, model: model(variant.ModelName).input }));

  const operations = {
    async CreateModel(input: CreateModelCommandInput) {
      const { ModelName: name = '' } = input;
      const arn = arnOf('model', name);
      checkName('modelName', name);
      requireNew(models, 'model', arn, name);
      checkModel(input);
      await requireData(input);
      models.set(name, { input, arn, created: Date.now() });
      return { ModelArn: arn };
    },
    async DescribeModel({ ModelName }: DescribeModelCommandInput) {
      const { input, arn, created } = model(ModelName);
      const { Tags, ...rest } = input;
      return { ...rest, ModelArn: arn, CreationTime: seconds(created) };
    },
    async DeleteModel({ ModelName = '' }: DeleteModelCommandInput) {
      model(ModelName);
      models.delete(ModelName);
    },
    async CreateEndpointConfig(input: CreateEndpointConfigCommandInput) {
      const { EndpointConfigName: name = '' } = input;
      const arn = arnOf('endpoint-config', name);
      checkName('endpointConfigName', name);
      requireNew(configs, 'endpoint configuration', arn, name);
      checkVariants(withModels(input));
      configs.set(name, { input, arn, created: Date.now() });
      return { EndpointConfigArn: arn };
    },
    async DescribeEndpointConfig({ EndpointConfigName }: DescribeEndpointConfigCommandInput) {
      const { input, arn, created } = config(EndpointConfigName);
      const { Tags, ...rest } = input;
      return { ...rest, EndpointConfigArn: arn, CreationTime: seconds(created) };
    },
    async DeleteEndpointConfig({ EndpointConfigName = '' }: DeleteEndpointConfigCommandInput) {
      config(EndpointConfigName);
      configs.delete(EndpointConfigName);
    },
    async CreateEndpoint(input: CreateEndpointCommandInput) {
      const { EndpointName: name = '', EndpointConfigName = '' } = input;
      const arn = arnOf('endpoint', name);
      checkName('endpointName', name);
      requireNew(endpoints, 'endpoint', arn, name);
      const variants = withModels(config(EndpointConfigName).input);
      const made: Endpoint = {
        ...{ name, arn, created: Date.now(), modified: Date.now(), config: EndpointConfigName },
        ...{ status: 'Creating', variants: null, failure: undefined, fleet: null, next: null },
      };
      endpoints.set(name, made);
      void lives.roll(made, fleetOf(name, variants), () => {
        made.variants = variantsOf(variants.map(({ variant }) => variant));
      });
      return { EndpointArn: arn };
    },
    async UpdateEndpoint(input: UpdateEndpointCommandInput) {
      const { EndpointName = '', EndpointConfigName = '' } = input;
      const changed = endpoint(EndpointName);
      requireStable(changed, ['InService']);
      const variants = withModels(config(EndpointConfigName).input);
      void lives.roll(changed, fleetOf(EndpointName, variants), () => {
        const next = variantsOf(variants.map(({ variant }) => variant));
        changed.variants = retained(next, changed.variants ?? [], input);
        changed.config = EndpointConfigName;
      });
      return { EndpointArn: changed.arn };
    },
    async UpdateEndpointWeightsAndCapacities(
      input: UpdateEndpointWeightsAndCapacitiesCommandInput,
    ) {
      const changed = endpoint(input.EndpointName);
      requireStable(changed, ['InService']);
      const wishes = input.DesiredWeightsAndCapacities ?? [];
      const next = reweighted(changed.variants ?? [], wishes, changed.arn);
      void lives.reweigh(changed, () => {
        changed.variants = next;
      });
      return { EndpointArn: changed.arn };
    },
    async DescribeEndpoint({ EndpointName }: DescribeEndpointCommandInput) {
      const { name, arn, variants, failure, ...found } = endpoint(EndpointName);
      return {
        ...summaryOf({ name, arn, ...found }),
        EndpointConfigName: found.config,
        ...(variants && { ProductionVariants: variants }),
        ...(failure && { FailureReason: failure }),
      };
    },
    async DeleteEndpoint({ EndpointName = '' }: DeleteEndpointCommandInput) {
      const gone = endpoint(EndpointName);
      requireStable(gone, ['InService', 'Failed']);
      void lives.remove(gone, () => endpoints.delete(EndpointName));
    },
    async ListEndpoints({ NameContains = '', StatusEquals, ...rest }: ListEndpointsCommandInput) {
      const unknown = Object.keys(rest);
      if (unknown.length > 0) throw new AwsError(`The stub does not list by ${unknown}.`);
      const found = [...endpoints.values()].filter(
        ({ name, status }) =>
          name.includes(NameContains) && (!StatusEquals || status === StatusEquals),
      );
      return { Endpoints: found.map(summaryOf) };
    },
  };
  return {
    operations,
    endpoint: (name: string) => endpoints.get(name),
    async stop() {
      await Promise.all([...endpoints.values()].map(ended));
    },
  };
};

const summaryOf = (found: Pick<Endpoint, 'name' | 'arn' | 'status' | 'created' | 'modified'>) => ({
  EndpointName: found.name,
  EndpointArn: found.arn,
  EndpointStatus: found.status,
  CreationTime: seconds(found.created),
  LastModifiedTime: seconds(found.modified),
});
