import { type Stack, Validations } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { StageConfig } from '../config';

/** Where functions run. */
export interface FunctionNetwork {
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
}

/** The network that a stage gives its functions; undefined: none of the account's. */
export const functionNetwork = (
  stack: Stack,
  { network }: StageConfig,
): FunctionNetwork | undefined => {
  if (network === null) return undefined;
  const vpc = Vpc.fromVpcAttributes(stack, 'Network', {
    vpcId: network.vpcId,
    availabilityZones: [...network.availabilityZones],
    privateSubnetIds: [...network.privateSubnetIds],
  });
  Validations.of(vpc).acknowledge({
    id: 'Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId',
    reason: 'Functions are put into subnets; whose routes they have, nobody asks here.',
  });
  const securityGroup = new SecurityGroup(stack, 'FunctionsOut', {
    vpc,
    description: 'Tidegate: functions call AWS, and nobody calls them',
  });
  return { vpc, securityGroup };
};
