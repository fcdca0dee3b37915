import { type Made, type Named, ofType, readable, sorted } from './stage';

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const list = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? value : [value as T];

const OWN = ['logs:CreateLogStream', 'logs:PutLogEvents'];
/** Where the stage traces. */
const TRACES = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'];
const READS = ['dynamodb:GetItem', 'dynamodb:Query'];
const CHANGES = [...READS, 'dynamodb:ConditionCheckItem', 'dynamodb:UpdateItem'];
const MAKES_SECRET = ['secretsmanager:CreateSecret', 'secretsmanager:GetSecretValue'];
const KEEPS_KEYS = [...MAKES_SECRET, 'secretsmanager:PutSecretValue'];
const RUNS_SERVICES = [
  'cloudformation:ContinueUpdateRollback',
  'cloudformation:CreateStack',
  'cloudformation:DeleteStack',
  'cloudformation:DescribeStackEvents',
  'cloudformation:DescribeStacks',
  'cloudformation:GetTemplate',
  'cloudformation:UpdateStack',
  'iam:PassRole',
  // Of templates, and of the manifest.
  ...['s3:GetObject', 's3:GetObject', 's3:ListBucket', 's3:PutObject'],
  'sagemaker:DescribeEndpoint',
  'sagemaker:InvokeEndpoint',
  'sagemaker:UpdateEndpointWeightsAndCapacities',
];
/** What Athena asks of who runs statements: what tables are, and where its results go. */
const RUNS_STATEMENTS = [
  ...['athena:GetDataCatalog', 'athena:GetQueryExecution'],
  ...['athena:StartQueryExecution', 'athena:StopQueryExecution'],
  // Of the database `default`, and of its own.
  ...['glue:BatchGetPartition', 'glue:GetDatabase', 'glue:GetDatabase', 'glue:GetPartition'],
  ...['glue:GetPartitions', 'glue:GetTable', 'glue:GetTables'],
  ...['s3:GetBucketLocation', 's3:GetObject', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
];
const WRITES_RESULTS = [
  ...['s3:AbortMultipartUpload', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:PutObject'],
];
const QUEUES = ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'];

/** All that functions may do, by the first part of their roles' ids; with a key also what it takes to use it. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  About: OWN,
  Authorizer: [...OWN, ...READS],
  Access: [...OWN, ...CHANGES, ...KEEPS_KEYS],
  Models: [...OWN, ...CHANGES, 'lambda:InvokeFunction'],
  // It reads what strangers send, and no record.
  Intake: [...OWN, 's3:DeleteObject', 's3:GetObject', 's3:ListBucket', 's3:PutObject'],
  // Of the CDK's bucket, and of the platform's.
  Packages: [
    ...[...OWN, 's3:GetObject', 's3:GetObject', 's3:ListBucket', 's3:PutObject'],
    'lambda:InvokeFunction',
  ],
  Predict: [
    ...[...OWN, ...CHANGES, ...MAKES_SECRET],
    ...['firehose:PutRecordBatch', 's3:PutObject', 'sagemaker:InvokeEndpoint'],
  ],
  Services: [
    ...[...OWN, ...CHANGES, ...KEEPS_KEYS, 'lambda:InvokeFunction'],
    // The latter of what services said, and of what was noted of them.
    ...['logs:DeleteLogGroup', 'logs:FilterLogEvents', 'cloudwatch:GetMetricData'],
    ...['states:DescribeExecution', 'states:StartExecution'],
  ],
  Reconcile: [
    ...[...OWN, ...CHANGES, ...KEEPS_KEYS, ...RUNS_SERVICES, ...QUEUES],
    ...['logs:DeleteLogGroup', 'states:StartExecution'],
  ],
  Tables: [
    ...[...OWN, ...CHANGES, ...RUNS_STATEMENTS, ...WRITES_RESULTS],
    ...['athena:GetQueryResults', 'states:DescribeExecution', 'states:StartExecution'],
  ],
  Build: [
    ...[...OWN, ...CHANGES, 'athena:GetQueryExecution', 'athena:GetQueryResults', 's3:GetObject'],
    ...['states:DescribeExecution', 'states:ListExecutions'],
  ],
  MarkRole: [...OWN, 'dynamodb:GetItem', 'dynamodb:UpdateItem', ...QUEUES],
  // Of what was captured, of what could not be delivered, and of results.
  Sweep: [
    ...[...OWN, 's3:DeleteObject', 's3:GetObject', 's3:PutObject', 's3:ListBucket'],
    ...['s3:DeleteObject', 's3:GetObject'],
  ],
};
/** The state machine and the schedule are no functions. */
const MACHINE = [
  ...[...RUNS_STATEMENTS, ...WRITES_RESULTS, 'lambda:InvokeFunction'],
  ...['glue:CreateTable', 'glue:DeleteTable', 'glue:UpdateTable'],
  // Of tables, which it also removes from.
  ...[...WRITES_RESULTS, 's3:DeleteObject'],
  ...['logs:CreateLogDelivery', 'logs:DeleteLogDelivery', 'logs:DescribeLogGroups'],
  ...['logs:DescribeResourcePolicies', 'logs:GetLogDelivery', 'logs:ListLogDeliveries'],
  ...['logs:PutResourcePolicy', 'logs:UpdateLogDelivery'],
];
const KEY = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'];

/** What may be named by a star alone: actions that have no resource, and tokens and traces. */
const NAMELESS = [
  'application-autoscaling:DescribeScalableTargets',
  'application-autoscaling:DescribeScalingPolicies',
  'cloudwatch:GetMetricData',
  'cloudwatch:PutMetricData',
  'ecr:GetAuthorizationToken',
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];

/** Rules about who may do what. */
export const rightsRules = (made: Made): void => {
  const statements = (role: string): readonly Statement[] =>
    ofType(made, 'AWS::IAM::Policy')
      .filter(([id]) => id.startsWith(role))
      .flatMap(([, { Properties }]) => {
        const { Statement } = Properties.PolicyDocument as { Statement: Statement[] };
        return Statement;
      });
  const actionsOf = (role: string) => statements(role).flatMap(({ Action }) => list(Action));
  const roleOf = (id: string): Named | undefined =>
    ofType(made, 'AWS::IAM::Role').find(([name]) => name.startsWith(id));
  const prefix = `tidegate-${made.stage}`;

  it('let each function do what it does, and nothing else', () => {
    for (const [role, actions] of Object.entries(ACTIONS)) {
      const key = made.stage === 'prod' && role !== 'About' ? KEY : [];
      const traces = made.stage === 'dev' ? TRACES : [];
      const all = sorted([...actions, ...key, ...traces]);
      expect([role, sorted(actionsOf(role))]).toEqual([role, all]);
    }
  });

  it('let builds do what their statements do, and the schedule start them, and nothing else', () => {
    const key = made.stage === 'prod' ? KEY : [];
    const traces =
      made.stage === 'dev' ? [...TRACES, 'xray:GetSamplingRules', 'xray:GetSamplingTargets'] : [];
    expect(sorted(actionsOf('Runs'))).toEqual(sorted([...MACHINE, ...key, ...traces]));
    expect(actionsOf('Schedule')).toEqual(['states:StartExecution']);
    for (const id of ['RunsRole', 'ScheduleRole']) {
      const trust = JSON.stringify(roleOf(id)?.[1].Properties.AssumeRolePolicyDocument);
      expect(trust).toContain('"aws:SourceAccount":{"Ref":"AWS::AccountId"}');
    }
  });

  it('keep what has arrived, and results of builds, from those who answer queries', () => {
    const reached = statements('TablesRole').flatMap(({ Resource }) =>
      list(Resource).map(readable),
    );
    expect(reached).not.toHaveLength(0);
    for (const resource of reached) {
      expect(resource).not.toMatch(/capturedbucket|inference_raw|\/builds\/|-builds$/);
    }
    const glue = statements('TablesRole').flatMap(({ Action }) =>
      list(Action).filter((action) => action.startsWith('glue:')),
    );
    expect(glue.every((action) => /^glue:(BatchGet|Get)/.test(action))).toBe(true);
    const tables = statements('TablesRole').filter(({ Resource }) =>
      list(Resource)
        .map(readable)
        .some((one) => one.includes('tablesbucket')),
    );
    const onTables = new Set(tables.flatMap(({ Action }) => list(Action)));
    expect(sorted([...onTables])).toEqual([
      ...['s3:GetBucketLocation', 's3:GetObject', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
    ]);
  });

  it('let builds define tables in their two databases alone, and of the raw ones only that of what was erased', () => {
    const defining = statements('Runs').filter(({ Action }) =>
      list(Action).includes('glue:CreateTable'),
    );
    const tables = defining.flatMap(({ Resource }) =>
      list(Resource).map((one) => readable(one).replace(/^.*?:(?=catalog|database|table)/, '')),
    );
    expect(sorted(tables)).toEqual([
      ...['catalog', 'database/inference', 'database/inference_raw'],
      ...['table/inference/*', 'table/inference_raw/erased'],
    ]);
  });

  it('let marks be written, and no other record, by the function that marks', () => {
    const writing = statements('MarkRole').filter(({ Action }) =>
      list(Action).includes('dynamodb:UpdateItem'),
    );
    expect(writing).toMatchObject([
      {
        Condition: {
          'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['dirty-hours'] },
        },
      },
    ]);
  });

  it('name every action, and every resource that has a name', () => {
    const all = statements('');
    expect(all.length).toBeGreaterThan(0);
    for (const { Action, Resource, Effect } of all) {
      expect(Effect).toBe('Allow');
      for (const action of list(Action)) expect(action).not.toContain('*');
      if (list(Resource).includes('*')) {
        for (const action of list(Action)) expect(NAMELESS).toContain(action);
      }
    }
  });

  it('reach data under fixed prefixes of its buckets alone, and its one table', () => {
    const within =
      /^arn:aws:s3:::(<\w+>(\/(packages|manifests|deployed|uploads|templates|requests|requests-errors|spill|labels|tables|builds|queries)\/\*)?|cdk-\*-assets-\S+\/\*)$/;
    for (const { Action, Resource } of statements('')) {
      for (const resource of list(Resource).map(readable)) {
        if (list(Action).some((action) => action.startsWith('s3:'))) {
          expect(resource).toMatch(within);
        }
        if (list(Action).some((action) => action.startsWith('dynamodb:'))) {
          expect(resource).toMatch(/:table\/<SsmParameterValuetidegate\w+recordstable\w+>$/);
        }
        if (list(Action).some((action) => action.startsWith('secretsmanager:'))) {
          expect(resource).toMatch(new RegExp(`:secret:${prefix}/(keys|capture-hash-key)\\*$`));
        }
        if (/^(firehose:Put|sagemaker:Invoke)/.test(list(Action).join())) {
          expect(resource).toMatch(new RegExp(`:(deliverystream|endpoint)/${prefix}-\\*$`));
        }
      }
    }
  });

  it('let predictions write nothing down but what is left of throttles, when keys were used, and calls with labels', () => {
    const writing = statements('Predict').filter(({ Action }) =>
      list(Action).includes('dynamodb:UpdateItem'),
    );
    expect(writing).toMatchObject([
      {
        Action: 'dynamodb:UpdateItem',
        Condition: {
          'ForAllValues:StringLike': {
            'dynamodb:LeadingKeys': ['limits#*', 'key-uses#*', 'label-batches#*', 'tables'],
          },
        },
      },
    ]);
  });

  it('make stacks under their own prefix alone, and only with the role of services', () => {
    const service = `<${roleOf('RolesService')?.[0]}.Arn>`;
    for (const role of ['Reconcile']) {
      const changing = statements(role).filter(({ Action }) =>
        list(Action).some((action) => /^cloudformation:(?!Describe|GetTemplate)/.test(action)),
      );
      expect(changing).toHaveLength(1);
      for (const { Resource, Condition } of changing) {
        expect(list(Resource).map(readable)).toEqual([
          expect.stringMatching(new RegExp(`:stack/${prefix}-service-\\*/\\*$`)),
        ]);
        expect(readable(Condition?.StringEquals?.['cloudformation:RoleArn'])).toBe(service);
      }
      const passing = statements(role).filter(({ Action }) =>
        list(Action).includes('iam:PassRole'),
      );
      expect(passing.map(({ Resource, Condition }) => [readable(Resource), Condition])).toEqual([
        [service, { StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' } }],
      ]);
    }
  });

  it('make services of allowed instances alone, with roles for SageMaker and Firehose alone, and no IAM', () => {
    const all = statements('RolesService');
    const of = (action: string) => all.filter(({ Action }) => list(Action).includes(action));
    expect(of('sagemaker:CreateEndpointConfig')).toMatchObject([
      {
        Condition: {
          'ForAllValues:StringEquals': {
            'sagemaker:InstanceTypes': expect.arrayContaining(['ml.m5.large']),
          },
        },
      },
    ]);
    const passed = of('iam:PassRole').map(({ Resource, Condition }) => [
      readable(Resource),
      Condition?.StringEquals?.['iam:PassedToService'],
    ]);
    expect(passed).toEqual([
      [`<${roleOf('RolesExecution')?.[0]}.Arn>`, 'sagemaker.amazonaws.com'],
      [`<${roleOf('RolesCapture')?.[0]}.Arn>`, 'firehose.amazonaws.com'],
    ]);
    const iam = all.flatMap(({ Action }) => list(Action)).filter((one) => one.startsWith('iam:'));
    expect(new Set(iam)).toEqual(new Set(['iam:PassRole', 'iam:CreateServiceLinkedRole']));
    for (const { Resource } of of('sagemaker:CreateEndpoint')) {
      expect(sorted(list(Resource).map(readable))).toEqual([
        expect.stringMatching(/:endpoint-config\/\*$/),
        expect.stringMatching(new RegExp(`:endpoint/${prefix}-\\*$`)),
      ]);
    }
  });

  it('lend the roles of models and capture to this account alone', () => {
    for (const id of ['RolesExecution', 'RolesCapture']) {
      const trust = JSON.stringify(roleOf(id)?.[1].Properties.AssumeRolePolicyDocument);
      expect(trust).toContain(
        '"Condition":{"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}}',
      );
    }
  });
};
