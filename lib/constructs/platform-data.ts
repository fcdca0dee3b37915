import { ArnFormat, Fn, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { capturedPlace } from '../captured-place';
import type { StageConfig } from '../config';
import { told } from '../platform-values';
import type { Right } from './right';

/** Where the data is that the data stack holds. */
export interface PlatformData {
  readonly table: string;
  readonly tableArn: string;
  readonly artifacts: string;
  readonly captured: string;
  /** What stands before the keys of all that is captured; empty, or it ends in a slash. */
  readonly capturedPrefix: string;
  readonly tables: string;
  /** Where Athena writes what statements came to. */
  readonly results: string;
  /** The key that data is encrypted with; null: AWS's own. */
  readonly key: string | null;
  /** Objects of a bucket under a prefix; the bucket itself without one. */
  readonly inBucket: (bucket: string, prefix?: string) => string;
  /** The right to use the key that data is encrypted with, through what stores it; none without a key. */
  readonly useKey: (actions: readonly string[]) => readonly Right[];
}

/** What functions are told of the keys of what is captured: nothing where they are the usual ones. */
export const capturedVariables = ({
  capturedPrefix: prefix,
}: PlatformData): Readonly<Record<string, string>> =>
  prefix === '' ? {} : { CAPTURED_PREFIX: prefix };

/** The data of a stage, as its data stack tells of it. */
export const platformData = (
  scope: Construct,
  { stage, config }: { readonly stage: string; readonly config: StageConfig },
): PlatformData => {
  const stack = Stack.of(scope);
  const table = told(scope, stage, 'records-table');
  const key = config.encryption === 'customer-key' ? told(scope, stage, 'data-key') : null;
  const through = ['dynamodb', 's3'].map((service) =>
    Fn.join('', [service, '.', stack.region, '.', stack.urlSuffix]),
  );
  return {
    ...{ table, key, capturedPrefix: capturedPlace(config).prefix },
    tableArn: stack.formatArn({ service: 'dynamodb', resource: 'table', resourceName: table }),
    // Asked for where they are used: a stack has no parameter that it does not need.
    get artifacts() {
      return told(scope, stage, 'artifacts-bucket');
    },
    get captured() {
      return told(scope, stage, 'captured-bucket');
    },
    get tables() {
      return told(scope, stage, 'tables-bucket');
    },
    get results() {
      return told(scope, stage, 'results-bucket');
    },
    inBucket: (bucket, prefix) =>
      stack.formatArn({
        service: 's3',
        region: '',
        account: '',
        resource: bucket,
        ...(prefix === undefined
          ? { arnFormat: ArnFormat.NO_RESOURCE_NAME }
          : { resourceName: `${prefix}/*` }),
      }),
    useKey: (actions) =>
      key === null
        ? []
        : [
            {
              actions,
              resources: [key],
              conditions: { StringEquals: { 'kms:ViaService': through } },
            },
          ],
  };
};
