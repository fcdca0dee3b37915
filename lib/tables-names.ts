import { ArnFormat, type Stack } from 'aws-cdk-lib';
import { prefixOf, type StageConfig } from './config';

/** What builds tables and answers over them, by names: stacks refer to it before it is there. */
export interface TablesNames {
  /** The database that analysts read. */
  readonly database: string;
  /** That of what has arrived, which builds alone read. */
  readonly rawDatabase: string;
  /** The workgroups of Athena. */
  readonly builds: string;
  readonly queries: string;
  readonly buildFunction: string;
  readonly machine: string;
  readonly machineArn: string;
}

/**
 * The names of a stage's tables.
 * @throws for a database that Glue and SQL could not both name
 */
export const tablesNames = (
  stack: Stack,
  { stage, config }: { readonly stage: string; readonly config: Pick<StageConfig, 'database'> },
): TablesNames => {
  const { database } = config;
  if (!/^[a-z][a-z0-9_]{0,60}$/.test(database)) {
    throw new Error(`a database is named in lower-case letters, digits and _: not ${database}`);
  }
  const prefix = prefixOf(stage);
  const machine = `${prefix}-tables`;
  return {
    ...{ database, rawDatabase: `${database}_raw` },
    ...{ builds: `${prefix}-builds`, queries: `${prefix}-queries` },
    ...{ buildFunction: `${prefix}-build`, machine },
    machineArn: stack.formatArn({
      ...{ service: 'states', resource: 'stateMachine', resourceName: machine },
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    }),
  };
};
