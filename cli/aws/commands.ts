import { type Command, Option } from 'commander';
import { withExample } from '../command-parts';
import type { Environment } from '../environment';
import { number, whole } from '../option-values';
import type { Act, GlobalOptions } from '../session';
import { showCost } from './cost';
import { destroy } from './destroy';
import { login, logout, ROLES } from './login';
import type { AwsOptions } from './sdk';
import { stageName } from './stage';
import { stagesLike } from './stage-like';

/** Adds which AWS credentials and Region are meant. */
export const withAws = (command: Command): Command =>
  command
    .option('--profile <name>', 'of the AWS credentials (AWS_PROFILE)')
    .option('--region <name>', 'of AWS (AWS_REGION)');

/** Adds which stage of an AWS account is meant. */
export const withStage = (command: Command): Command =>
  command.option('--stage <name>', 'as in `cdk deploy -c stage=`', stageName, 'dev');

const MOST = 1e12;
const MILLION = 1_000_000;
const PER_SECOND = 10;

/** `login`, `logout`, `cost`, `destroy`: the AWS home. */
export const addAws = (root: Command, environment: Environment, act: Act): void => {
  const withAll =
    <O>(run: (environment: Environment, options: GlobalOptions & O) => Promise<void>) =>
    (_: unknown, command: Command) =>
      run(environment, command.optsWithGlobals<GlobalOptions & O>());

  withExample(
    withAws(root.command('login').description('Sign in to the AWS home with AWS credentials'))
      .addOption(
        new Option('--role <role>', 'what IAM lets you be').choices(ROLES).default('viewer'),
      )
      .action(withAll<AwsOptions & { role: (typeof ROLES)[number] }>(login)),
    'tidegate login --endpoint https://abc123.execute-api.eu-west-1.amazonaws.com/v1 --role editor',
  );
  withExample(
    root
      .command('logout')
      .description('Forget what `login` was given')
      .action(withAll<object>(logout)),
    'tidegate logout',
  );
  withExample(
    root
      .command('cost')
      .description('Estimate what the AWS home costs a month')
      .option('--predictions <n>', 'a month', whole(1, MOST), MILLION)
      .option('--per-second <n>', 'how fast they come', number(0.001, MILLION), PER_SECOND)
      .option('--service <name>', 'the endpoints of this service alone')
      .addOption(
        new Option('--like <stage>', 'what the stage has')
          .choices(Object.keys(stagesLike))
          .default('dev'),
      )
      .action(act(showCost)),
    'tidegate cost --predictions 5000000',
    'tidegate cost --service wine --like prod',
  );
  withExample(
    withAws(
      withStage(
        root
          .command('destroy')
          .description('Delete the services of a stage, so that `cdk destroy` can delete the rest'),
      ),
    )
      .option('--yes', 'without asking')
      .option('--undo', 'have the platform make services again, where it was stopped')
      .action(withAll<AwsOptions & { stage: string; yes?: boolean; undo?: boolean }>(destroy)),
    'tidegate destroy --stage dev',
    'tidegate destroy --stage dev --undo',
  );
};
