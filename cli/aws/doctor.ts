import { type Check, ok, wrong } from '../about/checks';
import { tellChecks } from '../about/tell-checks';
import { CliError } from '../cli-error';
import type { Environment } from '../environment';
import { type GlobalOptions, openSession } from '../session';
import { checkBootstrap, checkConcurrency, checkSageMaker } from './account-checks';
import { openAccount } from './aws-account';
import type { AwsOptions } from './sdk';
import { checkInstanceTypes, checkMakers, checkModelServer, checkStacks } from './stage-checks';
import { checkUsagePlans } from './usage-plans';

interface DoctorOptions extends AwsOptions {
  readonly stage: string;
}

/**
 * Checks an AWS account and a stage in it, with the caller's own AWS credentials.
 * @throws CliError when anything is wrong, after all of it was told
 */
export const diagnoseAws = async (
  environment: Environment,
  options: GlobalOptions & DoctorOptions,
): Promise<void> => {
  const session = openSession(environment, options, () => null);
  await tellChecks(session, await checksOf(options));
};

const checksOf = async (options: DoctorOptions): Promise<readonly Check[]> => {
  const { stage } = options;
  try {
    const aws = await openAccount(options);
    const found = await Promise.all([
      checkSageMaker(aws, options),
      checkBootstrap(aws),
      checkConcurrency(options),
      checkUsagePlans(aws),
      checkStacks(aws, stage),
      checkModelServer(aws, stage),
      checkMakers(aws, stage, options),
      checkInstanceTypes(aws, stage, options),
    ]);
    return [ok('credentials', `${aws.caller}, account ${aws.account}`), ...found.flat()];
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const way = error.hint ?? 'see whether `aws sts get-caller-identity` answers';
    return [wrong('credentials', error.message, way)];
  }
};
