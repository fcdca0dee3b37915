import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { until } from '../support/api';
import { signedFor } from './emulator/as-root';
import type { Emulator } from './emulator/start';

const TICK = JSON.stringify({ kind: 'tick' });
const ENDS_WITHIN_MS = 120_000;

/** The runs of a deployed state machine, by hand and by its schedule. */
export const runsOf = (
  states: SFNClient,
  { endpoint }: Pick<Emulator, 'endpoint'>,
  stateMachineArn: string,
) => {
  const ended = async (executionArn: string | undefined) => {
    const { status, output, cause, input } = await until(
      () => states.send(new DescribeExecutionCommand({ executionArn })),
      (found) => found.status !== 'RUNNING',
      ENDS_WITHIN_MS,
    );
    return { status, input, cause, output: output === undefined ? null : JSON.parse(output) };
  };
  const start = async (): Promise<string | undefined> =>
    (await states.send(new StartExecutionCommand({ stateMachineArn, input: TICK }))).executionArn;
  const arns = async (): Promise<readonly string[]> => {
    const { executions = [] } = await states.send(new ListExecutionsCommand({ stateMachineArn }));
    return executions.map(({ executionArn = '' }) => executionArn);
  };
  const schedules = async (path: string, body?: object) => {
    const headers = { ...signedFor('scheduler'), 'content-type': 'application/json' };
    const response = await fetch(`${endpoint}/schedules${path}`, {
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      headers,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return JSON.parse(text);
  };
  return {
    start,
    ended,
    /** A tick, to its end. */
    tick: async () => ended(await start()),
    /** Has the machine's schedule come due; answers how the run that it started ended. */
    async tickBySchedule() {
      const before = new Set(await arns());
      const { Schedules } = await schedules('');
      const found = Schedules.find(
        ({ Target }: { Target: { Arn: string } }) => Target.Arn === stateMachineArn,
      );
      const { Target } = await schedules(`/${found.Name}?groupName=${found.GroupName}`);
      // The same target at once: what comes due in a quarter of an hour is no test's to wait for.
      await schedules('/due', {
        ...{ Target, FlexibleTimeWindow: { Mode: 'OFF' }, ActionAfterCompletion: 'DELETE' },
        ScheduleExpression: 'at(2026-01-01T00:00:00)',
      });
      const now = await until(arns, (all) => all.some((arn) => !before.has(arn)));
      return ended(now.find((arn) => !before.has(arn)));
    },
  };
};
