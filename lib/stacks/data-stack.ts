import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config';
import { PrivateBucket } from '../constructs/private-bucket';
import { RecordTable } from '../constructs/record-table';
import { tell } from '../platform-values';

export interface DataStackProps extends StackProps {
  /** The stage's name. */
  readonly stage: string;
  readonly config: StageConfig;
}

/** Days that a removed model package can be brought back. */
const UNDO_DAYS = 30;
const ACCESS_LOG_DAYS = 90;

/** All that must outlive a deployment: records, model packages, captured requests, and the key to them. */
export class DataStack extends Stack {
  constructor(scope: Construct, id: string, { stage, config, ...props }: DataStackProps) {
    const { removal, encryption, capturedDays } = config;
    super(scope, id, {
      ...props,
      terminationProtection: removal === RemovalPolicy.RETAIN,
      description: 'Tidegate: records, model packages, captured requests',
    });
    const key =
      encryption === 'customer-key'
        ? new Key(this, 'Key', {
            enableKeyRotation: true,
            removalPolicy: removal,
            description: 'Tidegate: encrypts records, model packages and captured requests',
          })
        : undefined;
    const { bucket: accessLogs } = new PrivateBucket(this, 'AccessLogs', {
      removal,
      lifecycleRules: [{ expiration: Duration.days(ACCESS_LOG_DAYS) }],
    });
    const shared = { removal, key, accessLogs };
    const { table } = new RecordTable(this, 'Records', { removal, key });
    const { bucket: artifacts } = new PrivateBucket(this, 'Artifacts', {
      ...shared,
      undo: Duration.days(UNDO_DAYS),
      lifecycleRules: [
        // Registered within minutes, or never.
        { prefix: 'uploads/', expiration: Duration.days(1) },
        // CloudFormation has read them when a stack is updated.
        { prefix: 'templates/', expiration: Duration.days(30) },
      ],
    });
    // Tables are built from it; how long they keep what they hold is each service's choice.
    const expiration = capturedDays === null ? null : Duration.days(capturedDays);
    const { bucket: captured } = new PrivateBucket(this, 'Captured', {
      ...shared,
      lifecycleRules: expiration
        ? ['requests/', 'spill/', 'requests-errors/'].map((prefix) => ({ prefix, expiration }))
        : [],
    });
    tell(this, stage, {
      'records-table': table.tableName,
      'artifacts-bucket': artifacts.bucketName,
      'captured-bucket': captured.bucketName,
      ...(key && { 'data-key': key.keyArn }),
    });
  }
}
