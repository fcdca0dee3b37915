import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { describePython } from '../../../infra-tests/support/python';
import { clientOf, type MiniStack, startMiniStack } from '../testing/ministack';
import { instanceUsage, type UsedVersion } from './instance-usage';

describePython('usage of instances in CloudWatch', (python) => {
  let emulator: MiniStack;
  let cloudwatch: CloudWatchClient;
  beforeAll(async () => {
    emulator = await startMiniStack(python);
    cloudwatch = new CloudWatchClient(clientOf(emulator.endpoint));
  }, 60_000);
  afterAll(async () => {
    cloudwatch.destroy();
    await emulator.stop();
  });

  const now = new Date('2026-11-20T12:00:30Z');
  const minutesAgo = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);
  /** As SageMaker tells of each instance, without its name. */
  const told = (MetricName: string, endpoint: string, Timestamp: Date, ...values: number[]) =>
    cloudwatch.send(
      new PutMetricDataCommand({
        Namespace: '/aws/sagemaker/Endpoints',
        MetricData: values.map((Value) => ({
          ...{ MetricName, Timestamp, Value },
          Dimensions: [
            { Name: 'EndpointName', Value: endpoint },
            { Name: 'VariantName', Value: 'v1' },
          ],
        })),
      }),
    );
  const usageOf = (versions: readonly UsedVersion[]) =>
    instanceUsage({ cloudwatch, now: () => now })(versions);
  const version = (endpoint: string, instanceType = 'ml.m5.large', name = 'v1') => ({
    ...{ name, endpoint, instanceType },
  });

  it("is the last average over a version's instances", async () => {
    await told('CPUUtilization', 'e', minutesAgo(5), 10);
    await told('CPUUtilization', 'e', minutesAgo(2), 100, 140);
    await told('CPUUtilization', 'another', minutesAgo(1), 7);
    await told('MemoryUtilization', 'e', minutesAgo(2), 25);
    const found = await usageOf([version('e'), version('none', 'ml.m5.large', 'v2')]);
    expect(Object.fromEntries(found)).toEqual({
      v1: { cpu_percent: 120, memory_bytes: 2 * 2 ** 30 },
      v2: { cpu_percent: null, memory_bytes: null },
    });
  });

  it('is not guessed: neither from what is old, nor for an instance of unknown memory', async () => {
    await told('CPUUtilization', 'old', minutesAgo(30), 10);
    await told('MemoryUtilization', 'odd', minutesAgo(1), 25);
    const old = await usageOf([version('old')]);
    expect(old.get('v1')).toEqual({ cpu_percent: null, memory_bytes: null });
    const odd = await usageOf([version('odd', 'ml.t2.medium')]);
    expect(odd.get('v1')).toEqual({ cpu_percent: null, memory_bytes: null });
  });
});
