import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type { FunctionName, TablesFunctionName } from '../functions';
import type { TablesNames } from '../tables-names';
import { athenaRights } from './athena-rights';
import type { PlatformData } from './platform-data';
import type { Right } from './right';

interface Needs {
  readonly stack: Stack;
  readonly stage: string;
  /** `tidegate-<stage>`. */
  readonly prefix: string;
  readonly data: PlatformData;
  readonly names: TablesNames;
  /** The role that CloudFormation makes services with. */
  readonly serviceRole: string;
  /** Further buckets that model packages may be registered from. */
  readonly modelBuckets: readonly string[];
}

const NAMED =
  'Names of services and models are made while the platform runs; the prefix is its own.';

/** What DynamoDB and S3 do with the key in the name of who calls them. */
export const USES_OF_KEY = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'];

/** What each function of the API stack may do: exactly what its adapters call. */
export const platformRights = (
  needs: Needs,
): Readonly<Record<Exclude<FunctionName, TablesFunctionName>, readonly Right[]>> => {
  const { readsRecords, changesRecords, notesUses, checksKeys, usesSecret } = ofRecords(needs);
  const { artifacts, templates, captures, deployed, ships } = ofBuckets(needs);
  const { invokes, streams, runsServices, readsLogs, endsLogs } = ofServices(needs);
  const key = needs.data.useKey(USES_OF_KEY);
  const changes = [readsRecords, changesRecords, ...key];
  const keptKeys = usesSecret('keys', ['GetSecretValue', 'PutSecretValue', 'CreateSecret']);
  const starts = startsRuns(needs.names);
  return {
    authorizer: [readsRecords, ...key],
    predict: [
      readsRecords,
      notesUses,
      checksKeys,
      ...key,
      invokes,
      streams,
      captures,
      usesSecret('capture-hash-key'),
    ],
    about: [],
    access: [...changes, keptKeys],
    models: changes,
    // What strangers send is read here: it may touch no record.
    intake: [...key, ...artifacts],
    packages: [...key, ...ships],
    services: [
      ...[...changes, keptKeys, readsLogs, endsLogs, READS_METRICS, starts],
      ...executionsOf(needs.names),
    ],
    reconcile: [
      ...[...changes, keptKeys, templates, ...deployed, ...runsServices, invokes, endsLogs],
      starts,
    ],
    tables: [...changes, ...ofQueries(needs)],
  };
};

/** What `tables` may: have statements run over the tables, and runs started; it reads nothing raw. */
const ofQueries = ({ stack, data, names }: Needs): readonly Right[] => {
  const athena = athenaRights(stack, data);
  return [
    athena.onStatements(names.queries, [
      'GetQueryExecution',
      'GetQueryResults',
      'StartQueryExecution',
      'StopQueryExecution',
    ]),
    ...athena.readsCatalog([names.database]),
    athena.readsObjects(data.tables, ['tables']),
    athena.looksInto(data.tables),
    athena.writesObjects(data.results, 'queries'),
    athena.looksInto(data.results),
    startsRuns(names),
    ...executionsOf(names),
  ];
};

/** To have tables made, built, and emptied. */
const startsRuns = ({ machineArn }: TablesNames): Right => ({
  actions: ['states:StartExecution'],
  resources: [machineArn],
});

/** To see where runs of the state machine stand. */
export const executionsOf = ({ machineArn }: TablesNames): readonly Right[] => [
  {
    actions: ['states:DescribeExecution'],
    resources: [`${machineArn.replace(':stateMachine:', ':execution:')}:*`],
    because: 'Runs are named when they start.',
  },
];

/** What SageMaker says of instances. */
const READS_METRICS: Right = { actions: ['cloudwatch:GetMetricData'], resources: ['*'] };

/** What functions may beyond it, once the one that they need is there: have it run. */
export const runsFunction = (functionArn: string): Right => ({
  actions: ['lambda:InvokeFunction'],
  resources: [functionArn],
});

/** What `services` may beyond it: find what the function for predictions has noted of a service. */
export const readsNotes = (logGroupArn: string): Right => ({
  actions: ['logs:FilterLogEvents'],
  resources: [logGroupArn],
});

/** Rights on the records, and on secrets. */
export const ofRecords = ({ stack, prefix, data }: Pick<Needs, 'stack' | 'prefix' | 'data'>) => ({
  readsRecords: {
    actions: ['dynamodb:GetItem', 'dynamodb:Query'],
    resources: [data.tableArn],
  },
  // Both only as parts of transactions, which are no action of their own.
  changesRecords: {
    actions: ['dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem'],
    resources: [data.tableArn],
  },
  // What is left of a throttle, when a key was last used, calls with labels and the outcomes that they name.
  notesUses: {
    actions: ['dynamodb:UpdateItem'],
    resources: [data.tableArn],
    conditions: {
      'ForAllValues:StringLike': {
        'dynamodb:LeadingKeys': ['limits#*', 'key-uses#*', 'label-batches#*', 'tables'],
      },
    },
  },
  // A use is noted of a key that is there.
  checksKeys: {
    actions: ['dynamodb:ConditionCheckItem'],
    resources: [data.tableArn],
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['keys#*', 'key-uses#*'] } },
  },
  usesSecret: (name: string, actions = ['GetSecretValue', 'CreateSecret']): Right => ({
    actions: actions.map((action) => `secretsmanager:${action}`),
    resources: [
      stack.formatArn({
        service: 'secretsmanager',
        resource: 'secret',
        resourceName: `${prefix}/${name}*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    ],
    because: 'AWS ends the name of a secret in six characters of its own.',
  }),
});

const ofBuckets = ({ stack, data, modelBuckets }: Needs) => {
  const { artifacts, captured, capturedPrefix, inBucket } = data;
  const among = (...prefixes: string[]) => prefixes.map((prefix) => inBucket(artifacts, prefix));
  const readsModels: Right = {
    actions: ['s3:GetObject', 's3:ListBucket'],
    resources: modelBuckets.flatMap((name) => [inBucket(name), `${inBucket(name)}/*`]),
    because: 'What of these buckets is a model package is for those to say who register it.',
  };
  return {
    artifacts: [
      {
        actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        resources: among('packages', 'manifests', 'uploads'),
        because: NAMED,
      },
      // Without it what is not there is forbidden, not missing.
      { actions: ['s3:ListBucket'], resources: [inBucket(artifacts)] },
      ...(modelBuckets.length > 0 ? [readsModels] : []),
    ],
    /** The manifest that was deployed last, which may not be there. */
    deployed: [
      { actions: ['s3:GetObject'], resources: [inBucket(artifacts, 'deployed')], because: NAMED },
      { actions: ['s3:ListBucket'], resources: [inBucket(artifacts)] },
    ],
    ships: [
      {
        actions: ['s3:GetObject'],
        resources: [inBucket(`cdk-*-assets-${stack.account}-${stack.region}/*`)],
        because: "The CDK's own bucket of this account and Region, whatever it is called in full.",
      },
      {
        actions: ['s3:GetObject', 's3:PutObject'],
        resources: among('packages', 'manifests', 'deployed'),
        because: NAMED,
      },
      { actions: ['s3:ListBucket'], resources: [inBucket(artifacts)] },
    ],
    templates: {
      actions: ['s3:GetObject', 's3:PutObject'],
      resources: among('templates'),
      because: NAMED,
    },
    captures: {
      actions: ['s3:PutObject'],
      resources: ['requests', 'spill', 'labels'].map((folder) =>
        inBucket(captured, `${capturedPrefix}${folder}`),
      ),
      because: NAMED,
    },
  };
};

const ofServices = ({ stack, stage, prefix, serviceRole }: Needs) => {
  const endpoints = [
    stack.formatArn({ service: 'sagemaker', resource: 'endpoint', resourceName: `${prefix}-*` }),
  ];
  const stacks = stack.formatArn({
    service: 'cloudformation',
    resource: 'stack',
    resourceName: `${prefix}-service-*/*`,
  });
  const runsServices: readonly Right[] = [
    {
      actions: [
        'cloudformation:CreateStack',
        'cloudformation:UpdateStack',
        'cloudformation:DeleteStack',
        'cloudformation:ContinueUpdateRollback',
      ],
      resources: [stacks],
      conditions: { StringEquals: { 'cloudformation:RoleArn': serviceRole } },
      because: NAMED,
    },
    {
      actions: [
        'cloudformation:DescribeStackEvents',
        'cloudformation:DescribeStacks',
        'cloudformation:GetTemplate',
      ],
      resources: [stacks],
      because: NAMED,
    },
    {
      actions: ['iam:PassRole'],
      resources: [serviceRole],
      conditions: { StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' } },
    },
    {
      actions: ['sagemaker:DescribeEndpoint', 'sagemaker:UpdateEndpointWeightsAndCapacities'],
      resources: endpoints,
      because: NAMED,
    },
  ];
  const ofPlatform = logsOf(stack, `/tidegate/${stage}/services/*`);
  return {
    runsServices,
    readsLogs: {
      actions: ['logs:FilterLogEvents'],
      resources: [ofPlatform, logsOf(stack, `/aws/sagemaker/Endpoints/${prefix}-*`)],
      because: NAMED,
    },
    endsLogs: { actions: ['logs:DeleteLogGroup'], resources: [ofPlatform], because: NAMED },
    invokes: { actions: ['sagemaker:InvokeEndpoint'], resources: endpoints, because: NAMED },
    streams: {
      actions: ['firehose:PutRecordBatch'],
      resources: [
        stack.formatArn({
          service: 'firehose',
          resource: 'deliverystream',
          resourceName: `${prefix}-*`,
        }),
      ],
      because: NAMED,
    },
  };
};

/** Groups and, as their names end in a star, their streams. */
const logsOf = (stack: Stack, groups: string): string =>
  stack.formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: groups,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
