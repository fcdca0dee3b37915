import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { clientOf, type MiniStack, startMiniStack } from '../../adapters/aws/testing/ministack';
import { describePython } from '../../infra-tests/support/python';
import { runCli } from '../testing/run-cli';
import { awsEnvironment, TEST_CREDENTIALS } from './testing/aws-environment';

interface Found {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
  readonly way_out: string | null;
}

const examine = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await runCli(['doctor', '--aws', '--json', ...args]);
  const { checks } = JSON.parse(stdout || '{"checks":[]}') as { checks: readonly Found[] };
  return { code, stderr, checks, of: (name: string) => checks.find((each) => each.name === name) };
};

const REPOSITORY = 'cdk-hnb659fds-container-assets';
const IMAGE = `000000000000.dkr.ecr.eu-west-1.amazonaws.com/${REPOSITORY}`;
const parameter = (Name: string, Value: string) => ({
  Type: 'AWS::SSM::Parameter',
  Properties: { Name, Value, Type: 'String' },
});

describePython('doctor --aws', (python) => {
  let emulator: MiniStack;
  let stacks: CloudFormationClient;
  awsEnvironment({ ...TEST_CREDENTIALS, AWS_REGION: 'eu-west-1' });
  beforeAll(async () => {
    emulator = await startMiniStack(python);
    process.env.AWS_ENDPOINT_URL = emulator.endpoint;
    stacks = new CloudFormationClient(clientOf(emulator.endpoint));
  }, 60_000);
  afterAll(async () => {
    stacks.destroy();
    await emulator.stop();
  });

  const create = async (StackName: string, Resources: object): Promise<void> => {
    const TemplateBody = JSON.stringify({ Resources });
    await stacks.send(new CreateStackCommand({ StackName, TemplateBody }));
    for (let tries = 0; tries < 100; tries += 1) {
      const { Stacks = [] } = await stacks.send(new DescribeStacksCommand({ StackName }));
      if (!Stacks[0]?.StackStatus?.endsWith('_IN_PROGRESS')) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  it('finds who asks, and what an account needs before the first deployment', async () => {
    const { code, of } = await examine('--stage', 'dev');
    expect(code).toBe(1);
    expect(of('credentials')).toMatchObject({
      status: 'ok',
      detail: 'arn:aws:iam::000000000000:root, account 000000000000',
    });
    expect(of('cdk bootstrap')).toMatchObject({
      status: 'wrong',
      detail: 'was not run in eu-west-1',
      way_out: 'npx cdk bootstrap aws://000000000000/eu-west-1',
    });
    expect(of('concurrency')).toMatchObject({ detail: expect.stringMatching(/^\d+ functions/) });
    expect(of('stage dev')).toMatchObject({
      status: 'note',
      detail: 'is not deployed here',
      way_out: 'npx cdk deploy --all -c stage=dev',
    });
    expect(of('model server')).toBeUndefined();
  });

  it('looks at the stage that is deployed, its image and its services', async () => {
    await create('CDKToolkit', { V: parameter('/cdk-bootstrap/hnb659fds/version', '30') });
    await create('tidegate-dev-api', {
      Image: parameter('/tidegate/dev/model-server-image', `${IMAGE}:abc`),
      ServicesFunction1A2B: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          ...{ Runtime: 'nodejs24.x', Handler: 'index.handler' },
          Role: 'arn:aws:iam::000000000000:role/none',
          Code: { ZipFile: 'exports.handler = async () => {};' },
          Environment: { Variables: { ALLOWED_INSTANCE_TYPES: 'ml.m5.large,ml.g5.xlarge' } },
        },
      },
    });
    await create('tidegate-dev-service-wine', {
      Plan: { Type: 'AWS::ApiGateway::UsagePlan', Properties: { UsagePlanName: 'wine' } },
    });
    const { of } = await examine();
    expect(of('cdk bootstrap')).toMatchObject({ status: 'ok', detail: 'version 30' });
    expect(of('tidegate-dev-api')).toMatchObject({ status: 'ok', detail: 'CREATE_COMPLETE' });
    expect(of('service wine')).toMatchObject({ status: 'ok' });
    expect(of('usage plans')?.detail).toMatch(/^1 of 300 in this Region, unless/);
    expect(of('instance types')?.detail).toBe('ml.m5.large, ml.g5.xlarge');
    expect(of('model server')).toMatchObject({
      status: 'wrong',
      detail: `${IMAGE}:abc is not there: no model can start`,
    });
  });

  it('says it to people, too', async () => {
    const { stdout } = await runCli(['doctor', '--aws']);
    expect(stdout).toMatch(/^ok +credentials +arn:aws:iam/m);
    expect(stdout).toMatch(/^ok +cdk bootstrap +version 30$/m);
  });
});

describe('doctor --aws where AWS does not answer', () => {
  awsEnvironment({ ...TEST_CREDENTIALS, AWS_ENDPOINT_URL: 'http://127.0.0.1:8' });

  it('says why', async () => {
    const { code, checks } = await examine('--region', 'eu-west-1');
    expect(code).toBe(1);
    expect(checks).toEqual([
      {
        ...{ name: 'credentials', status: 'wrong' },
        detail: 'AWS cannot be reached: ECONNREFUSED',
        way_out: expect.stringContaining('is the Region one that there is'),
      },
    ]);
    expect((await examine()).of('credentials')?.way_out).toBe('give --region, or set AWS_REGION');
  });
});

describe('doctor --aws without credentials', () => {
  awsEnvironment({ AWS_REGION: 'eu-west-1' });

  it('says where they may come from', async () => {
    const { of } = await examine();
    expect(of('credentials')).toMatchObject({
      status: 'wrong',
      detail: expect.stringContaining('there are no AWS credentials'),
      way_out: expect.stringContaining('aws sso login'),
    });
  });
});
