import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

export interface RecordTableProps {
  /** What happens to every record when the stack goes away. */
  readonly removal: RemovalPolicy;
  /** A key of this account; AWS's own by default. */
  readonly key?: IKey | undefined;
}

/** The one table of records, as the DynamoDB record store reads it; restorable to any second of 35 days. */
export class RecordTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, { removal, key }: RecordTableProps) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      timeToLiveAttribute: 'forgotten_at',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: key
        ? TableEncryptionV2.customerManagedKey(key)
        : TableEncryptionV2.dynamoOwnedKey(),
      deletionProtection: removal === RemovalPolicy.RETAIN,
      removalPolicy: removal,
    });
  }
}
