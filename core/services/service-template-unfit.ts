import type { VersionPlan } from '../inference/model-host';

/** SageMaker's limit for the value of an environment variable, in characters. */
const LONGEST_VALUE = 1_024;
/** CloudFormation would put a secret or parameter of the account in its place. */
const REFERENCE = '{{resolve:';

/**
 * Why a version cannot be part of a service's stack, for a person to act on; null when it can.
 * It is left out, for with it the stack would fail, or read what its author may not.
 */
export const unfitReason = ({ model, environment = {} }: VersionPlan): string | null => {
  const variables = Object.entries(environment);
  const referring = variables.find(([, value]) => value.includes(REFERENCE));
  if (referring || ('image' in model.source && model.source.image.includes(REFERENCE))) {
    const what = referring ? `the environment variable ${referring[0]}` : 'the name of its image';
    return `${what} contains "${REFERENCE}", which CloudFormation would replace: write it otherwise`;
  }
  const long = variables.find(([, value]) => value.length > LONGEST_VALUE);
  if (!long) return null;
  return `the environment variable ${long[0]} is longer than the ${LONGEST_VALUE} characters that SageMaker takes: shorten it`;
};
