import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { GetFunctionConcurrencyCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { clientOf, type MiniStack, startMiniStack } from '../../adapters/aws/testing/ministack';
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
  awsEnvironment({ ...TEST_CREDENTIALS, AWS_REGION: 'eu-west-1' });
  beforeAll(async () => {
    emulator = await startMiniStack(python);
    process.env.AWS_ENDPOINT_URL = emulator.endpoint;
    stacks = new CloudFormationClient(clientOf(emulator.endpoint));
    lambda = new LambdaClient(clientOf(emulator.endpoint));
  }, 60_000);
  afterAll(async () => {
    stacks.destroy();
    lambda.destroy();
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
  const concurrencyOf = async (FunctionName: string) => {
    const asked = new GetFunctionConcurrencyCommand({ FunctionName });
    return (await lambda.send(asked)).ReservedConcurrentExecutions;
  };

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

  it('deletes the services of that stage alone, keeps them from being made anew, and says what is left', async () => {
    const { code, stdout, stderr } = await runCli(['destroy', '--stage', 'dev', '--yes', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { deleted, ...told } = JSON.parse(stdout);
    expect(deleted.toSorted()).toEqual(['tidegate-dev-service-loans', 'tidegate-dev-service-wine']);
    expect(told).toEqual({
      ...{ stage: 'dev', failed: [], left: ['tidegate-dev-api'] },
      next: 'npx cdk destroy --all -c stage=dev',
    });
    expect(await names()).toEqual(['tidegate-dev-api', 'tidegate-prod-service-wine']);
    const asked = new DescribeStackResourcesCommand({ StackName: 'tidegate-dev-api' });
    const { StackResources = [] } = await stacks.send(asked);
    const found = await Promise.all(
      StackResources.map(async ({ LogicalResourceId, PhysicalResourceId = '' }) => [
        LogicalResourceId,
        await concurrencyOf(PhysicalResourceId),
      ]),
    );
    expect(Object.fromEntries(found)).toEqual({
      ReconcileFunction1A2B: 0,
      ServicesFunction1A2B: 0,
      PredictFunction1A2B: undefined,
    });
  });

  it('finds nothing to do a second time, and needs no yes for it', async () => {
    const { code, stdout } = await runCli(['destroy', '--stage', 'dev']);
    expect(code).toBe(0);
    expect(stdout).toContain('There are no services of the stage dev.\nLeft: tidegate-dev-api\n');
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
