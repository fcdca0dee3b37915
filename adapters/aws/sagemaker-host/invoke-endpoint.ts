import {
  InvokeEndpointCommand,
  type ModelError,
  type SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import type { Answer } from '../../../core/inference/answer';
import { answerOf } from '../../../core/inference/contract-answer';
import type { TraceContext } from '../../../core/inference/trace-context';
import type { OutputSignature } from '../../../core/models/signature';
import { DomainError } from '../../../core/shared/domain-error';
import { isNoAnswer, isThrottled } from '../no-answer';
import { isNamed } from './error-name';

/** One request to one endpoint. */
export interface EndpointRequest {
  readonly endpoint: string;
  /** Found again in SageMaker's own logs. */
  readonly requestId: string;
  /** Where the request stands in its caller's trace. */
  readonly trace?: TraceContext | null;
  readonly body: readonly Uint8Array[];
  readonly rows: number;
  readonly output: OutputSignature;
  readonly timeoutMs: number;
}

const LONGEST_REASON = 2_000;
/** What the model server says when its queue is full. */
const BUSY = new Set([429, 503]);

/**
 * Has a version answer. The client must not retry: a model that is slow would be asked twice.
 * @throws `model-error`, `model-timeout`, `overloaded`, `unavailable`; whatever else is no fault of
 * the model's, such as missing rights
 */
export const invokeEndpoint =
  (runtime: SageMakerRuntimeClient) =>
  async ({
    endpoint,
    requestId,
    trace,
    body,
    rows,
    output,
    timeoutMs,
  }: EndpointRequest): Promise<Answer> => {
    const since = performance.now();
    const abortSignal = AbortSignal.timeout(timeoutMs);
    const command = new InvokeEndpointCommand({
      EndpointName: endpoint,
      ContentType: 'application/json',
      Accept: 'application/json',
      InferenceId: requestId,
      // All that reaches the container beside the body: its log lines name request and trace.
      CustomAttributes: trace ? `${requestId};${trace.traceparent}` : requestId,
      Body: Buffer.concat(body),
    });
    const { Body } = await runtime.send(command, { abortSignal }).catch((error: unknown) => {
      throw abortSignal.aborted ? late(error) : refusalOf(error);
    });
    try {
      return answerOf(Buffer.from(Body).toString(), output, rows, performance.now() - since);
    } catch (error) {
      throw modelFailed(error);
    }
  };

const late = (cause: unknown): DomainError =>
  new DomainError('model-timeout', 'the model did not answer in time', { cause });

/** What the caller may know; the model's own words are for the log. */
const modelFailed = (cause: unknown): DomainError =>
  new DomainError('model-error', 'the model failed on this request', { cause });

const overloaded = (cause: unknown): DomainError =>
  new DomainError('overloaded', 'the model has more requests than it can answer', {
    cause,
    retryAfterS: 1,
  });

const UNAVAILABLE = [
  'ModelNotReadyException',
  // There is no such endpoint (any more).
  'ValidationError',
  'ValidationException',
];

const refusalOf = (error: unknown): unknown => {
  if (isNamed(error, 'ModelError')) {
    const { OriginalStatusCode: status = 0, OriginalMessage: text = '' } = error as ModelError;
    const cause = new Error(`it answered ${status}: ${text.slice(0, LONGEST_REASON)}`);
    return BUSY.has(status) ? overloaded(cause) : modelFailed(cause);
  }
  if (isThrottled(error)) return overloaded(error);
  if (isNamed(error, ...UNAVAILABLE) || isNoAnswer(error)) {
    const message = 'the endpoint of this version does not answer';
    return new DomainError('unavailable', message, { cause: error, retryAfterS: 1 });
  }
  return error;
};
