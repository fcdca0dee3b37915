import {
  type CloudFormationClient,
  DescribeStackEventsCommand,
  type StackEvent,
} from '@aws-sdk/client-cloudformation';

/** A change of ten versions makes fewer; a stack that has more behind it is not read to its birth. */
const MOST_PAGES = 5;
const BEGUN = new Set(['CREATE_IN_PROGRESS', 'UPDATE_IN_PROGRESS']);

/** The first resource that failed since a stack's last change began, and why. */
export const failureOf = async (
  cloudformation: CloudFormationClient,
  stack: string,
): Promise<string> => {
  const failures: StackEvent[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const command = new DescribeStackEventsCommand({ StackName: stack, NextToken });
    const { StackEvents = [], NextToken: next } = await cloudformation.send(command);
    const begin = StackEvents.findIndex((event) => isBegin(event, stack));
    // The newest come first.
    const since = begin < 0 ? StackEvents : StackEvents.slice(0, begin);
    failures.push(...since.filter(isFailure(stack)));
    NextToken = next;
    if (begin >= 0 || next === undefined) break;
  }
  const first = failures.at(-1);
  if (!first) return 'CloudFormation says no reason';
  return `${first.LogicalResourceId}: ${first.ResourceStatusReason ?? first.ResourceStatus}`;
};

const isBegin = ({ PhysicalResourceId, ResourceStatus }: StackEvent, stack: string): boolean =>
  PhysicalResourceId === stack && BEGUN.has(`${ResourceStatus}`);

const isFailure =
  (stack: string) =>
  ({ PhysicalResourceId, ResourceStatus }: StackEvent): boolean =>
    PhysicalResourceId !== stack && `${ResourceStatus}`.endsWith('_FAILED');
