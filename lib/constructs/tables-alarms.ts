import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  ComparisonOperator,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { FunctionName } from '../functions';
import type { TablesRhythm } from '../tables-rhythm';

export interface TablesAlarmsProps {
  readonly prefix: string;
  readonly stage: string;
  readonly machine: StateMachine;
  readonly rhythm: Pick<TablesRhythm, 'longestWait' | 'longestSilence'>;
}

/** Alarms about tables: they fall behind, builds fail, something answered is missing. */
export class TablesAlarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: TablesAlarmsProps) {
    super(scope, id);
    const { prefix, stage, machine } = props;
    const { longestWait, longestSilence } = props.rhythm;
    const metric = (service: FunctionName, metricName: string, period: Duration) =>
      new Metric({
        ...{ namespace: 'Tidegate', metricName, period },
        dimensionsMap: { service, stage },
        statistic: metricName === 'TablesWaiting' ? 'max' : 'sum',
      });
    const period = Duration.minutes(5);
    const anyOf = (id: string, counted: Metric, alarmDescription: string, alarmName?: string) =>
      counted.createAlarm(this, id, {
        ...{ alarmDescription, threshold: 1, evaluationPeriods: 1 },
        ...(alarmName !== undefined && { alarmName }),
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
    const buildFailed = 'docs/runbook.md#tables-build-failed';
    this.all = [
      metric('build', 'TablesWaiting', longestSilence).createAlarm(this, 'Waiting', {
        alarmDescription: `What has arrived is not in the tables after ${longestWait.toMinutes()} minutes, or no build was begun for ${longestSilence.toMinutes()} minutes: docs/runbook.md#tables-wait`,
        threshold: longestWait.toSeconds(),
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: 1,
        // Each build begins by saying how long something has waited.
        treatMissingData: TreatMissingData.BREACHING,
      }),
      anyOf(
        'BuildFailed',
        metric('build', 'TablesFailed', period),
        `A piece of a table could not be built: ${buildFailed}`,
      ),
      anyOf(
        'RunFailed',
        machine.metricFailed({ period, statistic: 'sum' }),
        `A run that builds tables failed: ${buildFailed}`,
      ),
      anyOf(
        'RunTimedOut',
        machine.metricTimedOut({ period, statistic: 'sum' }),
        `A run that builds tables did not end: ${buildFailed}`,
      ),
      anyOf(
        'CaptureCompleteness',
        metric('predict', 'CaptureLost', period),
        'Requests were answered that are in no table: docs/runbook.md#capture-incomplete',
        `${prefix}-capture-completeness`,
      ),
    ];
  }
}
