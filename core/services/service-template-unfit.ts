import type { VersionPlan } from '../inference/model-host';
import { environmentOf } from './service-template-environment';
import { needsNetwork } from './service-template-image';

/** SageMaker's limits: characters of a variable's value, and of all variables together. */
const LONGEST_VALUE = 1_024;
const LONGEST_ENVIRONMENT = 32 * 1_024;
/** CloudFormation would put a secret or parameter of the account in its place. */
const REFERENCE = '{{resolve:';

/** Why a version's image does not run without instances, for a person to act on; null when it does. */
export const serverlessReason = (version: Pick<VersionPlan, 'model' | 'compute'>): string | null =>
  'serverless' in version.compute && needsNetwork(version)
    ? 'its image lies outside ECR, and SageMaker runs such images on instances alone: give it compute such as ml.m5.large:1, or push the image to ECR'
    : null;

/**
 * Why a version cannot be part of a service's stack, for a person to act on; null when it can.
 * It is left out, for with it the stack would fail, or read what its author may not.
 */
export const unfitReason = (
  version: Pick<VersionPlan, 'model' | 'compute' | 'environment'>,
): string | null => {
  const variables = Object.entries(environmentOf(version));
  const referring = variables.find(([, value]) => value.includes(REFERENCE));
  if (referring || version.model.container?.image.includes(REFERENCE)) {
    const what = referring ? `the environment variable ${referring[0]}` : 'the name of its image';
    return `${what} contains "${REFERENCE}", which CloudFormation would replace: write it otherwise`;
  }
  const long = variables.find(([, value]) => value.length > LONGEST_VALUE);
  if (long) {
    return `the environment variable ${long[0]} is longer than the ${LONGEST_VALUE} characters that SageMaker takes: shorten it`;
  }
  const size = variables.flat().join('').length;
  if (size <= LONGEST_ENVIRONMENT) return serverlessReason(version);
  return `its environment, that of its image included, is longer than the ${LONGEST_ENVIRONMENT} characters that SageMaker takes: shorten it`;
};
