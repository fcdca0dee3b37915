import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  DefinitionBody,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { StageConfig } from '../config';
import type { TablesNames } from '../tables-names';
import type { PlatformData } from './platform-data';
import { acknowledgeStars, grant } from './right';
import { tablesMachine } from './tables-machine-definition';
import { machineRights } from './tables-rights';

export interface TablesMachineProps {
  readonly prefix: string;
  readonly config: StageConfig;
  readonly data: PlatformData;
  readonly names: TablesNames;
  /** Says what to do. */
  readonly build: Alias;
  /** Does what no statement can. */
  readonly sweep: Alias;
}

/** The state machine that has the statements of builds run. */
export class TablesMachine extends Construct {
  readonly machine: StateMachine;

  constructor(scope: Construct, id: string, props: TablesMachineProps) {
    super(scope, id);
    const { prefix, config, data, names, build, sweep } = props;
    const stack = Stack.of(this);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
      description: 'Tidegate: builds tables',
    });
    const functions = [build, sweep].map(({ functionArn }) => functionArn);
    grant(role, machineRights({ stack, prefix, data, names }, functions));
    acknowledgeStars(role, ['*'], 'Deliveries of logs and traces cannot be named.');
    const definition = tablesMachine({
      partition: stack.partition,
      build: build.functionArn,
      sweep: sweep.functionArn,
      workGroup: names.builds,
    });
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: names.machine,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(JSON.stringify(definition)),
      role,
      logs: {
        destination: new LogGroup(this, 'Log', {
          // Names under this prefix need no room in the account's policy of log groups.
          logGroupName: `/aws/vendedlogs/states/${names.machine}`,
          retention: config.logRetention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ERROR,
        // Statements hold what people asked to have erased.
        includeExecutionData: false,
      },
      tracingEnabled: config.tracing,
    });
    Validations.of(this.machine).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SF1',
      reason: 'Each run has its history for 90 days; lines for each state would cost more than it.',
    });
    if (!config.tracing) {
      Validations.of(this.machine).acknowledge({
        id: 'AwsSolutions::AwsSolutions-SF2',
        reason: 'The stage says that it wants no traces.',
      });
    }
  }
}
