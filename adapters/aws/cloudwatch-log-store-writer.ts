import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  OperationAbortedException,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LogLine } from '../../core/services/log-store';
import { batchesOf, eventOf, type WaitingEvent } from './cloudwatch-log-store-batches';

interface Needs {
  readonly client: CloudWatchLogsClient;
  readonly group: string;
  readonly stream: string;
  readonly retentionDays: number;
  /** Whether the service is still there: otherwise its group must not come back. */
  readonly exists: () => Promise<boolean>;
  readonly now: () => Date;
  /** Told once of each run of failures to write; lines of that time are counted as dropped. */
  readonly report: (error: unknown) => void;
  /** Bytes that wait at most; what comes beyond is dropped and counted. */
  readonly mostBytes: number;
  readonly patienceMs: number;
}

export interface GroupWriter {
  append(line: LogLine): void;
  /** Resolves when what was appended so far is written, or dropped and counted. Never rejects. */
  flush(): Promise<void>;
  /** Drops what waits. */
  end(): Promise<void>;
}

/** Writes one service's lines, in calls as large as CloudWatch takes them. */
export const groupWriter = (needs: Needs): GroupWriter => {
  const { client, group: logGroupName, stream: logStreamName, now, report } = needs;
  let waiting: WaitingEvent[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let isFailing = false;
  let writing = Promise.resolve();

  const create = async (abortSignal: AbortSignal): Promise<void> => {
    const stream = new CreateLogStreamCommand({ logGroupName, logStreamName });
    const made = await client.send(stream, { abortSignal }).then(() => true, unlessThere);
    if (made) return;
    // Where another container is just making the group, it is there a moment later.
    await client
      .send(new CreateLogGroupCommand({ logGroupName }), { abortSignal })
      .catch(unlessMade);
    const retention = { logGroupName, retentionInDays: needs.retentionDays };
    await client.send(new PutRetentionPolicyCommand(retention), { abortSignal });
    await client.send(stream, { abortSignal }).catch(unlessMade);
  };

  const put = async (batch: readonly WaitingEvent[], abortSignal: AbortSignal): Promise<void> => {
    const logEvents = batch.map(({ timestamp, message }) => ({ timestamp, message }));
    const command = new PutLogEventsCommand({ logGroupName, logStreamName, logEvents });
    const { rejectedLogEventsInfo: refused } = await client.send(command, { abortSignal });
    if (refused) report(new Error(`CloudWatch Logs refused lines: ${JSON.stringify(refused)}`));
  };

  const write = async (batch: readonly WaitingEvent[]): Promise<void> => {
    const signal = AbortSignal.timeout(needs.patienceMs);
    try {
      await put(batch, signal);
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      if (!(await needs.exists())) return;
      await create(signal);
      await put(batch, signal);
    }
  };

  const writeAll = async (): Promise<void> => {
    const lines = waiting.toSorted((a, b) => a.timestamp - b.timestamp);
    const gone = dropped;
    waiting = [];
    waitingBytes = 0;
    dropped = 0;
    let written = 0;
    try {
      for (const batch of batchesOf(lines)) {
        await write(batch);
        written += batch.length;
      }
      if (gone > 0) await write([eventOf(gapOf(gone, now()), now())]);
      isFailing = false;
    } catch (error) {
      dropped += gone + lines.length - written;
      if (!isFailing) report(error);
      isFailing = true;
    }
  };

  const drain = async (): Promise<void> => {
    while (waiting.length > 0 || (dropped > 0 && !isFailing)) await writeAll();
  };

  return {
    append(line) {
      const event = eventOf(line, now());
      if (waitingBytes + event.bytes > needs.mostBytes) {
        dropped += 1;
        return;
      }
      waiting.push(event);
      waitingBytes += event.bytes;
    },

    flush() {
      writing = writing.then(drain);
      return writing;
    },

    async end() {
      waiting = [];
      waitingBytes = 0;
      dropped = 0;
      await writing;
    },
  };
};

/** Another container may have been faster. */
const unlessMade = (error: unknown): void => {
  if (error instanceof ResourceAlreadyExistsException) return;
  if (!(error instanceof OperationAbortedException)) throw error;
};

/** Whether a stream is there, or its group is missing. */
const unlessThere = (error: unknown): boolean => {
  if (error instanceof ResourceNotFoundException) return false;
  unlessMade(error);
  return true;
};

const gapOf = (count: number, now: Date): LogLine => ({
  time: now.toISOString(),
  level: 'warning',
  version: null,
  instance: null,
  message: `${count} lines are missing here: they came faster than they could be written`,
});
