import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';

/** What stacks tell each other; service stacks read it, too. */
export type PlatformValue =
  | 'api-id'
  | 'api-stage'
  | 'records-table'
  | 'data-key'
  | 'captured-bucket'
  | 'captured-requests'
  | 'tables-bucket'
  | 'results-bucket'
  | 'artifacts-bucket'
  | 'execution-role'
  | 'capture-role'
  | 'model-server-image'
  | 'model-server-image-gpu'
  | 'model-subnets'
  | 'model-security-group'
  | 'alarm-topic'
  | 'packages-function';

const parameterName = (stage: string, value: PlatformValue): string =>
  `/tidegate/${stage}/${value}`;

const idOf = (value: PlatformValue): string =>
  `Value-${value}`.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Tells other stacks: a parameter, because what one stack exports cannot change while another imports it. */
export const tell = (
  scope: Construct,
  stage: string,
  values: Readonly<Partial<Record<PlatformValue, string>>>,
): readonly StringParameter[] =>
  (Object.entries(values) as [PlatformValue, string][]).map(
    ([value, stringValue]) =>
      new StringParameter(scope, idOf(value), {
        parameterName: parameterName(stage, value),
        stringValue,
      }),
  );

/** What another stack told, as it is when this one is deployed. */
export const told = (scope: Construct, stage: string, value: PlatformValue): string =>
  StringParameter.valueForStringParameter(scope, parameterName(stage, value));
