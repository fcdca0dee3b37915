import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CliError } from '../cli-error';
import type { Environment } from '../environment';
import { type GlobalOptions, openSession, type Session } from '../session';
import { confirm } from '../terminal/confirm';
import { deleteStacks, type Outcome } from './delete-stacks';
import { type AwsOptions, awsFailure, clientConfig, sdk } from './sdk';
import { type StageStacks, serviceOf, stageFunctions, stageStacks } from './stage';

interface DestroyOptions extends AwsOptions {
  readonly stage: string;
  readonly yes?: boolean;
}

/**
 * Deletes the services of a stage, which CDK does not know of, so that `cdk destroy` can follow. The
 * functions that make services are stopped first: they would make them anew.
 * @throws CliError when a stack could not be deleted, after all of it was told
 */
export const destroy = async (
  environment: Environment,
  options: GlobalOptions & DestroyOptions,
): Promise<void> => {
  const { stage, yes = false } = options;
  const session = openSession(environment, options, () => null);
  const { CloudFormationClient } = await sdk(() => import('@aws-sdk/client-cloudformation'));
  const client = new CloudFormationClient(clientConfig(options));
  try {
    const found = await stageStacks(client, stage);
    if (found.services.length > 0) await confirm(environment, questionOf(stage, found), yes);
    // Also where there are none: one may be wanted that is not there yet.
    if (found.platform.some(({ StackName }) => StackName === `tidegate-${stage}-api`)) {
      await stopMakers(client, options);
      session.say(`The platform of ${stage} makes no services any more.`);
    }
    const settled = await deleteAll(session, client, stage, found);
    const left = (await stageStacks(client, stage)).platform;
    await tell(session, stage, {
      settled,
      left: left.map(({ StackName = '' }) => StackName),
    });
  } catch (error) {
    throw awsFailure(error);
  }
};

const questionOf = (stage: string, { services }: StageStacks): string => {
  const names = services.map(serviceOf);
  const what = names.length === 1 ? 'the service' : `${names.length} services`;
  const [, , , region, account] = services[0]?.StackId?.split(':') ?? [];
  return `Delete ${what} ${names.join(', ')} of the stage ${stage} in account ${account}, ${region}, their endpoints and keys?`;
};

/** Those that make services' stacks. */
const MAKERS = ['Reconcile', 'Services'];

const stopMakers = async (client: CloudFormationClient, options: DestroyOptions): Promise<void> => {
  const { LambdaClient, PutFunctionConcurrencyCommand } = await sdk(
    () => import('@aws-sdk/client-lambda'),
  );
  const lambda = new LambdaClient(clientConfig(options));
  for (const FunctionName of await stageFunctions(client, options.stage, MAKERS)) {
    const none = { FunctionName, ReservedConcurrentExecutions: 0 };
    await lambda.send(new PutFunctionConcurrencyCommand(none));
  }
};

/** What such a function had begun may still come: then it is deleted, too. */
const ROUNDS = 5;

const deleteAll = async (
  { progress }: Session,
  client: CloudFormationClient,
  stage: string,
  found: StageStacks,
): Promise<readonly Outcome[]> => {
  const line = progress();
  const settled: Outcome[] = [];
  const onSettled = (outcome: Outcome): void => {
    settled.push(outcome);
    line.update(`${settled.length} services are done`);
  };
  line.update('deleting');
  try {
    let { services } = found;
    for (let round = 0; round < ROUNDS && services.length > 0; round += 1) {
      await deleteStacks({ client, onSettled }, services);
      if (settled.some(({ reason }) => reason !== null)) break;
      services = (await stageStacks(client, stage)).services;
    }
    return settled;
  } finally {
    line.done();
  }
};

interface Told {
  readonly settled: readonly Outcome[];
  readonly left: readonly string[];
}

const tell = async (session: Session, stage: string, { settled, left }: Told): Promise<void> => {
  const { answer, print, say } = session;
  const failed = settled.filter(({ reason }) => reason !== null);
  const deleted = settled.filter(({ reason }) => reason === null).map(({ stack }) => stack);
  const next = left.length > 0 ? `npx cdk destroy --all -c stage=${stage}` : null;
  await answer({ stage, deleted, failed, left, next }, async () => {
    for (const stack of deleted) await print(`${stack} is deleted`);
    for (const { stack, reason } of failed) await print(`${stack} is not deleted: ${reason}`);
    if (settled.length === 0) await print(`There are no services of the stage ${stage}.`);
    await print(left.length > 0 ? `Left: ${left.join(', ')}` : 'Nothing is left.');
  });
  if (failed.length > 0) {
    throw new CliError(`${failed.length} of the services could not be deleted`, {
      hint: `mend what is said, then again: tidegate destroy --stage ${stage}`,
    });
  }
  if (next === null) return;
  say(`Next: ${next}`);
  say('A stage like prod is protected, and keeps its data: docs/aws.md says how it goes, too.');
};
