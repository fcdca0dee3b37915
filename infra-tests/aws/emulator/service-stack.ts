import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';

/** A version of a service for the emulator's own tests. */
export interface Version {
  readonly name: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A prefix in S3: `s3://bucket/prefix/`. */
  readonly data?: string;
  readonly weight?: number;
  readonly instanceType?: string;
  readonly role?: string;
}

const PATIENCE_MS = 30_000;

/** A service as a template: a model for each version, and one endpoint of them all. */
export const serviceTemplate = (EndpointName: string, versions: readonly Version[]): string => {
  const models = versions.map((version) => [`Model${version.name}`, modelOf(version)]);
  const Config = {
    Type: 'AWS::SageMaker::EndpointConfig',
    Properties: { ProductionVariants: versions.map(variantOf) },
  };
  const Endpoint = {
    Type: 'AWS::SageMaker::Endpoint',
    Properties: {
      EndpointName,
      EndpointConfigName: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] },
      RetainAllVariantProperties: true,
    },
  };
  return JSON.stringify({ Resources: { ...Object.fromEntries(models), Config, Endpoint } });
};

const EXECUTION = 'arn:aws:iam::000000000000:role/execution';

const modelOf = ({ name, environment = {}, data, role = EXECUTION }: Version) => ({
  Type: 'AWS::SageMaker::Model',
  Properties: {
    ExecutionRoleArn: role,
    PrimaryContainer: {
      Image: '000000000000.dkr.ecr.us-east-1.amazonaws.com/model-server:1',
      Environment: environment,
      ...(data && {
        ModelDataSource: {
          S3DataSource: { S3Uri: data, S3DataType: 'S3Prefix', CompressionType: 'None' },
        },
      }),
    },
    Tags: [{ Key: 'version', Value: name }],
  },
});

const variantOf = ({ name, weight = 1, instanceType = 'ml.m5.large' }: Version) => ({
  VariantName: name,
  ModelName: { 'Fn::GetAtt': [`Model${name}`, 'ModelName'] },
  InstanceType: instanceType,
  InitialInstanceCount: 1,
  InitialVariantWeight: weight,
});

/** Creates or updates a service's stack. @returns its status when it has settled */
export const putService = async (
  client: CloudFormationClient,
  StackName: string,
  versions: readonly Version[],
): Promise<string> => {
  const wanted = { StackName, TemplateBody: serviceTemplate(StackName, versions) };
  const isKnown = (await statusOf(client, StackName)) !== 'GONE';
  await (isKnown
    ? client.send(new UpdateStackCommand(wanted))
    : client.send(new CreateStackCommand(wanted)));
  return settled(client, StackName);
};

/** A stack's status when nothing happens to it any more; GONE when it is not there. */
export const settled = async (client: CloudFormationClient, name: string): Promise<string> => {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(50)) {
    const status = await statusOf(client, name);
    if (!status.endsWith('IN_PROGRESS')) return status;
  }
  throw new Error(`${name} did not settle within ${PATIENCE_MS} ms`);
};

const statusOf = async (client: CloudFormationClient, StackName: string): Promise<string> => {
  const answer = await client.send(new DescribeStacksCommand({ StackName })).catch(() => null);
  return answer?.Stacks?.[0]?.StackStatus ?? 'GONE';
};
