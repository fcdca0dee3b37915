import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config';
import { PrivateBucket } from '../constructs/private-bucket';
import { RecordTable } from '../constructs/record-table';

export interface DataStackProps extends StackProps {
  readonly config: StageConfig;
}

/** Days that a removed model package can be brought back. */
const UNDO_DAYS = 30;
const ACCESS_LOG_DAYS = 90;

/** All that must outlive a deployment: records, model packages, captured requests, and the key to them. */
export class DataStack extends Stack {
  readonly records: TableV2;
  readonly artifacts: Bucket;
  readonly captured: Bucket;

  constructor(scope: Construct, id: string, { config, ...props }: DataStackProps) {
    const { removal, encryption } = config;
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
    this.records = new RecordTable(this, 'Records', { removal, key }).table;
    this.artifacts = new PrivateBucket(this, 'Artifacts', {
      ...shared,
      undo: Duration.days(UNDO_DAYS),
    }).bucket;
    // Tables are built from it; how long they keep what they hold is each service's choice.
    this.captured = new PrivateBucket(this, 'Captured', {
      ...shared,
      lifecycleRules: [{ prefix: 'requests/', expiration: Duration.days(30) }],
    }).bucket;
  }
}
