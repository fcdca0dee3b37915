import { type Check, note, ok, wrong } from '../about/checks';
import type { AwsAccount } from './aws-account';
import { type AwsOptions, awsFailure, clientConfig, isDenied, sdk } from './sdk';

/** A look at something of AWS's; what these credentials may not see is a note with the right it takes. */
export const look = async (
  name: string,
  right: string,
  looking: () => Promise<readonly Check[]>,
): Promise<readonly Check[]> => {
  try {
    return await looking();
  } catch (error) {
    if (isDenied(error)) return [note(name, 'these credentials may not see it', `allow ${right}`)];
    const { message, hint } = awsFailure(error);
    return [wrong(name, message, hint ?? 'is the Region one that has this service?')];
  }
};

const QUALIFIER = 'hnb659fds';
/** What stacks of this CDK ask for. */
const LEAST_BOOTSTRAP = 6;

/** Whether `cdk bootstrap` was run in this account and Region. */
export const checkBootstrap = (
  { ask, account, region }: AwsAccount,
  name = 'cdk bootstrap',
): Promise<readonly Check[]> =>
  look(name, 'ssm:GetParameter', async () => {
    const way = `npx cdk bootstrap aws://${account}/${region}`;
    const Name = `/cdk-bootstrap/${QUALIFIER}/version`;
    try {
      const answer = await ask('ssm', 'AmazonSSM.GetParameter', { Name });
      const version = parameterIn(answer);
      if (Number(version) >= LEAST_BOOTSTRAP) return [ok(name, `version ${version}`)];
      return [wrong(name, `version ${version} is too old`, way)];
    } catch (error) {
      if ((error as Error).name !== 'ParameterNotFound') throw error;
      return [wrong(name, `was not run in ${region}`, way)];
    }
  });

/** The text of a parameter. */
export const parameterIn = (answer: unknown): string => {
  const { Parameter } = answer as { Parameter?: { Value?: string } };
  return Parameter?.Value ?? '';
};

/** Whether SageMaker answers in this Region. */
export const checkSageMaker = (
  { region }: AwsAccount,
  options: AwsOptions,
  name = 'region',
): Promise<readonly Check[]> =>
  look(name, 'sagemaker:ListEndpoints', async () => {
    const { SageMakerClient, ListEndpointsCommand } = await sdk(
      () => import('@aws-sdk/client-sagemaker'),
    );
    const client = new SageMakerClient(clientConfig(options));
    await client.send(new ListEndpointsCommand({ MaxResults: 1 }));
    return [ok(name, `${region}, with SageMaker`)];
  });

/** Lambda keeps this many from being reserved. */
const UNRESERVED = 100;
/** What a stage like prod reserves for its functions. */
const RESERVED = 525;

/** How many requests the account's functions may answer at once. */
export const checkConcurrency = (
  options: AwsOptions,
  name = 'concurrency',
): Promise<readonly Check[]> =>
  look(name, 'lambda:GetAccountSettings', async () => {
    const { LambdaClient, GetAccountSettingsCommand } = await sdk(
      () => import('@aws-sdk/client-lambda'),
    );
    const client = new LambdaClient(clientConfig(options));
    const { AccountLimit = {} } = await client.send(new GetAccountSettingsCommand({}));
    const { ConcurrentExecutions: most = 0, UnreservedConcurrentExecutions: free = most } =
      AccountLimit;
    const detail = `${most} functions at once, ${free} of them unreserved`;
    const more = 'ask Service Quotas for more: AWS Lambda, "Concurrent executions"';
    if (most < UNRESERVED) return [note(name, `${detail}: callers will wait`, more)];
    if (most < RESERVED + UNRESERVED) {
      return [note(name, `${detail}: a stage like prod cannot reserve its ${RESERVED}`, more)];
    }
    return [ok(name, detail)];
  });
