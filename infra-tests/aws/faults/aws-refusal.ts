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

/** Answers as the service itself would when it is asked too much, or when it fails. */
export const refuse = (
  response: ServerResponse,
  { service, operation }: AwsCall,
  why: 'throttle' | 'error500',
): void => {
  const isTransaction = why === 'throttle' && operation === 'TransactWriteItems';
  const [status, code] = isTransaction
    ? CANCELED
    : why === 'throttle'
      ? (THROTTLED[service] ?? [400, 'ThrottlingException'])
      : (FAILED[service] ?? [500, 'InternalFailure']);
  const message = why === 'throttle' ? 'Rate exceeded' : 'as the test has it';
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
