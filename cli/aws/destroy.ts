import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CliError } from '../cli-error';
import type { Environment } from '../environment';
import { type GlobalOptions, openSession, type Session } from '../session';
import { confirm } from '../terminal/confirm';
import { interruptible } from '../terminal/interrupt';
import { deleteStacks, type Outcome } from './delete-stacks';
import { type Makers, openMakers } from './makers';
import { type AwsOptions, awsFailure, clientConfig, sdk } from './sdk';
import { type StageStacks, serviceOf, stageStacks } from './stage';

interface DestroyOptions extends AwsOptions {
  readonly stage: string;
  readonly yes?: boolean;
  readonly undo?: boolean;
}

/**
 * Deletes the services of a stage, which CDK does not know of, so that `cdk destroy` can follow. What
 * makes services is stopped first: it would make them anew. It stays so when all are gone, and goes on
 * when not; `undo` has it go on in any case, and does no more.
 * @throws CliError when a stack could not be deleted, after all of it was told
 */
export const destroy = async (
  environment: Environment,
  options: GlobalOptions & DestroyOptions,
): Promise<void> => {
  const { stage, yes = false, undo = false } = options;
  const session = openSession(environment, options, () => null);
  const { CloudFormationClient } = await sdk(() => import('@aws-sdk/client-cloudformation'));
  const client = new CloudFormationClient(clientConfig(options));
  try {
    const found = await stageStacks(client, stage);
    const isDeployed = found.platform.some(
      ({ StackName }) => StackName === `tidegate-${stage}-api`,
    );
    const makers = isDeployed ? await openMakers(client, stage, options) : null;
    if (undo) {
      if (!makers) throw new CliError(`the stage ${stage} is not deployed here`);
      await makers.start();
      await session.answer({ stage, makes_services: true }, () => session.print(GOES_ON));
      return;
    }
    if (found.services.length > 0) await confirm(environment, questionOf(stage, found), yes);
    const settled = await interruptible((signal) =>
      deleteAll({ session, client, makers, signal }, stage, found),
    );
    const left = (await stageStacks(client, stage)).platform;
    await tell(session, stage, {
      settled,
      left: left.map(({ StackName = '' }) => StackName),
    });
  } catch (error) {
    throw awsFailure(error);
  }
};

const GOES_ON = 'The platform makes services again: what is wanted comes back within minutes.';

const questionOf = (stage: string, { services }: StageStacks): string => {
  const names = services.map(serviceOf);
  const what = names.length === 1 ? 'the service' : `${names.length} services`;
  const [, , , region, account] = services[0]?.StackId?.split(':') ?? [];
  return `Delete ${what} ${names.join(', ')} of the stage ${stage} in account ${account}, ${region}, their endpoints and keys?`;
};

/** What such a function had begun may still come: then it is deleted, too. */
const ROUNDS = 5;
/** A run that is going on asks for a stack within seconds, if it does; to its timeout it takes minutes. */
const MOST_WAITED_S = 30;

interface Work {
  readonly session: Session;
  readonly client: CloudFormationClient;
  /** Null where the platform itself is not there. */
  readonly makers: Makers | null;
  readonly signal: AbortSignal;
}

const deleteAll = async (
  { session, client, makers, signal }: Work,
  stage: string,
  found: StageStacks,
): Promise<readonly Outcome[]> => {
  const line = session.progress();
  const settled: Outcome[] = [];
  const onSettled = (outcome: Outcome): void => {
    settled.push(outcome);
    line.update(`${settled.length} services are done`);
  };
  let isAllGone = false;
  try {
    // Also where there are no services: one may be wanted that is not there yet.
    const goesOnFor = Math.min((await makers?.stop()) ?? 0, MOST_WAITED_S);
    const stillAt = Date.now() + goesOnFor * 1_000;
    line.update('deleting');
    let { services } = found;
    for (let round = 0; round < ROUNDS; round += 1) {
      if (services.length > 0) {
        await deleteStacks({ client, onSettled, signal }, services);
        if (settled.some(({ reason }) => reason !== null)) break;
      } else {
        const left = stillAt - Date.now();
        if (left <= 0) break;
        line.update('waiting for what the platform had begun');
        await waited(left, signal);
      }
      services = (await stageStacks(client, stage)).services;
    }
    isAllGone = services.length === 0;
    return settled;
  } finally {
    line.done();
    if (makers) session.say(isAllGone ? STOPPED : await startAgain(makers, stage));
  }
};

const waited = async (ms: number, signal: AbortSignal): Promise<void> => {
  await sleep(ms, undefined, { signal }).catch(() => {
    throw new CliError('interrupted before it was certain that no service comes back');
  });
};

const STOPPED = 'The platform makes no services any more.';

/** What could not be deleted is the stage's still, and with it what was deleted before. */
const startAgain = (makers: Makers, stage: string): Promise<string> =>
  makers.start().then(
    () => GOES_ON,
    () =>
      `The platform makes no services, and could not be told to: npx tidegate destroy --stage ${stage} --undo`,
  );

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
  say(`To keep the stage after all: npx tidegate destroy --stage ${stage} --undo`);
  say('A stage like prod is protected, and keeps its data: docs/aws.md says how it goes, too.');
};
