import type { ServerResponse } from 'node:http';
import type { AwsCall } from './aws-call';

type Refusal = readonly [status: number, code: string];

/** How a service says that it is asked too much, where it is not `ThrottlingException`. */
const THROTTLED: Readonly<Record<string, Refusal>> = {
  dynamodb: [400, 'ProvisionedThroughputExceededException'],
  firehose: [503, 'ServiceUnavailableException'],
  cloudformation: [400, 'Throttling'],
  s3: [503, 'SlowDown'],
};
const FAILED: Readonly<Record<string, Refusal>> = {
  dynamodb: [500, 'InternalServerError'],
  secretsmanager: [500, 'InternalServiceError'],
  s3: [500, 'InternalError'],
};

/** Transactions of DynamoDB say so in an error of their own, which the SDK does not try again. */
const CANCELED: Refusal = [400, 'TransactionCanceledException'];

/** How a service says that a right is missing, where it is not `AccessDeniedException`. */
const DENIED: Readonly<Record<string, Refusal>> = {
  cloudformation: [403, 'AccessDenied'],
  s3: [403, 'AccessDenied'],
};
const MESSAGES = {
  throttle: 'Rate exceeded',
  error500: 'as the test has it',
  denied: 'User: arn:aws:iam::000000000000:role/test is not authorized to perform this action',
};

/** Answers as the service itself would when it is asked too much, when it fails, or when a right is missing. */
export const refuse = (
  response: ServerResponse,
  { service, operation }: AwsCall,
  why: keyof typeof MESSAGES,
): void => {
  const isTransaction = why === 'throttle' && operation === 'TransactWriteItems';
  const refusals: Readonly<Record<typeof why, Refusal>> = {
    throttle: THROTTLED[service] ?? [400, 'ThrottlingException'],
    error500: FAILED[service] ?? [500, 'InternalFailure'],
    denied: DENIED[service] ?? [400, 'AccessDeniedException'],
  };
  const [status, code] = isTransaction ? CANCELED : refusals[why];
  const message = MESSAGES[why];
  const said = `<Code>${code}</Code><Message>${message}</Message>`;
  const xml: Readonly<Record<string, string>> = {
    s3: `<Error>${said}</Error>`,
    cloudformation: `<ErrorResponse><Error><Type>Sender</Type>${said}</Error></ErrorResponse>`,
  };
  const type = xml[service] === undefined ? 'application/x-amz-json-1.1' : 'text/xml';
  response.writeHead(status, { 'content-type': type, 'x-amzn-errortype': code }).end(
    xml[service] ??
      JSON.stringify({
        ...{ __type: code, message },
        ...(isTransaction && { CancellationReasons: [{ Code: 'ThrottlingError' }] }),
      }),
  );
};
