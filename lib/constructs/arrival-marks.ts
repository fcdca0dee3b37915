import { Duration, Validations } from 'aws-cdk-lib';
import { type Alarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface ArrivalMarksProps {
  /** The bucket of what was captured. */
  readonly captured: string;
  /** What stands before its keys; empty, or it ends in a slash. */
  readonly prefix: string;
  readonly mark: Alias;
}

/** As long as Lambda keeps an event: what is not marked is not built. */
const WORTH = Duration.hours(6);

/** Marks the hours in which requests or labels have arrived, for builds to look at. */
export class ArrivalMarks extends Construct {
  /** Rings when something has arrived that could not be marked. */
  readonly failed: Alarm;

  constructor(scope: Construct, id: string, { captured, prefix, mark }: ArrivalMarksProps) {
    super(scope, id);
    const dead = new Queue(this, 'Failed', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // There is time to mend what is wrong, and to have them marked then.
      retentionPeriod: Duration.days(14),
    });
    Validations.of(dead).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SQS3',
      reason: 'It is the dead letter queue, of a rule and of a function.',
    });
    mark.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: WORTH,
      onFailure: new SqsDestination(dead),
    });
    new Rule(this, 'Arrived', {
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: {
          bucket: { name: [captured] },
          object: { key: ['requests/', 'labels/'].map((kind) => ({ prefix: `${prefix}${kind}` })) },
        },
      },
      targets: [new LambdaFunction(mark, { deadLetterQueue: dead, maxEventAge: WORTH })],
    });
    this.failed = dead
      .metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(5), statistic: 'max' })
      .createAlarm(this, 'Failing', {
        alarmDescription:
          'What has arrived could not be marked, and is in no table yet: docs/runbook.md#marks-fail',
        threshold: 1,
        evaluationPeriods: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
  }
}
