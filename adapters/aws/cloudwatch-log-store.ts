import {
  type CloudWatchLogsClient,
  DeleteLogGroupCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LogStore } from '../../core/services/log-store';
import { NAME_PATTERN } from '../../core/shared/names';
import { noteLine, notesPattern, platformLine, replicaLine } from './cloudwatch-log-store-line';
import { findEvents, type LogSource } from './cloudwatch-log-store-reader';
import { type GroupWriter, groupWriter } from './cloudwatch-log-store-writer';

interface Needs {
  readonly client: CloudWatchLogsClient;
  readonly stage: string;
  /** Names this function instance: its stream. No `:` and no `*`. */
  readonly stream: string;
  /** How long a service's lines are kept; one of the numbers that CloudWatch knows. */
  readonly retentionDays: number;
  /** Endpoints that a service has or had, in whose log groups its replicas print. */
  readonly endpointsOf: (service: string) => Promise<readonly string[]>;
  /** The log group of the function that answers for services, where it also says what it noticed of them. */
  readonly notesGroup: string;
  /** When a service was made, in milliseconds since the epoch; what was noted before was of another. */
  readonly madeAt: (service: string) => Promise<number | undefined>;
  /** Whether there is such a service: one that is gone gets no log group back. */
  readonly exists: (service: string) => Promise<boolean>;
  readonly now: () => Date;
  /** Told once of each run of failures to write; lines of that time are counted as dropped. */
  readonly report: (error: unknown) => void;
  /** Bytes that wait for `flush` per service, 1 MiB by default; what comes beyond is dropped. */
  readonly mostBytes?: number;
  /** Milliseconds that a call waits for CloudWatch, 10,000 by default. */
  readonly patienceMs?: number;
}

export interface CloudWatchLogStore extends LogStore {
  /** Writes what was appended: a function calls it before it is frozen. It never rejects. */
  flush(): Promise<void>;
}

/**
 * Log lines in CloudWatch Logs. What the platform says of a service is in the group
 * `/tidegate/<stage>/services/<service>`, made with its first line; what the function for predictions
 * noticed of it is among that function's own lines, and what its replicas print is where SageMaker
 * puts it. They are read as one log, in the order of their times. Lines that come in late, up to 10 s
 * after younger ones, still reach who follows the log.
 */
export const cloudWatchLogStore = (needs: Needs): CloudWatchLogStore => {
  const { client, stage, exists, patienceMs = 10_000, mostBytes = 1 << 20 } = needs;
  const writers = new Map<string, GroupWriter>();
  const find = findEvents({ client, patienceMs });

  const groupOf = (service: string): string => {
    if (!NAME_PATTERN.test(service)) throw new RangeError('not the name of a service');
    return `/tidegate/${stage}/services/${service}`;
  };

  const writerOf = (service: string): GroupWriter => {
    const known = writers.get(service);
    if (known) return known;
    const writer = groupWriter({
      ...{ ...needs, patienceMs, mostBytes },
      group: groupOf(service),
      exists: () => exists(service),
    });
    writers.set(service, writer);
    return writer;
  };

  const flush = async (): Promise<void> => {
    await Promise.all([...writers.values()].map((writer) => writer.flush()));
  };

  return {
    append: (service, line) => writerOf(service).append(line),

    async find(query) {
      const { service, version } = query;
      const platform: LogSource = { group: groupOf(service), lineOf: platformLine };
      const [endpoints, since] = await Promise.all([
        needs.endpointsOf(service),
        needs.madeAt(service),
        writers.get(service)?.flush(),
      ]);
      const noted = { lineOf: noteLine(service), pattern: notesPattern(service), since };
      const notes = since === undefined ? [] : [{ group: needs.notesGroup, ...noted }];
      const replicas = endpoints.map((endpoint) => ({
        group: `/aws/sagemaker/Endpoints/${endpoint}`,
        lineOf: replicaLine,
        streams: version === undefined ? undefined : `${version}/`,
      }));
      return find([platform, ...notes, ...replicas], query);
    },

    async remove(service) {
      const logGroupName = groupOf(service);
      const writer = writers.get(service);
      writers.delete(service);
      await writer?.end();
      await client.send(new DeleteLogGroupCommand({ logGroupName })).catch((error: unknown) => {
        if (!(error instanceof ResourceNotFoundException)) throw error;
      });
    },

    flush,
    close: flush,
  };
};
