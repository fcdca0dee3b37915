import { stages } from '../../../lib/config';
import { functions } from '../../../lib/functions';
import { type Made, ofType, readable, sorted } from './stage';

interface FunctionProperties {
  readonly Runtime: string;
  readonly Code: { readonly S3Key: string };
  readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
  readonly LoggingConfig: { readonly LogGroup: unknown };
  readonly ReservedConcurrentExecutions?: number;
}

const NAMES = Object.keys(functions);
/** The functions that build tables, and what they are told. */
const OF_TABLES: Readonly<Record<string, readonly string[]>> = {
  build: [
    ...['CAPTURED_BUCKET', 'CAPTURED_DAYS', 'DATABASE', 'QUIET_SECONDS', 'RAW_DATABASE'],
    ...['RECORDS_TABLE', 'STAGE', 'TABLES_BUCKET', 'TABLES_MACHINE'],
  ],
  mark: ['RECORDS_TABLE', 'STAGE'],
  sweep: ['CAPTURED_BUCKET', 'RESULTS_BUCKET', 'STAGE'],
};
/** Of a function's files, in bytes. */
const MOST_BYTES = 500_000;

/** Rules about functions. */
export const functionRules = (made: Made): void => {
  const all = () =>
    ofType(made, 'AWS::Lambda::Function').map(([id, { Properties }]) => {
      const properties = Properties as unknown as FunctionProperties;
      const name = String(properties.Environment.Variables.POWERTOOLS_SERVICE_NAME);
      return { id, name, properties };
    });

  const ofApi = () => all().filter(({ name }) => !(name in OF_TABLES));

  it('have one function for each entry of lambdas', () => {
    expect(sorted(all().map(({ name }) => name))).toEqual(sorted(NAMES));
  });

  it('run functions on Node 24 and arm64, traced where the stage says so, with JSON logs in groups of their own', () => {
    for (const { properties } of all()) {
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        ...(made.stage === 'dev' && { TracingConfig: { Mode: 'Active' } }),
        LoggingConfig: { LogFormat: 'JSON', SystemLogLevel: 'WARN' },
      });
    }
    const groups = new Set(
      all().map(({ properties }) => readable(properties.LoggingConfig.LogGroup)),
    );
    expect(groups.size).toBe(NAMES.length);
  });

  it('upload 500 kB for a function at most', () => {
    const { bundles } = made.synthesized();
    for (const { name, properties } of all()) {
      const files = bundles.get(properties.Code.S3Key.replace('.zip', ''));
      const bytes = [...(files?.values() ?? [])].reduce(
        (sum, text) => sum + Buffer.byteLength(text),
        0,
      );
      expect([name, bytes > 0, bytes <= MOST_BYTES, bytes]).toEqual([name, true, true, bytes]);
    }
  });

  it('call every function by its alias, which a deployment moves at once', () => {
    const aliases = ofType(made, 'AWS::Lambda::Alias');
    expect(aliases.map(([, { Properties }]) => Properties.Name)).toEqual(NAMES.map(() => 'live'));
    const refs = new Set(aliases.map(([id]) => `<${id}>`));
    for (const [, { Properties }] of ofType(made, 'AWS::Lambda::Permission')) {
      expect(refs).toContain(readable(Properties.FunctionName));
    }
    for (const [, { Properties }] of ofType(made, 'AWS::Events::Rule')) {
      const [{ Arn }] = Properties.Targets as [{ Arn: unknown }];
      expect(refs).toContain(readable(Arn));
    }
  });

  it('tell functions where everything is, and the service role only to the one that uses it', () => {
    for (const { name, properties } of ofApi()) {
      const given = sorted(Object.keys(properties.Environment.Variables));
      expect([name, given]).toEqual([
        name,
        [
          'ALLOWED_INSTANCE_TYPES',
          'ARTIFACTS_BUCKET',
          'CAPTURED_BUCKET',
          ...(name === 'tables' ? ['DATABASE'] : []),
          ...(name === 'intake' ? ['IMAGE_REGISTRIES'] : []),
          ...(name === 'models' ? ['INTAKE_FUNCTION'] : []),
          ...(name === 'reconcile' ? ['PLATFORM'] : []),
          'POWERTOOLS_LOG_LEVEL',
          'POWERTOOLS_SERVICE_NAME',
          ...(['services', 'reconcile'].includes(name) ? ['PREDICT_LOG_GROUP'] : []),
          ...(name === 'tables' ? ['QUERIES_WORKGROUP'] : []),
          ...(['services', 'packages'].includes(name) ? ['RECONCILE_FUNCTION'] : []),
          'RECORDS_TABLE',
          'SECRETS_PREFIX',
          ...(name === 'reconcile' ? ['SERVICE_ROLE_ARN'] : []),
          'STAGE',
          ...(['services', 'reconcile', 'tables'].includes(name) ? ['TABLES_MACHINE'] : []),
          'TEMPLATES_BUCKET',
        ],
      ]);
      expect(properties.Environment.Variables).toMatchObject({
        STAGE: made.stage,
        SECRETS_PREFIX: `tidegate-${made.stage}/`,
      });
    }
  });

  it('tell functions that build tables what they need, and no more', () => {
    for (const [name, variables] of Object.entries(OF_TABLES)) {
      const { properties } = all().find((one) => one.name === name) ?? {};
      const given = Object.keys(properties?.Environment.Variables ?? {});
      expect([name, sorted(given.filter((one) => !one.startsWith('POWERTOOLS_')))]).toEqual([
        name,
        variables,
      ]);
    }
  });

  it('keep concurrency free for credentials and operators, as the stage says', () => {
    const wanted = made.stage === 'prod' ? stages.prod.concurrency : stages.dev.concurrency;
    const reserved = Object.fromEntries(
      all().flatMap(({ name, properties }) =>
        properties.ReservedConcurrentExecutions === undefined
          ? []
          : [[name, properties.ReservedConcurrentExecutions]],
      ),
    );
    const expected = Object.entries(wanted).map(([name, { reserved }]) => [name, reserved]);
    expect(reserved).toEqual(Object.fromEntries(expected));
  });

  it('reconcile within bounds: events are dropped when they are old, failures are kept and told', () => {
    const rules = ofType(made, 'AWS::Events::Rule')
      .filter(([id]) => id.startsWith('Reconciliation'))
      .map(([, { Properties }]) => Properties);
    expect(rules).toHaveLength(4);
    for (const { Targets } of rules) {
      expect(Targets).toEqual([
        expect.objectContaining({
          RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 2 },
          DeadLetterConfig: expect.anything(),
        }),
      ]);
    }
    expect(rules.map((rule) => rule.ScheduleExpression)).toContain('rate(1 minute)');
    const patterns = rules.map((rule) => readable(rule.EventPattern)).join('\n');
    expect(patterns).toContain(`stack/tidegate-${made.stage}-service-`);
    expect(patterns).toContain(`"EndpointName":[{"prefix":"tidegate-${made.stage}-"}]`);
    const own = ofType(made, 'AWS::Lambda::EventInvokeConfig').find(([id]) =>
      id.startsWith('Reconcile'),
    );
    expect(own?.[1].Properties).toMatchObject({ MaximumRetryAttempts: 0 });
  });

  it('reconcile when an alarm of a service rings or is over, not when one of the platform does', () => {
    const rules = ofType(made, 'AWS::Events::Rule');
    const ofAlarms = rules.filter(([id]) => id.startsWith('ReconciliationAlarmChanged'));
    expect(ofAlarms.map(([, { Properties }]) => Properties.EventPattern)).toEqual([
      {
        source: ['aws.cloudwatch'],
        'detail-type': ['CloudWatch Alarm State Change'],
        detail: {
          alarmName: [{ prefix: `tidegate-${made.stage}-service-` }],
          state: { value: ['ALARM', 'OK'] },
        },
      },
    ]);
  });

  it('let the rules of reconcile call it, each by a right of its own, and nothing else of AWS', () => {
    const rules = ofType(made, 'AWS::Events::Rule')
      .map(([id]) => id)
      .filter((id) => id.startsWith('Reconciliation'));
    const [live] = ofType(made, 'AWS::Lambda::Alias')
      .map(([id]) => id)
      .filter((id) => id.startsWith('Reconcile'));
    const allowed = ofType(made, 'AWS::Lambda::Permission')
      .filter(([, { Properties }]) => readable(Properties.FunctionName) === `<${live}>`)
      .map(([, { Properties }]) => ({
        ...Properties,
        ...{ FunctionName: '', SourceArn: readable(Properties.SourceArn) },
      }));
    expect(allowed).toHaveLength(4);
    expect(allowed).toEqual(
      expect.arrayContaining(
        rules.map((id) => ({
          ...{ Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com' },
          ...{ FunctionName: '', SourceArn: `<${id}.Arn>` },
        })),
      ),
    );
  });

  it('tell the topic of each alarm, and of its end', () => {
    const alarms = ofType(made, 'AWS::CloudWatch::Alarm');
    expect(alarms.length).toBeGreaterThan(0);
    for (const [id, { Properties }] of alarms) {
      expect([id, Properties.AlarmActions]).toEqual([id, [expect.anything()]]);
      expect(Properties.OKActions).toEqual(Properties.AlarmActions);
    }
  });

  it('let no log line stay for ever', () => {
    const groups = ofType(made, 'AWS::Logs::LogGroup');
    // Each function's, two of the API, and that of the state machine.
    expect(groups).toHaveLength(NAMES.length + 3);
    for (const [id, { Properties }] of groups) {
      expect([id, Properties.RetentionInDays]).toEqual([
        id,
        stages[nameOf(made.stage)].logRetention,
      ]);
    }
  });
};

const nameOf = (stage: string): keyof typeof stages => (stage === 'prod' ? 'prod' : 'dev');
