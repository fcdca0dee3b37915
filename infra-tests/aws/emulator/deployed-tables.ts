import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { callAsRoot } from './as-root';
import type { Emulator } from './start';

const LINES = 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe';
const INPUT = 'org.apache.hadoop.mapred.TextInputFormat';
const SEPARATOR = '\u0001';

interface Needs {
  readonly emulator: Pick<Emulator, 'endpoint'>;
  /** Runs a statement of Athena's DDL to its end. */
  readonly run: (sql: string) => Promise<unknown>;
  /** Where the buckets of the account lie as folders. */
  readonly buckets: string;
}

interface Column {
  readonly Name: string;
  readonly Type: string;
}

/** A table as Glue tells of it. */
interface GlueTable {
  readonly DatabaseName: string;
  readonly Name: string;
  readonly TableType: string;
  readonly PartitionKeys: readonly Column[];
  readonly Parameters: Readonly<Record<string, string>>;
  readonly StorageDescriptor: {
    readonly Columns: readonly Column[];
    readonly Location: string;
    readonly InputFormat: string;
    readonly SerdeInfo: {
      readonly SerializationLibrary: string;
      readonly Parameters?: Readonly<Record<string, string>>;
    };
  };
}

interface Databases {
  readonly DatabaseList: readonly { readonly Name: string }[];
}
interface Tables {
  readonly TableList: readonly GlueTable[];
}

/**
 * Makes for Trino what Glue was told of: its metastore is another one, and what is proven shall be what
 * was deployed. @throws for a table that holds no whole lines
 */
export const defineDeployedTables = async ({ emulator, run, buckets }: Needs): Promise<void> => {
  const glue = (operation: string, input: object) =>
    callAsRoot(emulator, 'glue', `AWSGlue.${operation}`, input);
  const { DatabaseList: databases }: Databases = await glue('GetDatabases', {});
  for (const { Name: DatabaseName } of databases) {
    await run(`CREATE DATABASE IF NOT EXISTS ${DatabaseName}`);
    const { TableList: tables }: Tables = await glue('GetTables', { DatabaseName });
    for (const table of tables) {
      // Trino wants the folder that S3 does without.
      const place = table.StorageDescriptor.Location.replace(/^s3:\/\//, '');
      mkdirSync(join(buckets, place), { recursive: true });
      await run(definitionOf(table));
    }
  }
};

const definitionOf = (table: GlueTable): string => {
  const { DatabaseName, Name, TableType, PartitionKeys, Parameters, StorageDescriptor } = table;
  const { Columns, Location, InputFormat, SerdeInfo } = StorageDescriptor;
  const separator = SerdeInfo.Parameters?.['field.delim'] ?? SEPARATOR;
  const isLines = SerdeInfo.SerializationLibrary === LINES && InputFormat === INPUT;
  if (!isLines || separator !== SEPARATOR || TableType !== 'EXTERNAL_TABLE') {
    throw new Error(`${DatabaseName}.${Name} is no external table of lines`);
  }
  const properties = Object.entries(Parameters)
    .filter(([key]) => key.startsWith('projection.'))
    .map(([key, value]) => `'${key}' = '${value}'`);
  return `CREATE EXTERNAL TABLE \`${DatabaseName}\`.\`${Name}\` (${listOf(Columns)})
PARTITIONED BY (${listOf(PartitionKeys)})
ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\001' STORED AS TEXTFILE
LOCATION '${Location}' TBLPROPERTIES (${properties.join(', ')})`;
};

const listOf = (columns: readonly Column[]): string =>
  columns.map(({ Name, Type }) => `\`${Name}\` ${Type}`).join(', ');
