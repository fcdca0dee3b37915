import { rawTables } from '../../../core/tables/raw-tables';
import { stages } from '../../../lib/config';
import { functions } from '../../../lib/functions';
import { type AnyState, leadsSomewhere, reachedIn, type Scope, scopesOf } from './machine';
import { type Made, ofType, readable, sorted } from './stage';

interface GlueTable {
  readonly Name: string;
  readonly Parameters: Readonly<Record<string, unknown>>;
  readonly PartitionKeys: readonly { readonly Name: string }[];
  readonly StorageDescriptor: { readonly Location: unknown };
}

interface Workgroup {
  readonly BytesScannedCutoffPerQuery: number;
  readonly ResultConfiguration: Readonly<Record<string, unknown>>;
}

/** Rules about what builds tables, and what statements are run in. */
export const tablesRules = (made: Made): void => {
  const prefix = `tidegate-${made.stage}`;
  const config = made.stage === 'prod' ? stages.prod : stages.dev;
  const propertiesOf = (type: string) => ofType(made, type).map(([, one]) => one.Properties);
  const machine = (): Scope & {
    readonly QueryLanguage?: string;
    readonly TimeoutSeconds?: number;
  } => JSON.parse(readable(propertiesOf('AWS::StepFunctions::StateMachine')[0]?.DefinitionString));
  const states = (): readonly (readonly [string, AnyState])[] =>
    scopesOf(machine()).flatMap(({ States }) => Object.entries(States));

  it('define what has arrived as lines of text, whose partitions are their paths', () => {
    const { detail } = arrived().EventPattern as {
      readonly detail: { readonly bucket: { readonly name: readonly unknown[] } };
    };
    const bucket = readable(detail.bucket.name[0]);
    expect(bucket).toMatch(/^<\w+capturedbucket\w+>$/);
    const defined = propertiesOf('AWS::Glue::Table').map(({ DatabaseName, TableInput }) => {
      const { StorageDescriptor: stored, ...table } = TableInput as GlueTable;
      expect(readable(DatabaseName)).toMatch(/^<RawDatabase\w+>$/);
      expect(stored).toMatchObject({
        Columns: [{ Name: 'line', Type: 'string' }],
        InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
        SerdeInfo: {
          SerializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
          Parameters: { 'field.delim': '\u0001' },
        },
      });
      const { EXTERNAL, ...properties } = table.Parameters;
      return {
        name: table.Name,
        partitions: table.PartitionKeys.map(({ Name }) => Name),
        location: readable(stored.Location),
        properties: Object.fromEntries(
          Object.entries(properties).map(([name, value]) => [name, readable(value)]),
        ),
      };
    });
    expect(defined).toEqual(rawTables(`s3://${bucket}/`));
    expect(
      propertiesOf('AWS::Glue::Database').map(({ DatabaseInput }) => DatabaseInput),
    ).toMatchObject([{ Name: 'inference' }, { Name: 'inference_raw' }]);
  });

  it('run statements within limits of the stage, with results that are encrypted and nowhere else', () => {
    const found = propertiesOf('AWS::Athena::WorkGroup').map(
      ({ Name, RecursiveDeleteOption, WorkGroupConfiguration }) => {
        const { ResultConfiguration, ...rest } = WorkGroupConfiguration as Workgroup;
        expect([RecursiveDeleteOption, rest]).toMatchObject([
          true,
          {
            EnforceWorkGroupConfiguration: true,
            EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
          },
        ]);
        expect(ResultConfiguration.EncryptionConfiguration).toMatchObject({
          EncryptionOption: made.stage === 'prod' ? 'SSE_KMS' : 'SSE_S3',
        });
        return [
          Name,
          rest.BytesScannedCutoffPerQuery,
          readable(ResultConfiguration.OutputLocation),
        ];
      },
    );
    const { builds, queries } = config.scanLimits;
    expect(found).toEqual([
      [
        `${prefix}-builds`,
        builds,
        expect.stringMatching(/^s3:\/\/<\w+resultsbucket\w+>\/builds\/$/),
      ],
      [
        `${prefix}-queries`,
        queries,
        expect.stringMatching(/^s3:\/\/<\w+resultsbucket\w+>\/queries\/$/),
      ],
    ]);
  });

  it('have a state machine of which every state is reached, is there, and leads on or ends', () => {
    expect(machine()).toMatchObject({
      QueryLanguage: 'JSONata',
      TimeoutSeconds: expect.any(Number),
    });
    for (const scope of scopesOf(machine())) {
      expect(sorted([...reachedIn(scope)])).toEqual(sorted(Object.keys(scope.States)));
    }
    for (const [name, state] of states())
      expect([name, leadsSomewhere(state)]).toEqual([name, true]);
    // A name stands for one state in the history of a run.
    expect(new Set(states().map(([name]) => name)).size).toBe(states().length);
  });

  it('try each task again, a few times and not all at once, catch its failure and bound its time', () => {
    const tasks = states().filter(([, { Type }]) => Type === 'Task');
    expect(tasks.length).toBeGreaterThan(0);
    for (const [
      name,
      { Retry = [], Catch = [], TimeoutSeconds = 0, Resource, Arguments },
    ] of tasks) {
      expect([name, Catch.at(-1)?.ErrorEquals]).toEqual([name, ['States.ALL']]);
      // Where it depends on the failure, that is looked at, and waited for.
      const all = new Map(states());
      const { Choices = [] } = all.get(Catch.at(-1)?.Next ?? '') ?? {};
      const waits = Choices.map(({ Next = '' }) => all.get(Next));
      const isAgain = waits.some((wait) => wait?.Type === 'Wait' && wait.Next === name);
      expect([name, Retry.length > 0 || isAgain]).toEqual([name, true]);
      for (const { MaxAttempts, JitterStrategy } of Retry) {
        expect([name, JitterStrategy, MaxAttempts <= 4]).toEqual([name, 'FULL', true]);
      }
      const isStatement = Resource?.endsWith(':athena:startQueryExecution.sync') === true;
      const callee = readable(Arguments?.FunctionName);
      const seconds = callee.startsWith('<Sweep')
        ? functions.sweep.seconds
        : functions.build.seconds;
      // A function says more when it ends itself, and Athena after its 30 minutes.
      expect([name, TimeoutSeconds > (isStatement ? 1_800 : seconds)]).toEqual([name, true]);
      expect(isStatement || /^<(Build|Sweep)Live\w+>$/.test(callee)).toBe(true);
    }
  });

  it('run statements in the workgroup of builds, and keep what they say out of the logs', () => {
    const statements = states().filter(([, { Resource }]) => Resource?.includes(':athena:'));
    const groups = statements.map(([, { Arguments }]) => Arguments?.WorkGroup);
    expect([...new Set(groups)]).toEqual([`${prefix}-builds`]);
    expect(propertiesOf('AWS::StepFunctions::StateMachine')).toMatchObject([
      {
        StateMachineName: `${prefix}-tables`,
        StateMachineType: 'STANDARD',
        LoggingConfiguration: { Level: 'ERROR', IncludeExecutionData: false },
        TracingConfiguration: { Enabled: config.tracing },
      },
    ]);
  });

  it('begin a build every quarter of an hour', () => {
    expect(propertiesOf('AWS::Scheduler::Schedule')).toMatchObject([
      {
        ScheduleExpression: `rate(${config.tablesEvery} minutes)`,
        State: 'ENABLED',
        Target: {
          Input: '{"kind":"tick"}',
          RetryPolicy: { MaximumEventAgeInSeconds: 900, MaximumRetryAttempts: 3 },
        },
      },
    ]);
  });

  const arrived = () => {
    const [, rule] = ofType(made, 'AWS::Events::Rule').find(([id]) => id.startsWith('Marks')) ?? [];
    return rule?.Properties ?? {};
  };

  it('mark what arrives, tried again for hours, and keep what cannot be marked', () => {
    expect(arrived()).toMatchObject({
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: { object: { key: [{ prefix: 'requests/' }, { prefix: 'labels/' }] } },
      },
      Targets: [
        {
          DeadLetterConfig: expect.anything(),
          RetryPolicy: { MaximumEventAgeInSeconds: 21_600 },
        },
      ],
    });
    const [, invoked] =
      ofType(made, 'AWS::Lambda::EventInvokeConfig').find(([id]) => id.startsWith('Mark')) ?? [];
    expect(invoked?.Properties).toMatchObject({
      ...{ MaximumEventAgeInSeconds: 21_600, MaximumRetryAttempts: 2 },
      DestinationConfig: { OnFailure: { Destination: expect.anything() } },
    });
    const [, queue] = ofType(made, 'AWS::SQS::Queue').find(([id]) => id.startsWith('Marks')) ?? [];
    expect(queue?.Properties).toMatchObject({ MessageRetentionPeriod: 1_209_600 });
  });

  it('ring for this stage alone, and when no build begins', () => {
    const own = propertiesOf('AWS::CloudWatch::Alarm').filter(
      ({ Namespace }) => Namespace === 'Tidegate',
    );
    const watched = own.map(({ MetricName, Dimensions, TreatMissingData, Threshold }) => [
      ...[MetricName, (Dimensions as { Value: string }[]).map(({ Value }) => Value).join()],
      ...[Threshold, TreatMissingData],
    ]);
    expect(watched).toEqual([
      ['TablesWaiting', `build,${made.stage}`, 3 * config.tablesEvery * 60, 'breaching'],
      ['TablesFailed', `build,${made.stage}`, 1, 'notBreaching'],
      ['CaptureLost', `predict,${made.stage}`, 1, 'notBreaching'],
    ]);
    const names = propertiesOf('AWS::CloudWatch::Alarm').flatMap(({ AlarmName = [] }) => AlarmName);
    expect(names).toEqual([`${prefix}-capture-completeness`]);
  });
};
