import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { GetFunctionConcurrencyCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { clientOf, type MiniStack, startMiniStack } from '../../adapters/aws/testing/ministack';
import { type FaultProxy, startFaultProxy } from '../../infra-tests/aws/faults/fault-proxy';
import { describePython } from '../../infra-tests/support/python';
import { runCli } from '../testing/run-cli';
import { awsEnvironment, TEST_CREDENTIALS } from './testing/aws-environment';

/** Parts of a platform's stack that `destroy` looks at; its functions answer nothing here. */
const platform = {
  Resources: Object.fromEntries(
    ['Reconcile', 'Services', 'Predict'].flatMap((name) => [
      [
        `${name}Function1A2B`,
        {
          Type: 'AWS::Lambda::Function',
          Properties: {
            ...(name === 'Reconcile' && { ReservedConcurrentExecutions: 5, Timeout: 2 }),
            Runtime: 'nodejs24.x',
            Handler: 'index.handler',
            Role: 'arn:aws:iam::000000000000:role/none',
            Code: { ZipFile: 'exports.handler = async () => {};' },
          },
        },
      ],
    ]),
  ),
};
const service = (name: string) => ({
  Resources: { Log: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: `/of/${name}` } } },
});

describePython('destroy', (python) => {
  let emulator: MiniStack;
  let stacks: CloudFormationClient;
  let lambda: LambdaClient;
  let proxy: FaultProxy;
  awsEnvironment({ ...TEST_CREDENTIALS, AWS_REGION: 'eu-west-1' });
  beforeAll(async () => {
    emulator = await startMiniStack(python);
    proxy = await startFaultProxy(emulator.endpoint);
    process.env.AWS_ENDPOINT_URL = proxy.endpoint;
    stacks = new CloudFormationClient(clientOf(emulator.endpoint));
    lambda = new LambdaClient(clientOf(emulator.endpoint));
  }, 60_000);
  afterAll(async () => {
    stacks.destroy();
    lambda.destroy();
    await proxy.stop();
    await emulator.stop();
  });

  const create = async (StackName: string, template: object): Promise<void> => {
    const TemplateBody = JSON.stringify(template);
    await stacks.send(new CreateStackCommand({ StackName, TemplateBody }));
    for (let tries = 0; tries < 100; tries += 1) {
      const { Stacks = [] } = await stacks.send(new DescribeStacksCommand({ StackName }));
      if (Stacks[0]?.StackStatus === 'CREATE_COMPLETE') return;
      if (Stacks[0]?.StackStatus !== 'CREATE_IN_PROGRESS') break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${StackName} was not created`);
  };
  const names = async () =>
    ((await stacks.send(new DescribeStacksCommand({}))).Stacks ?? [])
      .filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE')
      .map(({ StackName }) => StackName)
      .toSorted();
  /** What each function of the platform may answer at once. */
  const concurrencies = async () => {
    const asked = new DescribeStackResourcesCommand({ StackName: 'tidegate-dev-api' });
    const { StackResources = [] } = await stacks.send(asked);
    const found = StackResources.map(async ({ LogicalResourceId, PhysicalResourceId }) => {
      const about = new GetFunctionConcurrencyCommand({ FunctionName: PhysicalResourceId });
      return [LogicalResourceId, (await lambda.send(about)).ReservedConcurrentExecutions];
    });
    return Object.fromEntries(await Promise.all(found));
  };
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    for (const end = Date.now() + 3_000; !(await holds()); ) {
      if (Date.now() > end) throw new Error('it never came to that');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const goingOn = { ReconcileFunction1A2B: 5 };
  const stopped = { ReconcileFunction1A2B: 0 };

  it('asks first, and needs --yes where nobody can answer', async () => {
    await create('tidegate-dev-service-wine', service('wine'));
    await create('tidegate-dev-service-loans', service('loans'));
    await create('tidegate-prod-service-wine', service('prod-wine'));
    await create('tidegate-dev-api', platform);
    const { code, stderr } = await runCli(['destroy', '--stage', 'dev']);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /Delete 2 services (wine, loans|loans, wine) of the stage dev in account 0{12}, eu-west-1, .* say --yes/,
    );
    expect(await names()).toHaveLength(4);
  });

  it('has the platform go on when a service cannot be deleted', async () => {
    proxy.inject({ service: 'cloudformation', operation: 'DeleteStack', fault: 'denied' });
    const { code, stdout, stderr } = await runCli(['destroy', '--stage', 'dev', '--yes']);
    proxy.inject();
    expect(code).toBe(1);
    expect(stdout).toContain('service-wine is not deleted: AWS says: User: arn:aws:iam');
    expect(stderr).toContain('The platform makes services again');
    expect(await names()).toHaveLength(4);
    expect(await concurrencies()).toEqual(goingOn);
  });

  it('has it go on when it is interrupted', async () => {
    const ms = 3_000;
    proxy.inject({ service: 'cloudformation', operation: 'DeleteStack', fault: 'slow', ms });
    const running = runCli(['destroy', '--stage', 'dev', '--yes']);
    await until(async () => proxy.count('cloudformation', 'DeleteStack') > 0);
    expect(await concurrencies()).toEqual(stopped);
    process.emit('SIGINT', 'SIGINT');
    const { code, stdout } = await running;
    proxy.inject();
    expect([code, stdout]).toEqual([1, expect.stringContaining('is not deleted: interrupted')]);
    expect(await concurrencies()).toEqual(goingOn);
    await create('tidegate-dev-service-more', service('more'));
  }, 30_000);

  it('deletes the services of that stage alone, keeps them from being made anew, and says what is left', async () => {
    const { code, stdout, stderr } = await runCli(['destroy', '--stage', 'dev', '--yes', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { deleted, ...told } = JSON.parse(stdout);
    expect(deleted).toContain('tidegate-dev-service-more');
    expect(told).toEqual({
      ...{ stage: 'dev', failed: [], left: ['tidegate-dev-api'] },
      next: 'npx cdk destroy --all -c stage=dev',
    });
    expect(await names()).toEqual(['tidegate-dev-api', 'tidegate-prod-service-wine']);
    expect(await concurrencies()).toEqual(stopped);
  });

  it('finds nothing to do a second time, and needs no yes for it', async () => {
    const { code, stdout } = await runCli(['destroy', '--stage', 'dev']);
    expect(code).toBe(0);
    expect(stdout).toContain('There are no services of the stage dev.\nLeft: tidegate-dev-api\n');
    expect(await concurrencies()).toEqual(stopped);
  });

  it('is undone with what the stage reserves, as doctor says', async () => {
    const asked = ['doctor', '--aws', '--json', '--stage', 'dev'];
    const found = async () => {
      const { checks } = JSON.parse((await runCli(asked)).stdout);
      return checks.find(({ name }: { name: string }) => name === 'making of services');
    };
    expect(await found()).toMatchObject({
      status: 'wrong',
      way_out: expect.stringContaining('npx tidegate destroy --stage dev --undo'),
    });
    expect(await runCli(['destroy', '--stage', 'dev', '--undo'])).toMatchObject({
      ...{ code: 0, stdout: expect.stringContaining('makes services again') },
    });
    expect(await concurrencies()).toEqual(goingOn);
    expect(await found()).toMatchObject({ status: 'ok' });
    expect(await runCli(['destroy', '--stage', 'prod', '--undo'])).toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining('the stage prod is not deployed here') },
    });
  });

  it('deletes what a run of the platform that was under way begins after all', async () => {
    const running = runCli(['destroy', '--stage', 'dev', '--yes', '--json']);
    await until(async () => (await concurrencies()).ReconcileFunction1A2B === 0);
    await create('tidegate-dev-service-late', service('late'));
    const { code, stdout } = await running;
    expect([code, JSON.parse(stdout).deleted]).toEqual([0, ['tidegate-dev-service-late']]);
    expect(await names()).toEqual(['tidegate-dev-api', 'tidegate-prod-service-wine']);
  });

  it('is interrupted while it waits for such a run, and has the platform go on', async () => {
    await runCli(['destroy', '--stage', 'dev', '--undo']);
    const running = runCli(['destroy', '--stage', 'dev', '--yes']);
    await until(async () => (await concurrencies()).ReconcileFunction1A2B === 0);
    process.emit('SIGINT', 'SIGINT');
    const { code, stderr } = await running;
    expect([code, stderr]).toEqual([1, expect.stringContaining('interrupted before')]);
    expect(await concurrencies()).toEqual(goingOn);
  });
});

describe('destroy of nothing that can be', () => {
  awsEnvironment({ ...TEST_CREDENTIALS, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });

  it('says what is missing', async () => {
    const region = ['--region', 'eu-west-1'];
    expect(await runCli(['destroy', '--yes', ...region])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('AWS cannot be reached: ECONNREFUSED'),
    });
    expect((await runCli(['destroy', '--yes'])).stderr).toContain('which AWS Region is meant');
    expect((await runCli(['destroy', '--stage', 'x-y', '--yes'])).code).toBe(2);
  });
});
