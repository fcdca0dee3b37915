import type { CloudFormationClient, Stack } from '@aws-sdk/client-cloudformation';
import { InvalidArgumentError } from 'commander';
import { sdk } from './sdk';

/** Reads a stage's name: what CDK's `-c stage=` takes. */
export const stageName = (text: string): string => {
  if (/^[a-z][a-z0-9]{0,10}$/.test(text)) return text;
  throw new InvalidArgumentError('Up to 11 lower-case letters and digits, like dev.');
};

/** A stage's stacks in this account and Region. */
export interface StageStacks {
  /** Of services, made by the platform or the manifest. */
  readonly services: readonly Stack[];
  /** Of the platform itself, as CDK deploys it. */
  readonly platform: readonly Stack[];
}

/** Finds the stacks of a stage. */
export const stageStacks = async (
  client: CloudFormationClient,
  stage: string,
): Promise<StageStacks> => {
  const { paginateDescribeStacks } = await sdk(() => import('@aws-sdk/client-cloudformation'));
  const found: Stack[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) found.push(...Stacks);
  const there = found.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
  const ofService = `tidegate-${stage}-service-`;
  const ofPlatform = ['data', 'api', 'tables', 'packages'].map(
    (name) => `tidegate-${stage}-${name}`,
  );
  return {
    services: there.filter(({ StackName = '' }) => StackName.startsWith(ofService)),
    platform: there.filter(({ StackName = '' }) => ofPlatform.includes(StackName)),
  };
};

/** The service that a stack is of. */
export const serviceOf = ({ StackName = '' }: Pick<Stack, 'StackName'>): string =>
  StackName.replace(/^tidegate-[a-z0-9]+-service-/, '');

/** A function of a stage: its logical id in the stack, and its name in AWS. */
interface StageFunction {
  readonly id: string;
  readonly name: string;
}

/** A stage's functions, by the construct that made them: `Reconcile`, `Services`. */
export const stageFunctions = async (
  client: CloudFormationClient,
  stage: string,
  constructs: readonly string[],
): Promise<readonly StageFunction[]> => {
  const { paginateListStackResources } = await sdk(() => import('@aws-sdk/client-cloudformation'));
  const StackName = `tidegate-${stage}-api`;
  const functions: StageFunction[] = [];
  for await (const page of paginateListStackResources({ client }, { StackName })) {
    for (const resource of page.StackResourceSummaries ?? []) {
      const { ResourceType, LogicalResourceId: id = '', PhysicalResourceId: name } = resource;
      if (ResourceType !== 'AWS::Lambda::Function' || !name) continue;
      if (constructs.some((construct) => id.startsWith(`${construct}Function`))) {
        functions.push({ id, name });
      }
    }
  }
  return functions;
};
