import type { IncomingMessage } from 'node:http';

/** What a request asks of AWS. */
export interface AwsCall {
  /** As the signature's scope names it: `dynamodb`; SageMaker's runtime is `sagemaker`, too. */
  readonly service: string;
  /** `GetItem`; of S3 the method: `PUT`. */
  readonly operation: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const SCOPE = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\/aws4_request/;

/** Names the service and the operation of a signed request of the SDK's. */
export const awsCall = (request: IncomingMessage, body: Buffer): AwsCall => {
  const { headers, url: path = '/', method = '' } = request;
  const service = SCOPE.exec(headers.authorization ?? '')?.[1] ?? 'unknown';
  const target = headers['x-amz-target'];
  const operation =
    (typeof target === 'string' ? target.split('.').at(-1) : undefined) ??
    (path.endsWith('/invocations') ? 'InvokeEndpoint' : undefined) ??
    new URLSearchParams(body.toString()).get('Action') ??
    method;
  return { service, operation, path, headers, body };
};
