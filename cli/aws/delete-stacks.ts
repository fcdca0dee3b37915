import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudFormationClient, Stack } from '@aws-sdk/client-cloudformation';
import { awsFailure, sdk } from './sdk';

interface Needs {
  readonly client: CloudFormationClient;
  /** Told each time a stack is gone, or cannot be deleted. */
  readonly onSettled: (outcome: Outcome) => void;
  /** Ends the waiting: what is being deleted goes on without. */
  readonly signal: AbortSignal;
}

/** How the deletion of a stack went; `reason` is null when it is gone. */
export interface Outcome {
  readonly stack: string;
  readonly reason: string | null;
}

const AT_ONCE = 5;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** SageMaker takes minutes to take an endpoint down, and longer while it is being updated. */
const PATIENCE_MS = 45 * 60_000;

/**
 * Deletes stacks, a few at a time, each with the role that it was made with, and waits. Never rejects:
 * what could not be deleted, or not been waited for, is told with its reason.
 */
export const deleteStacks = async (
  { client, onSettled, signal }: Needs,
  stacks: readonly Stack[],
): Promise<void> => {
  const waiting = [...stacks];
  const work = async (): Promise<void> => {
    for (let stack = waiting.shift(); stack; stack = waiting.shift()) {
      const reason = await deleted(client, stack, signal).catch(
        (error: unknown) => awsFailure(error).message,
      );
      onSettled({ stack: stack.StackName ?? '', reason });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
};

/** @returns null when it is gone, otherwise why it is not */
const deleted = async (
  client: CloudFormationClient,
  stack: Stack,
  signal: AbortSignal,
): Promise<string | null> => {
  const { DeleteStackCommand } = await sdk(() => import('@aws-sdk/client-cloudformation'));
  // By its id: another of the same name may come after it.
  const id = stack.StackId ?? stack.StackName ?? '';
  const deadline = Date.now() + PATIENCE_MS;
  let asked = stack.StackStatus === 'DELETE_IN_PROGRESS';
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    if (signal.aborted) return 'interrupted';
    const { status, reason } = await stateOf(client, id);
    if (status === 'DELETE_COMPLETE') return null;
    if (status === 'DELETE_FAILED' && asked) return failureOf(client, id, reason);
    // A stack that is being created or updated may be deleted, too, but for the end of an update. What
    // was asked for already is asked once more while it shows nothing of it.
    if (!/^DELETE_IN_PROGRESS$|CLEANUP_IN_PROGRESS$/.test(status)) {
      await client.send(new DeleteStackCommand({ StackName: id }));
      asked = true;
    }
    if (Date.now() > deadline) return `it is still ${status}`;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
};

interface State {
  readonly status: string;
  readonly reason: string;
}

const GONE: State = { status: 'DELETE_COMPLETE', reason: '' };

const stateOf = async (client: CloudFormationClient, StackName: string): Promise<State> => {
  const { DescribeStacksCommand } = await sdk(() => import('@aws-sdk/client-cloudformation'));
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    const [{ StackStatus: status, StackStatusReason: reason = '' } = {}] = Stacks;
    return status === undefined ? GONE : { status, reason };
  } catch (error) {
    // What CloudFormation says of a stack that is not there, not even as a deleted one.
    if ((error as Error).name === 'ValidationError') return GONE;
    throw error;
  }
};

/** Why the first resource could not be deleted says more than that the stack could not. */
const failureOf = async (
  client: CloudFormationClient,
  StackName: string,
  reason: string,
): Promise<string> => {
  const { DescribeStackEventsCommand } = await sdk(() => import('@aws-sdk/client-cloudformation'));
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName }));
  const failed = StackEvents.find(
    ({ ResourceStatus, PhysicalResourceId }) =>
      ResourceStatus === 'DELETE_FAILED' && PhysicalResourceId !== StackName,
  );
  if (!failed) return reason || 'CloudFormation does not say why';
  return `${failed.LogicalResourceId}: ${failed.ResourceStatusReason ?? reason}`;
};
