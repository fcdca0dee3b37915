import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { prefixOf, type StageConfig } from '../config';
import { tellsAlarm } from '../constructs/alarm-topic';
import { ArrivalMarks } from '../constructs/arrival-marks';
import { AthenaWorkgroup } from '../constructs/athena-workgroup';
import { functionNetwork } from '../constructs/function-network';
import { capturedVariables, platformData } from '../constructs/platform-data';
import { PlatformFunction } from '../constructs/platform-function';
import { RawDatabase } from '../constructs/raw-database';
import { TablesAlarms } from '../constructs/tables-alarms';
import { TablesMachine } from '../constructs/tables-machine';
import { tablesRights } from '../constructs/tables-rights';
import { TablesSchedule } from '../constructs/tables-schedule';
import { told } from '../platform-values';
import { tablesNames } from '../tables-names';
import { tablesRhythm } from '../tables-rhythm';

export interface TablesStackProps extends StackProps {
  /** The stage's name; its data and API stacks must be there. */
  readonly stage: string;
  readonly config: StageConfig;
}

/**
 * Files of tables that are this young may be another statement's that still runs, so they are not
 * removed: Athena ends statements after 30 minutes.
 */
const QUIET_S = 45 * 60;

/** What builds the tables from what has arrived, and lets statements be run over them. It holds no data. */
export class TablesStack extends Stack {
  constructor(scope: Construct, id: string, { stage, config, ...props }: TablesStackProps) {
    super(scope, id, {
      ...props,
      terminationProtection: config.removal === RemovalPolicy.RETAIN,
      description: 'Tidegate: builds of tables, workgroups of Athena',
    });
    const prefix = prefixOf(stage);
    const data = platformData(this, { stage, config });
    const names = tablesNames(this, { stage, config });
    const rhythm = tablesRhythm(config);
    const rights = tablesRights({ stack: this, prefix, data, names });
    const network = functionNetwork(this, config);
    const prefixed = capturedVariables(data);

    new RawDatabase(this, 'Raw', {
      name: names.rawDatabase,
      captured: `s3://${data.captured}/${data.capturedPrefix}`,
    });
    new AthenaWorkgroup(this, 'Builds', {
      ...{ name: names.builds, description: 'Tidegate: statements that build tables' },
      ...{ scanLimit: config.scanLimits.builds, folder: 'builds', data },
    });
    new AthenaWorkgroup(this, 'Queries', {
      ...{ name: names.queries, description: 'Tidegate: statements that people ask' },
      ...{ scanLimit: config.scanLimits.queries, folder: 'queries', data },
    });

    const build = new PlatformFunction(this, 'Build', {
      ...{ name: 'build', functionName: names.buildFunction, config, network },
      rights: rights.build,
      environment: {
        STAGE: stage,
        RECORDS_TABLE: data.table,
        DATABASE: names.database,
        RAW_DATABASE: names.rawDatabase,
        TABLES_BUCKET: data.tables,
        CAPTURED_BUCKET: data.captured,
        ...prefixed,
        TABLES_MACHINE: names.machineArn,
        QUIET_SECONDS: String(QUIET_S),
        ...(config.capturedDays !== null && { CAPTURED_DAYS: String(config.capturedDays) }),
      },
    }).live;
    const sweep = new PlatformFunction(this, 'Sweep', {
      ...{ name: 'sweep', config, network, rights: rights.sweep },
      environment: {
        ...{ STAGE: stage, CAPTURED_BUCKET: data.captured, RESULTS_BUCKET: data.results },
        ...prefixed,
      },
    }).live;
    const mark = new PlatformFunction(this, 'Mark', {
      ...{ name: 'mark', config, network, rights: rights.mark },
      environment: { STAGE: stage, RECORDS_TABLE: data.table, ...prefixed },
    }).live;

    const { machine } = new TablesMachine(this, 'Runs', {
      ...{ prefix, config, data, names, build, sweep },
    });
    const schedule = new TablesSchedule(this, 'Schedule', { machine, rhythm });
    const { failed } = new ArrivalMarks(this, 'Marks', {
      ...{ captured: data.captured, prefix: data.capturedPrefix, mark },
    });
    const alarms = new TablesAlarms(this, 'Alarms', { prefix, stage, machine, rhythm });
    // One of them rings when no build begins.
    alarms.node.addDependency(schedule);
    const topic = Topic.fromTopicArn(this, 'Topic', told(this, stage, 'alarm-topic'));
    for (const alarm of [failed, ...alarms.all]) tellsAlarm(topic, alarm);
  }
}
