import { Duration, RemovalPolicy, Size, Stage } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  ApplicationLogLevel,
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { StageConfig } from '../config';
import { type FunctionName, functions } from '../functions';
import type { FunctionNetwork } from './function-network';
import { acknowledgeStars, grant, type Right } from './right';

export interface PlatformFunctionProps {
  readonly name: FunctionName;
  /** Its name in AWS, where others have to know it beforehand; made by CloudFormation by default. */
  readonly functionName?: string;
  readonly config: StageConfig;
  readonly environment: Readonly<Record<string, string>>;
  /** All it may do besides logging and tracing. */
  readonly rights: readonly Right[];
  /** Where it runs; by default in no network of the account. */
  readonly network?: FunctionNetwork | undefined;
}

const ROOT = `${import.meta.dirname}/../..`;

/** A function of `lambdas/`, bundled with all it needs, called by its alias `live`. */
export class PlatformFunction extends Construct {
  readonly live: Alias;
  readonly role: Role;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: PlatformFunctionProps) {
    super(scope, id);
    const { name, functionName, config, environment, rights, network } = props;
    const { seconds, memory, disk } = functions[name];
    const { reserved, provisioned } = config.concurrency[name] ?? {};
    const logGroup = new LogGroup(this, 'Log', {
      retention: config.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.logGroup = logGroup;
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    grant(this.role, [
      {
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      },
      ...(network ? IN_A_NETWORK : []),
      ...rights,
    ]);
    acknowledgeStars(this.role, ['*'], 'X-Ray, metrics and network interfaces cannot be named.');
    const handler = new LambdaFunction(this, 'Function', {
      ...(functionName !== undefined && { functionName }),
      code: bundleOf(this, name),
      handler: 'index.handler',
      description: `Tidegate: ${name}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memory,
      ephemeralStorageSize: Size.mebibytes(disk),
      timeout: Duration.seconds(seconds),
      role: this.role,
      environment: {
        ...environment,
        POWERTOOLS_SERVICE_NAME: name,
        POWERTOOLS_LOG_LEVEL: config.logLevel,
      },
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel[config.logLevel],
      // Without lines for each start and end, which cost more than the requests.
      systemLogLevelV2: SystemLogLevel.WARN,
      tracing: config.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
      ...(network && { vpc: network.vpc, securityGroups: [network.securityGroup] }),
    });
    this.live = new Alias(this, 'Live', {
      aliasName: 'live',
      version: handler.currentVersion,
      ...(provisioned !== undefined && { provisionedConcurrentExecutions: provisioned }),
    });
  }
}

/** Where functions have been bundled. */
const bundled = new Set<string>();

/** What is uploaded: made beside the templates, where nobody else writes. */
const bundleOf = (scope: Construct, name: FunctionName): Code => {
  const folder = `${Stage.of(scope)?.outdir}/functions`;
  const path = `${folder}/${name}`;
  if (bundled.has(folder)) return Code.fromAsset(path);
  bundled.add(folder);
  // All in one go, which takes little longer than one of them.
  const names = Object.keys(functions);
  const command = [process.execPath, `${ROOT}/bin/bundle-function.mjs`, folder, ...names];
  return Code.fromCustomCommand(path, command);
};

const IN_A_NETWORK: readonly Right[] = [
  {
    actions: [
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ],
    resources: ['*'],
  },
];
