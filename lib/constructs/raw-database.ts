import { Stack } from 'aws-cdk-lib';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';
import { RAW_COLUMN, RAW_DELIMITER, rawTables } from '../../core/tables/raw-tables';

export interface RawDatabaseProps {
  readonly name: string;
  /** Where what was captured lies, as `s3://…/`. */
  readonly captured: string;
}

const HIVE = 'org.apache.hadoop.hive';

/** What has arrived, as lines of text that builds read. It holds no data of its own. */
export class RawDatabase extends Construct {
  constructor(scope: Construct, id: string, { name, captured }: RawDatabaseProps) {
    super(scope, id);
    const { account } = Stack.of(this);
    const database = new CfnDatabase(this, 'Database', {
      catalogId: account,
      databaseInput: { name, description: 'Tidegate: what has arrived; builds alone read it' },
    });
    for (const table of rawTables(captured)) {
      new CfnTable(this, table.name, {
        catalogId: account,
        databaseName: database.ref,
        tableInput: {
          name: table.name,
          tableType: 'EXTERNAL_TABLE',
          parameters: { EXTERNAL: 'TRUE', ...table.properties },
          partitionKeys: table.partitions.map((partition) => ({ name: partition, type: 'string' })),
          storageDescriptor: {
            columns: [{ name: RAW_COLUMN, type: 'string' }],
            location: table.location,
            inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
            outputFormat: `${HIVE}.ql.io.HiveIgnoreKeyTextOutputFormat`,
            serdeInfo: {
              serializationLibrary: `${HIVE}.serde2.lazy.LazySimpleSerDe`,
              parameters: { 'field.delim': RAW_DELIMITER, 'serialization.format': RAW_DELIMITER },
            },
          },
        },
      });
    }
  }
}
