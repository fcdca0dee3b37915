import { LimitExceededException } from '@aws-sdk/client-cloudformation';
import { ResourceLimitExceeded, SageMakerServiceException } from '@aws-sdk/client-sagemaker';
import { wayOutOf, whyNot } from './why-not';

const about = { $metadata: { httpStatusCode: 400 } };

describe('why AWS did not do what it was asked', () => {
  it.each([
    [
      new LimitExceededException({ message: 'Limit for stack has been exceeded.', ...about }),
      'a quota of the account is used up (Limit for stack has been exceeded): ask for more in Service Quotas',
    ],
    [
      new ResourceLimitExceeded({ message: 'ml.g5.xlarge for endpoint usage is 0', ...about }),
      'a quota of the account is used up (ml.g5.xlarge for endpoint usage is 0): ask for more in Service Quotas',
    ],
    [
      new SageMakerServiceException({
        ...{ name: 'AccessDeniedException', $fault: 'client', ...about },
        message: 'not authorized to perform: sagemaker:DescribeEndpoint',
      }),
      'a right is missing (not authorized to perform: sagemaker:DescribeEndpoint): deploy the stage again, or find the policy that denies it',
    ],
    [
      new SageMakerServiceException({
        ...{ name: 'ValidationException', $fault: 'client', message: 'no such thing', ...about },
      }),
      'AWS refuses it (ValidationException: no such thing)',
    ],
  ])('says what a person can do: %s', (error, told) => {
    expect(whyNot(error)).toBe(told);
  });

  it('blames AWS for no fault of ours', () => {
    expect(whyNot(new TypeError('x is not a function'))).toBeNull();
    expect(whyNot('thrown')).toBeNull();
  });

  it('is not told at any length', () => {
    const message = 'x'.repeat(10_000);
    const error = new LimitExceededException({ message, ...about });
    expect(whyNot(error)?.length).toBeLessThan(1_000);
  });
});

describe("what can be done about CloudFormation's words", () => {
  it.each([
    [
      "The account-level service limit 'ml.g5.xlarge for endpoint usage' is 0 Instances (HandlerErrorCode: ServiceLimitExceeded)",
      'Service Quotas',
    ],
    [
      'Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity',
      'try later',
    ],
    [
      'User x is not authorized to perform: sagemaker:CreateModel (AccessDenied)',
      'a right is missing',
    ],
  ])('is said where it is known: %s', (words, hint) => {
    expect(wayOutOf(words)).toContain(hint);
  });

  it('is nothing where it is not', () => {
    expect(wayOutOf('The primary container for production variant v1 did not pass the ping')).toBe(
      '',
    );
  });
});
