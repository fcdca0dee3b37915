import type { Stack } from 'aws-cdk-lib';
import type { TablesFunctionName } from '../functions';
import type { TablesNames } from '../tables-names';
import { athenaRights } from './athena-rights';
import type { PlatformData } from './platform-data';
import { executionsOf, ofRecords, USES_OF_KEY } from './platform-rights';
import type { Right } from './right';

interface Needs {
  readonly stack: Stack;
  /** `tidegate-<stage>`. */
  readonly prefix: string;
  readonly data: PlatformData;
  readonly names: TablesNames;
}

/** What has arrived: lines of requests and labels, and bodies that were too large for a line. */
const capturedIn = ({ capturedPrefix }: PlatformData): readonly string[] =>
  ['requests', 'labels', 'spill'].map((folder) => `${capturedPrefix}${folder}`);
/** The one table in the database of what has arrived that statements write. */
const ERASED = 'erased';
const ARRIVED = 'Objects are named by service and time of arrival.';

/** What each function that builds tables may do: exactly what its adapters call. */
export const tablesRights = (
  needs: Needs,
): Readonly<Record<TablesFunctionName, readonly Right[]>> => {
  const { stack, data, names } = needs;
  const { readsRecords, changesRecords } = ofRecords(needs);
  const athena = athenaRights(stack, data);
  const key = data.useKey(USES_OF_KEY);
  const { captured, capturedPrefix, results, inBucket } = data;
  return {
    build: [
      ...[readsRecords, changesRecords, ...key],
      athena.onStatements(names.builds, ['GetQueryExecution', 'GetQueryResults']),
      athena.readsObjects(results, ['builds']),
      { actions: ['states:ListExecutions'], resources: [names.machineArn] },
      ...executionsOf(names),
    ],
    mark: [
      {
        actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
        resources: [data.tableArn],
        conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['dirty-hours'] } },
      },
      ...key,
    ],
    sweep: [
      ...key,
      {
        actions: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
        resources: capturedIn(data).map((prefix) => inBucket(captured, prefix)),
        because: ARRIVED,
      },
      {
        actions: ['s3:DeleteObject'],
        resources: [inBucket(captured, `${capturedPrefix}requests-errors`)],
        because: ARRIVED,
      },
      athena.readsObjects(results, ['builds']),
      {
        actions: ['s3:DeleteObject'],
        resources: ['builds', 'queries'].map((prefix) => inBucket(results, prefix)),
        because: 'Athena names what statements came to.',
      },
      { actions: ['s3:ListBucket'], resources: [inBucket(captured), inBucket(results)] },
    ],
  };
};

/** What the state machine may do: ask its two functions, and have the statements of builds run. */
export const machineRights = (
  { stack, data, names }: Needs,
  functions: readonly string[],
): readonly Right[] => {
  const athena = athenaRights(stack, data);
  return [
    { actions: ['lambda:InvokeFunction'], resources: functions },
    athena.onStatements(names.builds, [
      'GetQueryExecution',
      'StartQueryExecution',
      'StopQueryExecution',
    ]),
    ...athena.readsCatalog([names.database, names.rawDatabase]),
    athena.changesCatalog(names.database),
    athena.changesCatalog(names.rawDatabase, ERASED),
    athena.readsObjects(data.captured, capturedIn(data)),
    athena.looksInto(data.captured),
    athena.writesObjects(data.tables, 'tables', ['DeleteObject']),
    athena.looksInto(data.tables),
    athena.writesObjects(data.results, 'builds'),
    athena.looksInto(data.results),
    ...data.useKey(USES_OF_KEY),
  ];
};
