import {
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { DescribeModelCommand, ListEndpointsCommand } from '@aws-sdk/client-sagemaker';
import type { ServicePlan, VersionState } from '../../../core/inference/model-host';
import { describePython } from '../../../infra-tests/support/python';
import { modelHostContract } from '../../contracts/model-host.contract';
import { ask } from '../../embedded/local-host-fixture';
import { packagePrefix } from '../s3-artifact-store';
import { type OpenHost, openHost, until } from './testing/open-host';
import { servicePlan, stoppedPlan, versionPlan } from './testing/plans';
import {
  ARTIFACTS_BUCKET,
  CREDENTIALS_FUNCTION,
  PRIVATE_REGISTRY,
} from './testing/platform-template';

const serverless = { serverless: { memory_mb: 2048, concurrency: 5 } };
const range = { instances: { type: 'ml.m5.large', min: 2, max: 4 } };
/** The contract's. */
const ITS_SERVICES = ['wine', 'beer'];
const sick = { environment: { SICK: '1' } };

describePython('host on CloudFormation and SageMaker', (python) => {
  let test: OpenHost;
  beforeAll(async () => {
    test = await openHost(python);
  }, 90_000);
  afterAll(() => test?.close());

  const states = (service: string) => test.host.states(service);
  type Sight = readonly (readonly [string, VersionState['status'], number?])[];
  const seen = async (service: string): Promise<Sight> =>
    (await states(service)).map(({ name, status, running }) => [name, status, running] as const);
  /** What events and the schedule do: the same plan again until its versions are as they shall be. */
  const bring = async (plan: ServicePlan, sight: Sight): Promise<void> =>
    until(
      async () => {
        await test.host.apply(plan);
        return JSON.stringify(await seen(plan.service)) === JSON.stringify(sight);
      },
      async () => JSON.stringify(await states(plan.service)),
    );
  const answerOf = async (
    service: string,
    version = 'v1',
    params: Record<string, unknown> | null = null,
  ) => {
    const serving = test.serving();
    await serving.ready(service);
    const { predictions } = await serving.invoke(ask([[1, 2]], { service, version, params }));
    return Array.from(predictions);
  };
  const stackOf = async (service: string) => {
    const StackName = `tidegate-test-service-${service}`;
    const command = new DescribeStacksCommand({ StackName });
    const { Stacks = [] } = await test.clients.cloudformation
      .send(command)
      .catch(() => ({ Stacks: [] }));
    return Stacks[0];
  };
  const endpointsOf = async (service: string) => {
    const command = new ListEndpointsCommand({ NameContains: `tidegate-test-${service}` });
    return (await test.clients.sagemaker.send(command)).Endpoints?.length;
  };
  const up = ['v1', 'running', 1] as const;

  describe('as every host', () => {
    modelHostContract(async () => ({
      host: test.host,
      // A version of the model for each factor.
      model: (factor) => test.model(factor, factor),
      broken: test.broken,
      ask,
      close: () =>
        until(async () => {
          for (const service of ITS_SERVICES) await test.host.remove(service);
          const left = await test.host.services();
          return !ITS_SERVICES.some((service) => left.includes(service));
        }),
    }));
  });

  it('makes a stack of a plan, and each version answers by itself', async () => {
    const one = await test.model(1, 1, 3);
    const ten = await test.model(2, 10);
    const plan = servicePlan('wine', [
      versionPlan('v1', one),
      versionPlan('v2', ten),
      versionPlan('v3', one, { compute: serverless }),
      versionPlan('v4', ten, { compute: range, replicas: 2 }),
      versionPlan('v5', ten, { started: false, replicas: 0 }),
    ]);
    await test.host.apply(plan);
    expect(await seen('wine')).toEqual([
      ...['v1', 'v2', 'v3', 'v4'].map((name) => [name, 'starting', 0]),
      ['v5', 'stopped', 0],
    ]);
    await expect(answerOf('wine')).rejects.toMatchObject({ kind: 'unavailable' });
    await bring(plan, [
      up,
      ['v2', 'running', 1],
      ['v3', 'running', 1],
      ['v4', 'running', 2],
      ['v5', 'stopped', 0],
    ]);
    await expect(answerOf('wine', 'v1')).resolves.toEqual([3]);
    await expect(answerOf('wine', 'v2')).resolves.toEqual([30]);
    await expect(answerOf('wine', 'v3', { scale: 2 })).resolves.toEqual([6]);
    await expect(answerOf('wine', 'v4')).resolves.toEqual([30]);
    await expect(answerOf('wine', 'v5')).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await endpointsOf('wine')).toBe(4);
    expect((await test.host.instances('wine')).map(({ id }) => id)).toEqual([
      'v1-1',
      'v2-1',
      'v3-1',
      'v4-1',
      'v4-2',
    ]);
    await expect(test.host.restart('wine', 'v4-2')).rejects.toMatchObject({ kind: 'bad-request' });
    await expect(test.host.restart('wine', 'v4-3')).rejects.toMatchObject({ kind: 'not-found' });
  }, 60_000);

  it('changes nothing when the same plan is applied again, in whatever order', async () => {
    const versions = [
      versionPlan('v1', await test.model(1, 1)),
      versionPlan('v2', await test.model(2, 10)),
    ];
    const plan = servicePlan('same', versions);
    await bring(plan, [up, ['v2', 'running', 1]]);
    const [stack, record] = [await stackOf('same'), await recordOf('same')];
    await test.host.apply(plan);
    await test.another().apply(servicePlan('same', versions.toReversed()));
    await test.host.apply(plan);
    expect(await stackOf('same')).toEqual(stack);
    // Read from the records alone: the order of versions is the last plan's.
    expect((await recordOf('same'))?.document).toEqual(record?.document);
  }, 60_000);

  const recordOf = (service: string) => test.records.get({ partition: 'host', sort: service });

  it('comes to one plan when two functions apply at the same moment', async () => {
    const plan = servicePlan('race', [versionPlan('v1', await test.model(1, 1))]);
    await Promise.all([test.host.apply(plan), test.another().apply(plan)]);
    await bring(plan, [up]);
    const more = servicePlan('race', [
      ...plan.versions,
      versionPlan('v2', await test.model(2, 10)),
    ]);
    await Promise.all([1, 2, 3].map(() => test.another().apply(more)));
    await bring(more, [up, ['v2', 'running', 1]]);
    await expect(answerOf('race', 'v2')).resolves.toEqual([30]);
  }, 60_000);

  it('adds, scales and changes versions while the others go on', async () => {
    const [one, ten] = [await test.model(1, 1), await test.model(2, 10)];
    const first = versionPlan('v1', one);
    await bring(servicePlan('grow', [first]), [up]);
    const more = servicePlan('grow', [first, versionPlan('v2', ten)]);
    await test.host.apply(more);
    expect(await seen('grow')).toEqual([up, ['v2', 'starting', 0]]);
    await expect(answerOf('grow')).resolves.toEqual([3]);
    await bring(more, [up, ['v2', 'running', 1]]);

    const before = (await stackOf('grow'))?.LastUpdatedTime;
    const scaled = servicePlan('grow', [first, versionPlan('v2', ten, { replicas: 3 })]);
    await bring(scaled, [up, ['v2', 'running', 3]]);
    expect((await stackOf('grow'))?.LastUpdatedTime).toEqual(before);

    const changed = servicePlan('grow', [versionPlan('v1', ten), ...scaled.versions.slice(1)]);
    await test.host.apply(changed);
    await expect(answerOf('grow')).resolves.toEqual([3]);
    await until(async () => {
      await test.host.apply(changed);
      return (await answerOf('grow').catch(() => []))[0] === 30;
    });
    await bring(changed, [up, ['v2', 'running', 3]]);

    const fewer = servicePlan('grow', changed.versions.slice(1));
    await bring(fewer, [['v2', 'running', 3]]);
    await expect(answerOf('grow')).rejects.toMatchObject({ kind: 'unavailable' });
  }, 90_000);

  it('stops and starts a service as it was', async () => {
    const plan = servicePlan('rest', [
      versionPlan('v1', await test.model(1, 1), { replicas: 2 }),
      versionPlan('v2', await test.model(2, 10), { compute: serverless }),
    ]);
    const running: Sight = [
      ['v1', 'running', 2],
      ['v2', 'running', 1],
    ];
    await bring(plan, running);
    const stopped = stoppedPlan(plan);
    await test.host.apply(stopped);
    await expect(answerOf('rest')).rejects.toMatchObject({ kind: 'unavailable' });
    await bring(stopped, [
      ['v1', 'stopped', 0],
      ['v2', 'stopped', 0],
    ]);
    expect(await endpointsOf('rest')).toBe(0);
    await bring(plan, running);
    await expect(answerOf('rest', 'v2')).resolves.toEqual([30]);
  }, 60_000);

  it('says why a new service does not come up, leaves nothing, and tries another plan', async () => {
    const one = await test.model(1, 1);
    const bad = servicePlan('broken', [versionPlan('v1', one, sick)]);
    await bring(bad, [['v1', 'failed', 0]]);
    const [{ reason } = { reason: '' }] = await states('broken');
    expect(reason).toMatch(
      /^AWS could not bring it about: EndpointV1\w+: .*ping health check.*start it/,
    );
    await until(async () => (await stackOf('broken')) === undefined);
    await test.host.apply(bad);
    await test.host.apply(bad);
    expect(await stackOf('broken')).toBeUndefined();
    expect(await seen('broken')).toEqual([['v1', 'failed', 0]]);
    await bring(servicePlan('broken', [versionPlan('v1', one)]), [up]);
  }, 90_000);

  it('keeps what runs when a change fails, says why, and can be stopped all the same', async () => {
    const [one, ten] = [await test.model(1, 1), await test.model(2, 10)];
    await bring(servicePlan('half', [versionPlan('v1', one)]), [up]);
    const bad = servicePlan('half', [versionPlan('v1', ten), versionPlan('v2', ten, sick)]);
    await bring(bad, [up, ['v2', 'failed', 0]]);
    const [v1, v2] = await states('half');
    expect(v1?.reason).toMatch(/^its change has to wait: AWS could not bring it about: Endpoint/);
    expect(v2?.reason).toMatch(/variant v2 did not pass the ping health check/);
    await expect(answerOf('half')).resolves.toEqual([3]);
    const { LastUpdatedTime } = (await stackOf('half')) ?? {};
    await test.host.apply(bad);
    expect((await stackOf('half'))?.LastUpdatedTime).toEqual(LastUpdatedTime);
    await bring(stoppedPlan(bad), [
      ['v1', 'stopped', 0],
      ['v2', 'stopped', 0],
    ]);
    await bring(servicePlan('half', [versionPlan('v1', ten)]), [up]);
    await expect(answerOf('half')).resolves.toEqual([30]);
  }, 90_000);

  it('gives no traffic to a version that answers its example otherwise than expected', async () => {
    const wrong = await test.model(3, 5, 4);
    const plan = servicePlan('gate', [versionPlan('v1', wrong)]);
    await bring(plan, [['v1', 'failed', 0]]);
    expect((await states('gate'))[0]?.reason).toBe(
      'its answers are not the expected ones: row 0: predicted 15, expected 4',
    );
    await expect(answerOf('gate')).rejects.toMatchObject({ kind: 'unavailable' });
    await bring(servicePlan('gate', [versionPlan('v1', await test.model(4, 5, 15))]), [up]);
    await expect(answerOf('gate')).resolves.toEqual([15]);
  }, 60_000);

  it('makes no stack of a version that CloudFormation would read secrets into', async () => {
    const environment = { TOKEN: '{{resolve:secretsmanager:tidegate-test/operators}}' };
    const plan = servicePlan('sly', [versionPlan('v1', await test.model(1, 1), { environment })]);
    await test.host.apply(plan);
    expect(await states('sly')).toMatchObject([
      { status: 'failed', reason: expect.stringMatching(/^v1: the environment variable TOKEN/) },
    ]);
    expect(await stackOf('sly')).toBeUndefined();
  });

  it('leaves the stack of a service of a manifest to whoever deploys the manifest', async () => {
    const versions = [versionPlan('v1', await test.model(1, 1))];
    const plan = servicePlan('ours', versions, { managedBy: 'manifest' });
    const awaits = [
      { status: 'failed', reason: 'its stack is not there: npx cdk deploy makes it' },
    ];
    for (const _ of [1, 2]) {
      await test.host.apply(plan);
      expect(await states('ours')).toMatchObject(awaits);
    }
    expect(await stackOf('ours')).toBeUndefined();
    expect(await test.host.planInForce('ours')).toBeNull();
    // From here on it is the host's, with the same stack.
    await bring({ ...plan, managedBy: 'api' }, [up]);
    await bring(plan, [up]);
    expect(await test.host.planInForce('ours')).toMatch(/^[0-9a-f]{64}$/);
  }, 60_000);

  it('finds out what another deployed', async () => {
    const one = await test.model(1, 1);
    const plan = servicePlan('lost', [versionPlan('v1', one)]);
    await bring(plan, [up]);
    const key = { partition: 'host', sort: 'lost' };
    const seenAt = (await recordOf('lost'))?.revision ?? 0;
    await test.records.transact([{ ...key, seen: seenAt, remove: true }]);
    await test.host.apply(servicePlan('lost', [versionPlan('v1', await test.model(2, 10))]));
    expect((await recordOf('lost'))?.document).toMatchObject({
      inForce: { versions: [{ name: 'v1', model: { name: 'sum', digest: one.digest } }] },
    });
  }, 60_000);

  it('has SageMaker pull an image outside ECR through the stage’s network', async () => {
    const inEcr = await test.model(1, 1);
    const Key = `${packagePrefix(inEcr.digest)}model/factor.txt`;
    const put = new PutObjectCommand({ Bucket: ARTIFACTS_BUCKET, Key, Body: '2' });
    await test.clients.s3.send(put);
    const image = `${PRIVATE_REGISTRY}/own@sha256:${'0'.repeat(64)}`;
    const outside = { ...inEcr, container: { image, environment: {}, data: true } };
    await bring(servicePlan('outside', [versionPlan('v1', outside)]), [up]);
    await expect(answerOf('outside')).resolves.toEqual([6]);
    const StackName = (await stackOf('outside'))?.StackId;
    const command = new DescribeStackResourcesCommand({ StackName });
    const { StackResources = [] } = await test.clients.cloudformation.send(command);
    const model = StackResources.find(({ ResourceType }) => ResourceType?.endsWith('::Model'));
    const ModelName = model?.PhysicalResourceId?.split('/').at(-1);
    expect(
      await test.clients.sagemaker.send(new DescribeModelCommand({ ModelName })),
    ).toMatchObject({
      VpcConfig: { SecurityGroupIds: ['sg-1'], Subnets: ['subnet-1', 'subnet-2'] },
      PrimaryContainer: {
        ImageConfig: {
          RepositoryAccessMode: 'Vpc',
          RepositoryAuthConfig: { RepositoryCredentialsProviderArn: CREDENTIALS_FUNCTION },
        },
      },
    });
    expect((await stackOf('outside'))?.Outputs).toContainEqual(
      expect.objectContaining({
        OutputKey: 'Platform',
        OutputValue: expect.stringContaining(
          ' ModelSubnets=subnet-1,subnet-2 ModelSecurityGroup=sg-1',
        ),
      }),
    );
  }, 60_000);

  it('sends what is too long for a call through S3', async () => {
    const environment = Object.fromEntries(
      Array.from({ length: 16 }, (_, i) => [`LONG_${i}`, 'x'.repeat(1_000)]),
    );
    const ten = await test.model(2, 10);
    const names = ['v1', 'v2', 'v3', 'v4'];
    const versions = names.map((name) => versionPlan(name, ten, { environment }));
    await bring(
      servicePlan('long', versions),
      names.map((name) => [name, 'running', 1]),
    );
    const command = new ListObjectsV2Command({ Bucket: ARTIFACTS_BUCKET, Prefix: 'templates/' });
    expect((await test.clients.s3.send(command)).KeyCount).toBe(1);
  }, 60_000);

  it('leaves nothing of a service that is removed', async () => {
    const plan = servicePlan('gone', [versionPlan('v1', await test.model(1, 1))]);
    await bring(plan, [up]);
    const StackName = (await stackOf('gone'))?.StackId;
    await test.host.remove('gone');
    expect(await states('gone')).toEqual([]);
    expect(await test.host.services()).toContain('gone');
    await until(async () => {
      await test.host.remove('gone');
      return !(await test.host.services()).includes('gone');
    });
    expect(await stackOf('gone')).toBeUndefined();
    const left = await test.clients.cloudformation.send(new DescribeStacksCommand({ StackName }));
    expect(left.Stacks?.map((stack) => stack.StackStatus)).toEqual(['DELETE_COMPLETE']);
    await test.host.remove('gone');
    await test.host.remove('never-there');
    expect(await endpointsOf('gone')).toBe(0);
  }, 60_000);
});
