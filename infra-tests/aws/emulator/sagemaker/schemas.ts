import {
  CreateEndpoint$,
  CreateEndpointConfig$,
  CreateModel$,
  DeleteEndpoint$,
  DeleteEndpointConfig$,
  DeleteModel$,
  DescribeEndpoint$,
  DescribeEndpointConfig$,
  DescribeModel$,
  ListEndpoints$,
  UpdateEndpoint$,
  UpdateEndpointWeightsAndCapacities$,
} from '@aws-sdk/client-sagemaker';

/** The SDK's schemas of every operation that the stub speaks: [kind, namespace, name, traits, input, output]. */
export const schemas = {
  CreateModel: CreateModel$,
  DescribeModel: DescribeModel$,
  DeleteModel: DeleteModel$,
  CreateEndpointConfig: CreateEndpointConfig$,
  DescribeEndpointConfig: DescribeEndpointConfig$,
  DeleteEndpointConfig: DeleteEndpointConfig$,
  CreateEndpoint: CreateEndpoint$,
  UpdateEndpoint: UpdateEndpoint$,
  UpdateEndpointWeightsAndCapacities: UpdateEndpointWeightsAndCapacities$,
  DescribeEndpoint: DescribeEndpoint$,
  DeleteEndpoint: DeleteEndpoint$,
  ListEndpoints: ListEndpoints$,
};
