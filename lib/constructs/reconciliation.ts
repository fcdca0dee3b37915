import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { type Alarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { type EventPattern, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface ReconciliationProps {
  readonly prefix: string;
  readonly reconcile: Alias;
}

/** What is older is not worth telling: the next minute asks what is the case then. */
const WORTH = Duration.minutes(5);

/** Brings about what is wanted: hastened by what CloudFormation, SageMaker and CloudWatch tell, and every minute. */
export class Reconciliation extends Construct {
  /** Rings when what should have run could not, or failed. */
  readonly failed: Alarm;

  constructor(scope: Construct, id: string, { prefix, reconcile }: ReconciliationProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const dead = new Queue(this, 'Failed', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
    });
    Validations.of(dead).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SQS3',
      reason: 'It is the dead letter queue, of rules and of a function.',
    });
    // A failure is tried again by the next minute, not by Lambda.
    reconcile.configureAsyncInvoke({
      retryAttempts: 0,
      maxEventAge: WORTH,
      onFailure: new SqsDestination(dead),
    });
    const target = () =>
      new LambdaFunction(reconcile, {
        deadLetterQueue: dead,
        retryAttempts: 2,
        maxEventAge: WORTH,
      });
    const on = (name: string, eventPattern: EventPattern): void => {
      new Rule(this, name, { eventPattern, targets: [target()] });
    };
    // Of services, and of the manifest: what changes no stack of a service is told by the latter.
    const stacks = [`${prefix}-service-`, `${prefix}-packages`].map((resourceName) => ({
      prefix: stack.formatArn({ service: 'cloudformation', resource: 'stack', resourceName }),
    }));
    on('StackChanged', {
      source: ['aws.cloudformation'],
      detailType: ['CloudFormation Stack Status Change'],
      detail: { 'stack-id': stacks },
    });
    on('EndpointChanged', {
      source: ['aws.sagemaker'],
      detailType: ['SageMaker Endpoint State Change'],
      detail: { EndpointName: [{ prefix: `${prefix}-` }] },
    });
    // Of services, whose stacks name them. The platform's own alarms are no service's.
    on('AlarmChanged', {
      source: ['aws.cloudwatch'],
      detailType: ['CloudWatch Alarm State Change'],
      detail: {
        alarmName: [{ prefix: `${prefix}-service-` }],
        state: { value: ['ALARM', 'OK'] },
      },
    });
    new Rule(this, 'EveryMinute', {
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [target()],
    });
    this.failed = dead
      .metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(5), statistic: 'max' })
      .createAlarm(this, 'Failing', {
        alarmDescription:
          'Services are not brought to what is wanted: docs/runbook.md#reconcile-fails',
        threshold: 1,
        evaluationPeriods: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
  }
}
