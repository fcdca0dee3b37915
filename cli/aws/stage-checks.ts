import type { Stack } from '@aws-sdk/client-cloudformation';
import { type Check, note, ok, wrong } from '../about/checks';
import { look, parameterIn } from './account-checks';
import type { AwsAccount } from './aws-account';
import { openMakers } from './makers';
import { type AwsOptions, clientConfig, sdk } from './sdk';
import { serviceOf, stageFunctions, stageStacks } from './stage';

/** The stacks of a stage. */
export const checkStacks = (
  { cloudformation }: AwsAccount,
  stage: string,
): Promise<readonly Check[]> =>
  look(`stage ${stage}`, 'cloudformation:DescribeStacks', async () => {
    const { platform, services } = await stageStacks(cloudformation, stage);
    if (platform.length === 0 && services.length === 0) {
      const way = `npx cdk deploy --all -c stage=${stage}`;
      return [note(`stage ${stage}`, 'is not deployed here', way)];
    }
    return [
      ...platform.map((stack) => checkStack(stack.StackName ?? '', stack)),
      ...services.map((stack) => checkStack(`service ${serviceOf(stack)}`, stack)),
    ];
  });

const checkStack = (name: string, { StackStatus: status, StackStatusReason }: Stack): Check => {
  const StackStatus: string = status ?? '';
  const detail = StackStatusReason ? `${StackStatus}: ${StackStatusReason}` : StackStatus;
  if (/FAILED$|ROLLBACK_COMPLETE$/.test(StackStatus)) {
    // The stack before a failed update goes on.
    if (StackStatus === 'UPDATE_ROLLBACK_COMPLETE') {
      return note(name, detail, "the last change was taken back: the stack's events say why");
    }
    return wrong(name, detail, "the stack's events in the CloudFormation console say why");
  }
  return /_IN_PROGRESS$/.test(StackStatus) ? note(name, detail, null) : ok(name, detail);
};

/** The image that models run in: that it is where the stage says. */
export const checkModelServer = (
  { ask, account }: AwsAccount,
  stage: string,
  name = 'model server',
): Promise<readonly Check[]> =>
  look(name, 'ssm:GetParameter and ecr:DescribeImages', async () => {
    const again = `npx cdk deploy --all -c stage=${stage}`;
    let image: string;
    try {
      const Name = `/tidegate/${stage}/model-server-image`;
      image = parameterIn(await ask('ssm', 'AmazonSSM.GetParameter', { Name }));
    } catch (error) {
      if ((error as Error).name !== 'ParameterNotFound') throw error;
      return [];
    }
    const [, owner, repositoryName, digest, tag] =
      /^(\d{12})\.dkr\.ecr\.[^/]+\/([^:@]+)(?:@(sha256:\w+)|:(.+))$/.exec(image) ?? [];
    if (owner !== account || !repositoryName) {
      return [note(name, `${image} is in another registry, which is not looked into`, null)];
    }
    const imageIds = [digest ? { imageDigest: digest } : { imageTag: tag }];
    try {
      const target = 'AmazonEC2ContainerRegistry_V20150921.DescribeImages';
      await ask('ecr', target, { repositoryName, imageIds });
      return [ok(name, image)];
    } catch (error) {
      const isGone = /^(Image|Repository)NotFoundException$/.test((error as Error).name);
      if (!isGone) throw error;
      return [wrong(name, `${image} is not there: no model can start`, again)];
    }
  });

/** Whether the platform brings about what is wanted: `tidegate destroy` keeps it from it. */
export const checkMakers = (
  { cloudformation }: AwsAccount,
  stage: string,
  options: AwsOptions,
  name = 'making of services',
): Promise<readonly Check[]> =>
  look(name, 'cloudformation:GetTemplate, lambda:GetFunctionConcurrency', async () => {
    const makers = await openMakers(cloudformation, stage, options);
    const areStopped = await makers.areStopped().catch((error: unknown) => {
      // The stage is not deployed: that is told elsewhere.
      if ((error as Error).name === 'ValidationError') return null;
      throw error;
    });
    if (areStopped === null) return [];
    if (!areStopped) return [ok(name, 'goes on')];
    const detail = 'was stopped by `tidegate destroy`: nothing that is wanted is brought about';
    const keep = `npx tidegate destroy --stage ${stage} --undo`;
    return [wrong(name, detail, `${keep}, or npx cdk destroy --all -c stage=${stage}`)];
  });

const MAX_SHOWN = 12;

/** Which instance types the stage allows, and by which name their quotas go. */
export const checkInstanceTypes = (
  { cloudformation }: AwsAccount,
  stage: string,
  options: AwsOptions,
  name = 'instance types',
): Promise<readonly Check[]> =>
  look(name, 'cloudformation:ListStackResources, lambda:GetFunctionConfiguration', async () => {
    const { LambdaClient, GetFunctionConfigurationCommand } = await sdk(
      () => import('@aws-sdk/client-lambda'),
    );
    const [found] = await stageFunctions(cloudformation, stage, ['Services']).catch(
      (error: unknown) => {
        // The stage is not deployed: that is told elsewhere.
        if ((error as Error).name === 'ValidationError') return [];
        throw error;
      },
    );
    if (found === undefined) return [];
    const lambda = new LambdaClient(clientConfig(options));
    const asked = new GetFunctionConfigurationCommand({ FunctionName: found.name });
    const { Environment } = await lambda.send(asked);
    const types = (Environment?.Variables?.ALLOWED_INSTANCE_TYPES ?? '').split(',').filter(Boolean);
    const shown = types.slice(0, MAX_SHOWN).join(', ');
    const way =
      'quotas that new accounts have at 0 or low: Service Quotas, Amazon SageMaker, "<type> for endpoint usage"';
    return [note(name, `${shown}${types.length > MAX_SHOWN ? ', …' : ''}`, way)];
  });
