import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnDatabase } from 'aws-cdk-lib/aws-glue';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { capturedPlace } from '../captured-place';
import type { StageConfig } from '../config';
import { PrivateBucket } from '../constructs/private-bucket';
import { RecordTable } from '../constructs/record-table';
import { tell } from '../platform-values';
import { tablesNames } from '../tables-names';

export interface DataStackProps extends StackProps {
  /** The stage's name. */
  readonly stage: string;
  readonly config: StageConfig;
}

/** Days that a removed model package can be brought back. */
const UNDO_DAYS = 30;
const ACCESS_LOG_DAYS = 90;
/** Prefixes of what was captured. */
const CAPTURED = ['requests', 'labels', 'spill', 'requests-errors'];
/** What statements came to is fetched within a day. */
const RESULT_DAYS = 7;

/**
 * All that must outlive a deployment: records, model packages, captured requests, tables, and the key to
 * them.
 */
export class DataStack extends Stack {
  constructor(scope: Construct, id: string, { stage, config, ...props }: DataStackProps) {
    const { removal, encryption, capturedDays } = config;
    super(scope, id, {
      ...props,
      terminationProtection: removal === RemovalPolicy.RETAIN,
      description: 'Tidegate: records, model packages, captured requests, tables',
    });
    const key =
      encryption === 'customer-key'
        ? new Key(this, 'Key', {
            enableKeyRotation: true,
            removalPolicy: removal,
            description: 'Tidegate: encrypts records, model packages, captured requests and tables',
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
    // Tables are built from it; how long they keep what they hold is another matter.
    const expiration = capturedDays === null ? null : Duration.days(capturedDays);
    const place = capturedPlace(config);
    const captured =
      place.bucket ??
      new PrivateBucket(this, 'Captured', {
        ...{ ...shared, tellsEvents: true },
        lifecycleRules: expiration
          ? CAPTURED.map((prefix) => ({ prefix: `${prefix}/`, expiration }))
          : [],
      }).bucket.bucketName;
    // Without versions: what is erased from tables is gone.
    const { bucket: tables } = new PrivateBucket(this, 'Tables', shared);
    const { bucket: results } = new PrivateBucket(this, 'Results', {
      ...{ ...shared, removal: RemovalPolicy.DESTROY },
      lifecycleRules: [{ expiration: Duration.days(RESULT_DAYS) }],
    });
    new CfnDatabase(this, 'Database', {
      catalogId: this.account,
      databaseInput: {
        name: tablesNames(this, { stage, config }).database,
        description: 'Tidegate: requests, predictions and labels',
        locationUri: `s3://${tables.bucketName}/tables/`,
      },
    }).applyRemovalPolicy(removal);
    tell(this, stage, {
      'records-table': table.tableName,
      'artifacts-bucket': artifacts.bucketName,
      'captured-bucket': captured,
      'captured-requests': `${place.prefix}requests`,
      'tables-bucket': tables.bucketName,
      'results-bucket': results.bucketName,
      ...(key && { 'data-key': key.keyArn }),
    });
  }
}
