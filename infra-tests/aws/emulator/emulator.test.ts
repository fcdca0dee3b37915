import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackEventsCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeEndpointCommand,
  SageMakerClient,
  UpdateEndpointWeightsAndCapacitiesCommand,
  waitUntilEndpointInService,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { until } from '../../support/api';
import { describePython } from '../../support/python';
import { putService, settled } from './service-stack';
import { type Emulator, startEmulator } from './start';

const START_MS = 90_000;
const STACK_MS = 40_000;
const DOUBLE = [process.execPath, join(__dirname, 'fixtures/double.mjs')];
const two = { name: 'v1', environment: { FACTOR: '2' } };
const three = { name: 'v2', environment: { FACTOR: '3' } };
const broken = { name: 'v3', environment: { EXIT: '1' } };

describePython('the emulator of AWS', (python) => {
  let emulator: Emulator;
  let stacks: CloudFormationClient;
  let sagemaker: SageMakerClient;
  let runtime: SageMakerRuntimeClient;
  beforeAll(async () => {
    emulator = await startEmulator({ python, command: DOUBLE, pingWithinMs: 5_000 });
    stacks = new CloudFormationClient(emulator.clientOf());
    sagemaker = new SageMakerClient(emulator.clientOf());
    runtime = new SageMakerRuntimeClient({ ...emulator.clientOf(), maxAttempts: 1 });
  }, START_MS);
  afterAll(() => emulator.stop(), START_MS);

  const invoke = async (EndpointName: string, TargetVariant?: string) => {
    const { Body, InvokedProductionVariant } = await runtime.send(
      new InvokeEndpointCommand({
        ...{ EndpointName, TargetVariant, ContentType: 'application/json' },
        Body: JSON.stringify({ x: 10 }),
      }),
    );
    return { ...JSON.parse(Buffer.from(Body).toString()), variant: InvokedProductionVariant };
  };
  /** The first line of an endpoint's containers, as CloudWatch Logs has it. */
  const lineOf = async (endpoint: string): Promise<string | undefined> => {
    const logs = new CloudWatchLogsClient(emulator.clientOf());
    const logGroupName = `/aws/sagemaker/Endpoints/${endpoint}`;
    const read = () => logs.send(new FilterLogEventsCommand({ logGroupName })).catch(() => null);
    const found = await until(read, (answer) => (answer?.events?.length ?? 0) > 0);
    return found?.events?.[0]?.message;
  };
  const describeEndpoint = (EndpointName: string) =>
    sagemaker.send(new DescribeEndpointCommand({ EndpointName }));
  const weightsOf = async (name: string) => {
    const { ProductionVariants = [] } = await describeEndpoint(name);
    return ProductionVariants.map((variant) => [variant.VariantName, variant.CurrentWeight]);
  };

  it(
    'runs the containers of a stack, and splits its traffic by weight or target',
    async () => {
      expect(await putService(stacks, 'split', [two, { ...three, weight: 0 }])).toBe(
        'CREATE_COMPLETE',
      );
      expect(await invoke('split')).toMatchObject({ y: 20, variant: 'v1' });
      expect(await invoke('split', 'v2')).toMatchObject({ y: 30, variant: 'v2' });
      await expect(invoke('split', 'v9')).rejects.toMatchObject({ name: 'ValidationError' });
      await sagemaker.send(
        new UpdateEndpointWeightsAndCapacitiesCommand({
          EndpointName: 'split',
          DesiredWeightsAndCapacities: [
            { VariantName: 'v1', DesiredWeight: 0 },
            { VariantName: 'v2', DesiredWeight: 7 },
          ],
        }),
      );
      await waitUntilEndpointInService(
        { client: sagemaker, minDelay: 1, maxWaitTime: 20 },
        { EndpointName: 'split' },
      );
      expect(await invoke('split')).toMatchObject({ variant: 'v2' });
    },
    STACK_MS,
  );

  it(
    'gives a container its package from S3, and finds a package that is not there before it starts',
    async () => {
      const s3 = new S3Client(emulator.clientOf());
      await s3.send(new CreateBucketCommand({ Bucket: 'models' }));
      const at = { Bucket: 'models', Key: 'packages/abc/model/factor.txt' };
      await s3.send(new PutObjectCommand({ ...at, Body: '5' }));
      const data = 's3://models/packages/abc/';
      expect(await putService(stacks, 'packaged', [{ name: 'v1', data }])).toBe('CREATE_COMPLETE');
      expect(await invoke('packaged')).toMatchObject({ y: 50 });
      expect(await lineOf('packaged')).toBe('it answers 5 times x');
      const missing = 's3://models/packages/other/';
      expect(await putService(stacks, 'missing', [{ name: 'v1', data: missing }])).toBe(
        'ROLLBACK_COMPLETE',
      );
    },
    STACK_MS,
  );

  it(
    'updates an endpoint with new containers and keeps its live weights',
    async () => {
      await putService(stacks, 'updated', [{ ...two, weight: 4 }]);
      const { pid } = await invoke('updated');
      expect(await putService(stacks, 'updated', [two, { ...three, weight: 0 }])).toBe(
        'UPDATE_COMPLETE',
      );
      expect(await weightsOf('updated')).toEqual([
        ['v1', 4],
        ['v2', 0],
      ]);
      expect(await invoke('updated')).toMatchObject({ y: 20, variant: 'v1' });
      expect(isAlive(pid)).toBe(false);
    },
    STACK_MS,
  );

  it(
    'rolls back an update whose container fails, and what served goes on',
    async () => {
      await putService(stacks, 'rolled', [two]);
      expect(await putService(stacks, 'rolled', [two, broken])).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(await invoke('rolled')).toMatchObject({ y: 20 });
      const { StackEvents = [] } = await stacks.send(
        new DescribeStackEventsCommand({ StackName: 'rolled' }),
      );
      const reasons = StackEvents.map((event) => event.ResourceStatusReason).join();
      expect(reasons).toContain('variant v3 did not pass the ping health check');
    },
    STACK_MS,
  );

  it(
    'leaves no endpoint of a stack that fails or is deleted',
    async () => {
      expect(await putService(stacks, 'failed', [broken])).toBe('ROLLBACK_COMPLETE');
      await expect(describeEndpoint('failed')).rejects.toThrow('Could not find endpoint');
      await putService(stacks, 'deleted', [two]);
      const { pid } = await invoke('deleted');
      await stacks.send(new DeleteStackCommand({ StackName: 'deleted' }));
      expect(await settled(stacks, 'deleted')).toMatch(/GONE|DELETE_COMPLETE/);
      await expect(describeEndpoint('deleted')).rejects.toThrow('Could not find endpoint');
      expect(isAlive(pid)).toBe(false);
    },
    STACK_MS,
  );
});

describePython('an emulator that stops', (python) => {
  it(
    'leaves no process and no file',
    async () => {
      const emulator = await startEmulator({ python, command: DOUBLE });
      const { HOME: home = '' } = emulator.env;
      try {
        await putService(new CloudFormationClient(emulator.clientOf()), 'service', [two]);
        // Its two programs and a container.
        expect(processesOf(home).length).toBeGreaterThanOrEqual(3);
      } finally {
        await emulator.stop();
      }
      expect(existsSync(home)).toBe(false);
      expect(processesOf(home)).toEqual([]);
    },
    START_MS,
  );
});

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** Processes whose environment speaks of a folder. */
const processesOf = (folder: string): readonly string[] =>
  readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, 'utf8').includes(folder);
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
