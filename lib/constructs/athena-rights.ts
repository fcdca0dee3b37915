import type { Stack } from 'aws-cdk-lib';
import type { PlatformData } from './platform-data';
import type { Right } from './right';

const OBJECTS = 'What lies in tables and results is named by Athena; the prefix is theirs.';

/** The rights that Athena wants of who runs statements: it reads and writes with them. */
export const athenaRights = (stack: Stack, data: PlatformData) => {
  const { inBucket } = data;
  const glue = (resource: string, resourceName?: string) =>
    stack.formatArn({
      ...{ service: 'glue', resource },
      ...(resourceName !== undefined && { resourceName }),
    });
  const inDatabase = (database: string, tables: string) => [
    glue('catalog'),
    glue('database', database),
    glue('table', `${database}/${tables}`),
  ];
  const ofTables = 'Tables are made while the platform runs; the database is its own.';
  const looksInto = (bucket: string): Right => ({
    actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
    resources: [inBucket(bucket)],
  });
  return {
    looksInto,

    /** Actions on the statements of a workgroup. */
    onStatements: (workGroup: string, actions: readonly string[]): Right => ({
      actions: actions.map((action) => `athena:${action}`),
      resources: [
        stack.formatArn({ service: 'athena', resource: 'workgroup', resourceName: workGroup }),
      ],
    }),

    /** To find out what tables of these databases are. */
    readsCatalog: (databases: readonly string[]): readonly Right[] => [
      {
        actions: ['athena:GetDataCatalog'],
        resources: [
          stack.formatArn({
            ...{ service: 'athena', resource: 'datacatalog', resourceName: 'AwsDataCatalog' },
          }),
        ],
      },
      // Athena asks for it whatever a statement names; nothing of the platform is in it.
      { actions: ['glue:GetDatabase'], resources: [glue('catalog'), glue('database', 'default')] },
      {
        actions: [
          'glue:BatchGetPartition',
          'glue:GetDatabase',
          'glue:GetPartition',
          'glue:GetPartitions',
          'glue:GetTable',
          'glue:GetTables',
        ],
        resources: [...new Set(databases.flatMap((database) => inDatabase(database, '*')))],
        because: ofTables,
      },
    ],

    /** To make, change and remove tables of a database: all, or one. */
    changesCatalog: (database: string, tables = '*'): Right => ({
      actions: ['glue:CreateTable', 'glue:DeleteTable', 'glue:UpdateTable'],
      resources: inDatabase(database, tables),
      because: ofTables,
    }),

    readsObjects: (bucket: string, prefixes: readonly string[]): Right => ({
      actions: ['s3:GetObject'],
      resources: prefixes.map((prefix) => inBucket(bucket, prefix)),
      because: OBJECTS,
    }),

    /** To write objects, in parts where they are large. */
    writesObjects: (bucket: string, prefix: string, more: readonly string[] = []): Right => ({
      actions: ['AbortMultipartUpload', 'GetObject', 'ListMultipartUploadParts', 'PutObject']
        .concat(more)
        .map((action) => `s3:${action}`),
      resources: [inBucket(bucket, prefix)],
      because: OBJECTS,
    }),
  };
};
