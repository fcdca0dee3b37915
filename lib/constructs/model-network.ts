import { CfnOutput, type Stack } from 'aws-cdk-lib';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { StageConfig } from '../config';
import { outsideEcr } from '../image-registries';
import type { FunctionNetwork } from './function-network';
import type { Right } from './right';

/** Where models run whose images lie outside ECR. */
export interface ModelNetwork {
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
  /** What their role needs beyond that of others. */
  readonly rights: readonly Right[];
}

/**
 * The network of models with images outside ECR; undefined where the stage names no such registry.
 * @throws for a registry or network that SageMaker could not pull through
 */
export const modelNetwork = (
  stack: Stack,
  network: FunctionNetwork | undefined,
  config: StageConfig,
): ModelNetwork | undefined => {
  const outside = outsideEcr(config);
  if (outside === null || network === undefined) return undefined;
  const { securityGroupId } = new SecurityGroup(stack, 'ModelsOut', {
    vpc: network.vpc,
    description: 'Tidegate: models of registries outside ECR call out, and nobody calls them',
  });
  // Registries that lie in the network let it in.
  new CfnOutput(stack, 'ModelsSecurityGroup', { value: securityGroupId });
  const subnetIds = outside.network.privateSubnetIds;
  const logins = outside.registries.flatMap(({ credentialsFunction }) => credentialsFunction ?? []);
  return {
    ...{ subnetIds, securityGroupId },
    rights: [...inNetwork(stack, subnetIds, securityGroupId), ...asks(logins)],
  };
};

const asks = (logins: readonly string[]): readonly Right[] =>
  logins.length > 0
    ? [{ actions: ['lambda:InvokeFunction'], resources: [...new Set(logins)] }]
    : [];

/** What SageMaker does in the name of a model's role to put it into a network. */
const inNetwork = (stack: Stack, subnetIds: readonly string[], group: string): readonly Right[] => {
  const arnOf = (resource: string, resourceName: string) =>
    stack.formatArn({ service: 'ec2', resource, resourceName });
  const subnets = subnetIds.map((id) => arnOf('subnet', id));
  const interfaces = arnOf('network-interface', '*');
  const because = 'EC2 names network interfaces; they are made in these subnets alone.';
  return [
    {
      actions: ['ec2:CreateNetworkInterface'],
      resources: [...subnets, arnOf('security-group', group), interfaces],
      because,
    },
    {
      actions: ['ec2:CreateNetworkInterfacePermission'],
      resources: [interfaces],
      conditions: { ArnEquals: { 'ec2:Subnet': subnets } },
      because,
    },
    {
      actions: [
        'ec2:DeleteNetworkInterface',
        'ec2:DeleteNetworkInterfacePermission',
        'ec2:DescribeDhcpOptions',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcEndpoints',
        'ec2:DescribeVpcs',
      ],
      resources: ['*'],
      because: 'EC2 lists without resources, and takes none for permissions of interfaces.',
    },
  ];
};
