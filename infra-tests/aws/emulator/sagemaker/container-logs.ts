import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  type InputLogEvent,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';

/** Takes the lines of one container. */
export interface ContainerLog {
  write(line: string): void;
  /** Resolves when all of them are written. */
  flush(): Promise<void>;
}

const BATCH_MS = 200;

/** A container's lines in CloudWatch Logs where SageMaker puts them, in a stream of their own. */
export const containerLog = (
  client: CloudWatchLogsClient,
  { endpoint, variant, instance }: Readonly<Record<'endpoint' | 'variant' | 'instance', string>>,
  failed: (error: Error) => void,
): ContainerLog => {
  const at = {
    logGroupName: `/aws/sagemaker/Endpoints/${endpoint}`,
    logStreamName: `${variant}/${instance}`,
  };
  let lines: InputLogEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  // Made with the first line. A service's stack makes the group itself, to say how long it is kept.
  let ready: Promise<unknown> | undefined;
  let written = Promise.resolve();

  const open = async (): Promise<void> => {
    await client.send(new CreateLogGroupCommand(at)).catch(isThere);
    await client.send(new CreateLogStreamCommand(at)).catch(isThere);
  };
  const send = async (logEvents: InputLogEvent[]): Promise<void> => {
    ready ??= open();
    await ready;
    await client.send(new PutLogEventsCommand({ ...at, logEvents }));
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const batch = lines;
    lines = [];
    if (batch.length > 0) written = written.then(() => send(batch)).catch(failed);
    return written;
  };
  return {
    write(message) {
      if (message === '') return;
      lines.push({ message, timestamp: Date.now() });
      timer ??= setTimeout(() => void flush(), BATCH_MS);
    },
    flush,
  };
};

const isThere = (error: Error): void => {
  if (error.name !== 'ResourceAlreadyExistsException') throw error;
};
