import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';

interface Needs {
  readonly client: LambdaClient;
  /** The function's ARN, with its alias. */
  readonly target: string;
}

/**
 * Has a function run by itself, soon; resolves when Lambda has taken the event, which it keeps until
 * the function has had it.
 */
export const invokeLater =
  ({ client, target: FunctionName }: Needs) =>
  async (event: unknown): Promise<void> => {
    const Payload = new TextEncoder().encode(JSON.stringify(event));
    await client.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload }));
  };
