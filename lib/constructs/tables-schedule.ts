import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { TablesRhythm } from '../tables-rhythm';

export interface TablesScheduleProps {
  readonly machine: StateMachine;
  readonly rhythm: Pick<TablesRhythm, 'every'>;
}

/** Has what has arrived built, again and again. */
export class TablesSchedule extends Construct {
  constructor(scope: Construct, id: string, { machine, rhythm: { every } }: TablesScheduleProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: 'Tidegate: starts builds of tables',
    });
    new Schedule(this, 'Tick', {
      schedule: ScheduleExpression.rate(every),
      description: 'Tidegate: builds tables from what has arrived',
      target: new StepFunctionsStartExecution(machine, {
        role,
        input: ScheduleTargetInput.fromObject({ kind: 'tick' }),
        // What is older is not worth starting: the next one does the same.
        maxEventAge: every,
        retryAttempts: 3,
      }),
    });
  }
}
