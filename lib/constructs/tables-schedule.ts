import { Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

export interface TablesScheduleProps {
  readonly machine: StateMachine;
  /** Minutes. */
  readonly every: number;
}

/** Has what has arrived built, again and again. */
export class TablesSchedule extends Construct {
  constructor(scope: Construct, id: string, { machine, every }: TablesScheduleProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: 'Tidegate: starts builds of tables',
    });
    new Schedule(this, 'Tick', {
      schedule: ScheduleExpression.rate(Duration.minutes(every)),
      description: 'Tidegate: builds tables from what has arrived',
      target: new StepFunctionsStartExecution(machine, {
        role,
        input: ScheduleTargetInput.fromObject({ kind: 'tick' }),
        // What is older is not worth starting: the next one does the same.
        maxEventAge: Duration.minutes(every),
        retryAttempts: 3,
      }),
    });
  }
}
