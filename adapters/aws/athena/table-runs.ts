import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  ExecutionDoesNotExist,
  ListExecutionsCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { DomainError } from '../../../core/shared/domain-error';
import type { TableRun } from '../../../core/tables/table-run';
import type { Warehouse } from '../../../core/tables/warehouse';
import type { Run } from './run';
import { countsOf } from './run-counts';
import { startExecution } from './start-execution';

interface Needs {
  readonly sfn: SFNClient;
  /** The state machine's ARN. */
  readonly machine: string;
  readonly newId: () => string;
  readonly now: () => Date;
}

/** An execution of the state machine, by its ARN. */
interface RunningExecution {
  readonly execution: string;
  readonly started: Date;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;
/** An execution that was just started may not be found for so long. */
const UNSEEN_MS = 2_000;

/** Executions of the state machine that builds tables. */
export const tableRuns = ({ sfn, machine, newId, now }: Needs) => {
  const arnOf = (id: string): string => `${machine.replace(':stateMachine:', ':execution:')}:${id}`;

  const find = async (id: string): Promise<DescribeExecutionOutput | undefined> => {
    try {
      return await sfn.send(new DescribeExecutionCommand({ executionArn: arnOf(id) }));
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return undefined;
      throw error;
    }
  };

  const startRun: Warehouse['startRun'] = startExecution({ sfn, machine, newId });

  const runState: Warehouse['runState'] = async (id, waitMs) => {
    const began = now().getTime();
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const found = await find(id);
      const passed = now().getTime() - began;
      const isOver = found ? !UNDER_WAY.has(found.status ?? '') : passed >= UNSEEN_MS;
      if (isOver || passed >= waitMs) return found && runOf(found);
      await sleep(Math.min(pause, waitMs - passed));
    }
  };

  /** Executions that run now, by their ARNs. */
  const running = async (): Promise<readonly RunningExecution[]> => {
    const found: RunningExecution[] = [];
    let nextToken: string | undefined;
    do {
      const page = await sfn.send(
        new ListExecutionsCommand({
          ...{ stateMachineArn: machine, statusFilter: 'RUNNING', maxResults: 1_000 },
          ...(nextToken !== undefined && { nextToken }),
        }),
      );
      for (const { executionArn: execution, startDate: started } of page.executions ?? []) {
        if (execution !== undefined && started) found.push({ execution, started });
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return found;
  };

  return {
    startRun,
    runState,

    running,

    /** Whether one has not come to its end, by its id; one that was just started may not be found yet. */
    async isRunning(id: string): Promise<boolean> {
      const found = await find(id);
      return !found || UNDER_WAY.has(found.status ?? '');
    },

    /** Whether an execution of a tick runs beside this one (an ARN). */
    async isTickRunning(execution: string): Promise<boolean> {
      for (const other of await running()) {
        if (other.execution === execution) continue;
        const { input = '{}', status } = (await find(nameOf(other.execution))) ?? {};
        if (status === 'RUNNING' && (JSON.parse(input) as Partial<Run>).kind === 'tick')
          return true;
      }
      return false;
    },
  };
};

const nameOf = (execution: string): string => execution.slice(execution.lastIndexOf(':') + 1);

const UNDER_WAY: ReadonlySet<string> = new Set(['RUNNING', 'PENDING_REDRIVE']);

/** What callers may know of an execution; undefined for one that nobody asked for. */
const runOf = (found: DescribeExecutionOutput): TableRun | undefined => {
  const run: Run = JSON.parse(found.input ?? '{}');
  if (run.kind !== 'refresh' && run.kind !== 'erasure') return undefined;
  const { service, kind } = run;
  const of = { service, kind } as const;
  if (UNDER_WAY.has(found.status ?? '')) return { ...of, status: 'running' };
  if (found.status === 'SUCCEEDED') {
    return { ...of, status: 'succeeded', counts: countsOf(kind, found.output ?? '{}') };
  }
  const why = found.cause ?? `it was ended (${found.status})`;
  const error = new DomainError('unavailable', `the run failed, start it again: ${why}`);
  return { ...of, status: 'failed', error };
};
