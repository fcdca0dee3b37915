import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { memoryOf } from '../../../core/services/instance-memory';

/** A version on instances: where it answers, and on what. */
export interface UsedVersion {
  readonly name: string;
  readonly endpoint: string;
  readonly instanceType: string;
}

/** What an instance of a version uses on average; null where that is not known. */
export interface Usage {
  /** 100 is one processor. */
  readonly cpu_percent: number | null;
  readonly memory_bytes: number | null;
}

/** The usage of versions, by their names; those of which nothing is known are missing. */
export type UsageOf = (versions: readonly UsedVersion[]) => Promise<ReadonlyMap<string, Usage>>;

interface Needs {
  readonly cloudwatch: CloudWatchClient;
  readonly now: () => Date;
}

const METRICS = { cpu: 'CPUUtilization', memory: 'MemoryUtilization' } as const;
const PERIOD_S = 60;
/** SageMaker tells each minute, some minutes late. */
const RECENT_MS = 10 * 60_000;

/**
 * What CloudWatch knows of instances by SageMaker's own metrics: the last average over all of a
 * version's instances, for SageMaker names none of them.
 */
export const instanceUsage =
  ({ cloudwatch, now }: Needs): UsageOf =>
  async (versions) => {
    const at = now().getTime();
    const command = new GetMetricDataCommand({
      StartTime: new Date(at - RECENT_MS),
      EndTime: new Date(at),
      MetricDataQueries: versions.flatMap(({ name, endpoint }, place) =>
        Object.entries(METRICS).map(([kind, MetricName]) => ({
          Id: `${kind}${place}`,
          MetricStat: {
            Metric: {
              ...{ Namespace: '/aws/sagemaker/Endpoints', MetricName },
              Dimensions: [
                { Name: 'EndpointName', Value: endpoint },
                { Name: 'VariantName', Value: name },
              ],
            },
            ...{ Period: PERIOD_S, Stat: 'Average' },
          },
        })),
      ),
    });
    const { MetricDataResults = [] } = await cloudwatch.send(command);
    const last = (id: string): number | null => {
      const { Timestamps = [], Values = [] } = MetricDataResults.find(({ Id }) => Id === id) ?? {};
      const times = Timestamps.map((time) => time.getTime());
      return Values[times.indexOf(Math.max(...times))] ?? null;
    };
    return new Map(
      versions.map(({ name, instanceType }, place) => {
        const share = last(`memory${place}`);
        const memory = memoryOf(instanceType);
        const isKnown = share !== null && memory !== null;
        const memory_bytes = isKnown ? Math.round((share / 100) * memory) : null;
        return [name, { cpu_percent: last(`cpu${place}`), memory_bytes }];
      }),
    );
  };
