import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { TakenPackage } from '../../core/models/store-package';
import { DomainError } from '../../core/shared/domain-error';
import { doneOf, type Intake, type IntakeAnswer, type IntakeCall } from './intake-call';
import { isNoAnswer, isThrottled } from './no-answer';
import type { UploadPlace } from './s3-uploads';

interface Needs {
  readonly client: LambdaClient;
  /** The function's ARN, with its alias. */
  readonly target: string;
}

/** What Lambda says of a function that did not answer. */
interface Broken {
  readonly errorType?: string;
  readonly errorMessage?: string;
}

const RETRY_AFTER_S = 5;

/**
 * The intake as a function of its own.
 * @throws what it throws; `unavailable` when it is busy, cannot be had or takes too long;
 * `bad-request` when a package is more than it can hold
 */
export const lambdaIntake = ({ client, target: FunctionName }: Needs): Intake => {
  const call = async (what: IntakeCall): Promise<unknown> => {
    const Payload = new TextEncoder().encode(JSON.stringify(what));
    const command = new InvokeCommand({ FunctionName, Payload });
    const answer = await client.send(command).catch((error: unknown) => {
      throw notAsked(error);
    });
    const said: unknown = JSON.parse(answer.Payload?.transformToString() || 'null');
    if (answer.FunctionError !== undefined) throw notDone((said ?? {}) as Broken);
    return doneOf(said as IntakeAnswer);
  };

  return {
    take: async (asked) => (await call({ take: asked })) as TakenPackage,
    async settle(asked, digest) {
      await call({ settle: asked, digest });
    },
    async remove(digest) {
      await call({ remove: digest });
    },
    createUpload: async () => (await call({ createUpload: true })) as UploadPlace,
  };
};

const notAsked = (error: unknown): unknown => {
  if (statusOf(error) === 413) return tooLarge();
  if (!isThrottled(error) && !isNoAnswer(error)) return error;
  const why = 'what reads packages cannot be had right now: try again';
  return new DomainError('unavailable', why, { retryAfterS: RETRY_AFTER_S, cause: error });
};

const statusOf = (error: unknown): number | undefined =>
  (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata
    ?.httpStatusCode;

/** Its own words are for the logs: they may hold what was sent. */
const notDone = ({ errorType = '', errorMessage = '' }: Broken): Error => {
  const cause = new Error(`the function intake: ${errorType} ${errorMessage}`);
  if (/Task timed out after/.test(errorMessage)) {
    const why =
      'the package could not be read and stored in time: try again; if it takes as long again, make it smaller';
    return new DomainError('unavailable', why, { retryAfterS: RETRY_AFTER_S, cause });
  }
  if (errorType === 'Function.ResponseSizeTooLarge') return tooLarge();
  if (/^Runtime\.(ExitError|OutOfMemory)$/.test(errorType)) {
    const why =
      'the package takes more memory than there is to read it: save the weights of its graph beside it (onnx.save with save_as_external_data), and register the folder';
    return new DomainError('bad-request', why, { cause });
  }
  return cause;
};

const tooLarge = (): DomainError =>
  new DomainError(
    'bad-request',
    'the signature, the example and the expected answers hold more than can be remembered: give fewer or smaller rows',
  );
