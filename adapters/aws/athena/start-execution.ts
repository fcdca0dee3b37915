import { type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { Run } from './run';

interface Needs {
  readonly sfn: SFNClient;
  /** The ARN of the state machine that builds tables. */
  readonly machine: string;
  readonly newId: () => string;
}

/** Starts an execution of the state machine; answers its id, which is its name. */
export const startExecution =
  ({ sfn, machine, newId }: Needs) =>
  async (run: Run): Promise<string> => {
    const name = newId();
    const input = JSON.stringify(run);
    await sfn.send(new StartExecutionCommand({ stateMachineArn: machine, name, input }));
    return name;
  };
