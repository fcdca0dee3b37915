import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface PrivateBucketProps {
  /** What happens to the objects when the stack goes away; with `DESTROY` the bucket has to be empty. */
  readonly removal: RemovalPolicy;
  /** A key of this account; S3's own by default. */
  readonly key?: IKey | undefined;
  /** Where accesses are logged; a bucket of such logs has none. */
  readonly accessLogs?: IBucket;
  /** What is overwritten or deleted can be brought back for this long; no versions by default. */
  readonly undo?: Duration;
  readonly lifecycleRules?: readonly LifecycleRule[];
  /** Whether EventBridge is told of each object that is put; false by default. */
  readonly tellsEvents?: boolean;
}

/** A bucket that is encrypted, never public, reached over TLS only, and without uploads that never end. */
export class PrivateBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id);
    const { removal, key, accessLogs, undo, lifecycleRules = [], tellsEvents = false } = props;
    this.bucket = new Bucket(this, 'Bucket', {
      removalPolicy: removal,
      encryption: key ? BucketEncryption.KMS : BucketEncryption.S3_MANAGED,
      ...(key && { encryptionKey: key, bucketKeyEnabled: true }),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: undo !== undefined,
      ...(accessLogs && {
        serverAccessLogsBucket: accessLogs,
        serverAccessLogsPrefix: `${id.toLowerCase()}/`,
      }),
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(7) },
        ...(undo ? [{ noncurrentVersionExpiration: undo }] : []),
        ...lifecycleRules,
      ],
    });
    if (tellsEvents) {
      // Not by the bucket's own property, which takes a function that changes buckets.
      const resource = this.bucket.node.defaultChild as CfnBucket;
      resource.notificationConfiguration = {
        eventBridgeConfiguration: { eventBridgeEnabled: true },
      };
    }
  }
}
