import { isNoAnswer, isThrottled } from '../no-answer';

const LONGEST = 600;
const isRight = /AccessDenied|NotAuthorized|UnauthorizedOperation/;
const isQuota = /LimitExceeded|QuotaExceeded/;

/** Why AWS did not do what it was asked, and what a person can do; null when AWS is not to blame. */
export const whyNot = (error: unknown): string | null => {
  if (!(error instanceof Error)) return null;
  const name = 'code' in error ? `${error.code}` : error.name;
  const words = error.message.slice(0, LONGEST).replace(/\.$/, '');
  if (isThrottled(error)) return `AWS is asked too much (${name}): it will be done a little later`;
  if (isNoAnswer(error)) return `AWS does not answer (${name}): look at the health of its services`;
  if (!('$fault' in error)) return null;
  if (isRight.test(name)) {
    return `a right is missing (${words}): deploy the stage again, or find the policy that denies it`;
  }
  if (isQuota.test(name)) {
    return `a quota of the account is used up (${words}): ask for more in Service Quotas`;
  }
  return `AWS refuses it (${name}: ${words})`;
};

/**
 * What a person can do about the words of CloudFormation and SageMaker; empty when that is not known.
 * They are read for no other purpose: nothing is decided by them.
 */
export const wayOutOf = (words: string): string => {
  if (/AccessDenied|not authorized to perform/.test(words)) {
    return ' (a right is missing: deploy the stage again, or find the policy that denies it)';
  }
  if (/LimitExceeded|QuotaExceeded|account-level service limit/.test(words)) {
    return ' (a quota of the account: ask for more in Service Quotas)';
  }
  if (/InsufficientInstanceCapacity|Insufficient capacity/i.test(words)) {
    return ' (AWS has none free: try later, or another instance type)';
  }
  return '';
};
