import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from './aws-error';
import type { Endpoint } from './endpoints';
import { chosen } from './live-variants';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

interface Invocation {
  readonly account: string;
  readonly name: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array<ArrayBuffer>;
}

// Only these reach a container: SageMaker strips all others.
const PASSED =
  /^(content-type|accept|x-amzn-sagemaker-(custom-attributes|inference-id|session-id))$/;
const INVOCATION_MS = 60_000;
const GONE = 'the container ended before it answered';
const TOO_LATE =
  'Your invocation timed out while waiting for a response from container primary. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.';

/** InvokeEndpoint. @throws an AwsError: ValidationError for who is not there, ModelError for what a container did */
export const invokeEndpoint = async (
  endpoint: Endpoint | undefined,
  { account, name, headers, body }: Invocation,
): Promise<Answer> => {
  const variants = endpoint?.variants;
  if (!endpoint || !variants) throw missing(`Endpoint ${name} of account ${account} not found.`);
  const target = headers['x-amzn-sagemaker-target-variant'];
  const named = Array.isArray(target) ? target[0] : target;
  const variant = chosen(variants, named, Math.random())?.VariantName;
  if (!variant) {
    throw missing(`Variant ${named} not found for Endpoint ${name} of account ${account}.`);
  }
  const asked = endpoint.fleet?.ask(variant, (url) => ask(url, headers, body));
  const answer = await asked?.catch((error: Error) => {
    throw modelError(0, error.name === 'TimeoutError' ? TOO_LATE : GONE);
  });
  if (!answer) throw modelError(0, GONE);
  const { out } = answer;
  if (!answer.ok) throw modelError(answer.status, Buffer.from(out).toString());
  const attributes = answer.headers.get('x-amzn-sagemaker-custom-attributes');
  return {
    status: 200,
    headers: {
      'content-type': answer.headers.get('content-type') ?? 'application/octet-stream',
      'x-amzn-invoked-production-variant': variant,
      ...(attributes && { 'x-amzn-sagemaker-custom-attributes': attributes }),
    },
    body: out,
  };
};

const ask = async (url: string, headers: IncomingHttpHeaders, body: Uint8Array<ArrayBuffer>) => {
  const passed = Object.entries(headers).filter(([header]) => PASSED.test(header));
  const answer = await fetch(`${url}/invocations`, {
    method: 'POST',
    body,
    headers: passed.map(([header, value]): [string, string] => [header, String(value)]),
    signal: AbortSignal.timeout(INVOCATION_MS),
  });
  const out = new Uint8Array(await answer.arrayBuffer());
  return { ok: answer.ok, status: answer.status, headers: answer.headers, out };
};

const missing = (message: string): AwsError => new AwsError(message, 'ValidationError');

/** What a container answered that is not 200; 0 is no answer. */
const modelError = (status: number, text: string): ModelError => {
  const whose = status >= 400 && status < 500 ? 'client' : 'server';
  const message = `Received ${whose} error (${status}) from primary with message "${text}". See the logs of the endpoint for more information.`;
  return new ModelError(message, status, text);
};

export class ModelError extends AwsError {
  readonly original: number;
  readonly text: string;
  constructor(message: string, original: number, text: string) {
    super(message, 'ModelError', 424);
    this.original = original;
    this.text = text;
  }
}
