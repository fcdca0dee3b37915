import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { clientOf, type MiniStack, startMiniStack } from '../../adapters/aws/testing/ministack';
import { tablesMachine } from '../../lib/constructs/tables-machine-definition';
import { until } from '../support/api';
import { temporaryFolder } from '../support/platform';
import { describePython } from '../support/python';

/** Stands in for the functions: it does what its input says, so that each branch can be asked for. */
const BUILD = `exports.handler = async ({ ask, run, work, ran, why }) => {
  if (ask === 'plan') {
    if (run.refuse) throw new Error('no "records" to be read');
    return run.services;
  }
  if (ask === 'failed') {
    if (work.deaf) throw new Error('not heard');
    return { failed: why, service: work.of, kind: work.item.kind };
  }
  if (work.until > Date.now()) return { wait: 1 };
  const step = work.steps[ran.length];
  if (step === 'throw') throw new Error('no such table');
  return step ?? { done: ran, service: work.of };
};`;
const SWEEP = `exports.handler = async ({ n }) => ({ rows: [[String(n)]], written: null });`;

const lambda = (FunctionName: string, ZipFile: string) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    ...{ FunctionName, Runtime: 'nodejs24.x', Handler: 'index.handler', Code: { ZipFile } },
    Role: 'arn:aws:iam::000000000000:role/none',
  },
});

const definition = tablesMachine({
  ...{ partition: 'aws', build: 'build', sweep: 'sweep', workGroup: 'builds' },
});
const template = {
  Resources: {
    Build: lambda('build', BUILD),
    Sweep: lambda('sweep', SWEEP),
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: 'tables',
        RoleArn: 'arn:aws:iam::000000000000:role/none',
        DefinitionString: JSON.stringify(definition),
      },
    },
  },
};

/** A failed statement as its task tells of it: with all that Athena knows, also the statement. */
const failing = (reason: string, ErrorCategory?: number) => ({
  Throw: {
    Error: 'States.TaskFailed',
    Cause: JSON.stringify({
      ...{ Query: `SELECT '{"ErrorCategory": 2, "StateChangeReason": "scanned limit"}'` },
      Status: {
        ...(ErrorCategory && { AthenaError: { ErrorCategory, Retryable: false } }),
        ...{ State: 'FAILED', StateChangeReason: reason },
      },
    }),
  },
});
const SUCCEEDED = { Return: { QueryExecution: { QueryExecutionId: 'the-last' } } };
const RACE = failing('ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table', 2);
const SLOW = failing('HIVE_CURSOR_ERROR: Please reduce your request rate. (SlowDown)', 2);
const INTERNAL = failing('GENERIC_INTERNAL_ERROR: no worker', 1);
const THROTTLED = { Throw: { Error: 'Athena.TooManyRequestsException', Cause: 'Rate exceeded' } };
const STOPPED = failing('Query cancelled by user');
const MORE = failing(
  'ICEBERG_VACUUM_MORE_RUNS_NEEDED: Removed 20000 files in this round of vacuum, but there are more files remaining. Please run another VACUUM command to process the remaining files',
  2,
);
const PACK_MORE = failing(
  'ICEBERG_OPTIMIZE_MORE_RUNS_NEEDED: Processed 100 partitions in this round of optimization, but there are more partitions remaining. Please run another OPTIMIZE command',
  2,
);
const ROUNDS = 20;
const LIMIT = 'Query cancelled! : Bytes scanned limit was exceeded';
const WRONG = `COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved`;
const LATE = { Throw: { Error: 'States.Timeout', Cause: '' } };

/** What Athena, which this emulator has not, makes of statements, by the name of a case: one attempt after the other. */
const ATHENA: Readonly<Record<string, readonly object[]>> = {
  passes: [RACE, THROTTLED, INTERNAL, STOPPED, SUCCEEDED, SLOW, SUCCEEDED],
  races: [RACE, RACE, RACE, RACE, RACE, SUCCEEDED],
  limited: [failing(LIMIT), SUCCEEDED],
  wrong: [failing(WRONG, 2), SUCCEEDED],
  late: [LATE, SUCCEEDED],
  // More than is tried again of failures, and each round may lose races of its own.
  parts: [
    ...[...Array(6).fill(MORE), RACE, RACE, RACE, MORE, RACE, RACE, RACE, SUCCEEDED],
    ...[...Array(ROUNDS).fill(PACK_MORE), SUCCEEDED],
  ],
  endless: [...Array(ROUNDS + 1).fill(MORE), SUCCEEDED],
};
const mocked = {
  StateMachines: {
    tables: {
      TestCases: Object.fromEntries(Object.keys(ATHENA).map((name) => [name, { Statement: name }])),
    },
  },
  MockedResponses: Object.fromEntries(
    Object.entries(ATHENA).map(([name, attempts]) => [name, { ...attempts }]),
  ),
};

describePython('the state machine of the tables', (python) => {
  let emulator: MiniStack;
  let states: SFNClient;

  beforeAll(async () => {
    // Between attempts it waits for minutes in an account.
    const athena = join(temporaryFolder(), 'athena.json');
    writeFileSync(athena, JSON.stringify(mocked));
    emulator = await startMiniStack(python, { SFN_WAIT_SCALE: '0', SFN_MOCK_CONFIG: athena });
    const stacks = new CloudFormationClient(clientOf(emulator.endpoint));
    states = new SFNClient(clientOf(emulator.endpoint));
    const StackName = 'machine';
    await stacks.send(
      new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }),
    );
    const { Stacks } = await until(
      () => stacks.send(new DescribeStacksCommand({ StackName })),
      (found) => found.Stacks?.[0]?.StackStatus !== 'CREATE_IN_PROGRESS',
      20_000,
    );
    stacks.destroy();
    expect(Stacks?.[0]?.StackStatus).toBe('CREATE_COMPLETE');
  }, 60_000);
  afterAll(async () => {
    states.destroy();
    await emulator.stop();
  });

  const run = async (input: object, athena = ''): Promise<DescribeExecutionOutput> => {
    const stateMachineArn = `arn:aws:states:eu-west-1:000000000000:stateMachine:tables${athena}`;
    const { executionArn } = await states.send(
      new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
    );
    return until(
      () => states.send(new DescribeExecutionCommand({ executionArn })),
      ({ status }) => status !== 'RUNNING',
      60_000,
    );
  };
  const reportsOf = ({ status, output = '{}' }: DescribeExecutionOutput) => ({
    status,
    ...(JSON.parse(output) as { readonly reports?: readonly unknown[] }),
  });
  const work = (of: string, ...steps: readonly unknown[]) => ({ of, steps, item: { kind: 'any' } });

  it('does nothing where there is nothing to do', async () => {
    expect(reportsOf(await run({ services: [] }))).toEqual({ status: 'SUCCEEDED', reports: [] });
    const idle = [{ service: 'wine', works: [] }];
    expect(reportsOf(await run({ services: idle }))).toEqual({ status: 'SUCCEEDED', reports: [] });
  }, 60_000);

  it('asks what comes next, with what all before it came to, until each piece is done', async () => {
    const sweeps = [{ chore: { n: 1 } }, { chore: { n: 2 } }];
    const services = [
      { service: 'wine', works: [work('wine', ...sweeps), work('wine')] },
      { service: 'loans', works: [work('loans', { chore: { n: 3 } })] },
    ];
    const swept = (n: string) => ({ chore: { rows: [[n]], written: null } });
    expect(reportsOf(await run({ services }))).toEqual({
      status: 'SUCCEEDED',
      reports: [
        { service: 'wine', done: [swept('1'), swept('2')] },
        { service: 'wine', done: [] },
        { service: 'loans', done: [swept('3')] },
      ],
    });
  }, 60_000);

  it('waits when it is told to, and asks again', async () => {
    const services = [{ service: 'wine', works: [{ ...work('wine'), until: Date.now() + 1_500 }] }];
    expect(reportsOf(await run({ services }))).toEqual({
      status: 'SUCCEEDED',
      reports: [{ service: 'wine', done: [] }],
    });
  }, 60_000);

  it('goes on with other pieces when one fails to the end, and ends failed with the reason', async () => {
    const services = [
      {
        service: 'wine',
        works: [work('wine', 'throw'), work('wine', { chore: { n: 1 } }, 'throw')],
      },
      { service: 'loans', works: [work('loans')] },
    ];
    const { status, error, cause } = await run({ services });
    expect({ status, error, cause }).toEqual({
      ...{ status: 'FAILED', error: 'TablesFailed' },
      cause: expect.stringMatching(/^wine: \S+: no such table; wine: \S+: no such table$/),
    });
  }, 60_000);

  it('ends an erasure as the erasure itself ends, and tells the rest', async () => {
    const others = [work('wine', 'throw'), work('wine')];
    const erase = { ...work('wine'), item: { kind: 'erase' } };
    const erasure = (...works: readonly object[]) =>
      run({ kind: 'erasure', services: [{ service: 'wine', works }] });
    expect(reportsOf(await erasure(...others, erase))).toEqual({
      status: 'SUCCEEDED',
      reports: [
        { service: 'wine', kind: 'any', failed: expect.stringContaining('no such table') },
        { service: 'wine', done: [] },
        { service: 'wine', done: [] },
      ],
    });
    const failing = { ...erase, steps: ['throw'] };
    const { status, cause } = await erasure(...others, failing);
    expect([status, cause]).toEqual([
      'FAILED',
      expect.stringMatching(/^wine: \S+: no such table$/),
    ]);
    const deaf = await erasure(work('wine'), { ...failing, deaf: true });
    expect(deaf.status).toBe('FAILED');
  }, 60_000);

  const statement = { step: 'take-requests', sql: 'MERGE' };
  const stating = (athena: string, ...steps: readonly unknown[]) =>
    run({ services: [{ service: 'wine', works: [work('wine', ...steps)] }] }, `#${athena}`);

  it('runs a statement again that lost a race, was throttled, stopped or met a fault of Athena’s', async () => {
    const ran = { query: 'the-last', step: 'take-requests' };
    expect(reportsOf(await stating('passes', { statement }, { statement }))).toEqual({
      status: 'SUCCEEDED',
      reports: [{ service: 'wine', done: [ran, ran] }],
    });
  }, 60_000);

  it('runs a statement again, as often as that takes, that does its work in parts', async () => {
    const ran = { query: 'the-last', step: 'take-requests' };
    expect(reportsOf(await stating('parts', { statement }, { statement }))).toEqual({
      status: 'SUCCEEDED',
      reports: [{ service: 'wine', done: [ran, ran] }],
    });
  }, 60_000);

  it('ends when there is always more to do', async () => {
    const { status, cause } = await stating('endless', { statement });
    expect(status).toBe('FAILED');
    expect(cause).toMatch(/^wine: States.TaskFailed: ICEBERG_VACUUM_MORE_RUNS_NEEDED: /);
  }, 60_000);

  it.each([
    [
      'races',
      'wine: States.TaskFailed: ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table',
    ],
    ['limited', `wine: States.TaskFailed: ${LIMIT}`],
    ['wrong', `wine: States.TaskFailed: ${WRONG}`],
    ['late', 'wine: States.Timeout: '],
  ])(
    'ends when a statement loses each race, and at once when it would fail again: %s',
    async (athena, why) => {
      const { status, cause } = await stating(athena, { statement });
      expect([status, cause]).toEqual(['FAILED', why]);
    },
    60_000,
  );

  it('goes on with a statement that may fail, and tells why it has', async () => {
    const statement = { step: 'add-columns', sql: 'no statement', mayFail: true };
    const services = [{ service: 'wine', works: [work('wine', { statement })] }];
    expect(reportsOf(await run({ services }))).toEqual({
      status: 'SUCCEEDED',
      reports: [{ service: 'wine', done: [{ step: 'add-columns', failed: expect.any(String) }] }],
    });
  }, 60_000);

  it('says which piece failed even when the function cannot be told', async () => {
    const services = [{ service: 'wine', works: [{ ...work('wine', 'throw'), deaf: true }] }];
    const { status, cause } = await run({ services });
    expect(status).toBe('FAILED');
    expect(cause).toMatch(/^wine: \S+: no such table$/);
  }, 60_000);

  it('fails with the reason when there is no plan', async () => {
    const { status, error, cause } = await run({ refuse: true });
    expect({ status, error, cause }).toEqual({
      ...{ status: 'FAILED', error: 'TablesNotPlanned' },
      cause: expect.stringMatching(/^\S+: no "records" to be read$/),
    });
  }, 60_000);
});
