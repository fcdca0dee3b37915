import {
  ExecutionAlreadyExists,
  ExecutionLimitExceeded,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { DomainError } from '../../../core/shared/domain-error';
import { isThrottled } from '../no-answer';
import type { Run } from './run';

interface Needs {
  readonly sfn: SFNClient;
  /** The ARN of the state machine that builds tables. */
  readonly machine: string;
  readonly newId: () => string;
}

/** Starts an execution of the state machine; answers its id, which is its name. @throws `overloaded` */
export const startExecution =
  ({ sfn, machine, newId }: Needs) =>
  async (run: Run): Promise<string> => {
    const name = newId();
    const input = JSON.stringify(run);
    const start = new StartExecutionCommand({ stateMachineArn: machine, name, input });
    await sfn.send(start).catch((error: unknown) => {
      // A name is nobody else's: its first answer was lost, and the SDK asked again when it was over.
      if (error instanceof ExecutionAlreadyExists) return;
      throw isThrottled(error) || error instanceof ExecutionLimitExceeded ? busy(error) : error;
    });
    return name;
  };

const busy = (cause: unknown): DomainError =>
  new DomainError('overloaded', 'AWS starts no more runs now: try again', {
    ...{ retryAfterS: 5, cause },
  });
