import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ContainerDefinition } from '@aws-sdk/client-sagemaker';
import { type Container, startContainer } from './container';
import { containerLog } from './container-logs';
import { fetchModelData, modelDataOf } from './model-data';

/** The container that serves a variant: one, however many instances are wanted. */
export interface Replica {
  /** Resolves when it is healthy for the first time, rejects when it does not become so. */
  readonly ready: Promise<void>;
  /** Asks it by its address. @returns null before it is healthy, and while it is started again */
  ask<T>(work: (url: string) => Promise<T>): Promise<T | null>;
  /** Lets it answer what it was asked, and ends it. */
  end(): Promise<void>;
}

export interface ReplicaNeeds {
  readonly s3: S3Client;
  readonly logs: CloudWatchLogsClient;
  readonly region: string;
  /** What runs in place of an image, unless `images` says it. */
  readonly command: readonly string[];
  /** What runs in place of single images, by their names. */
  readonly images: Readonly<Record<string, readonly string[]>>;
  readonly log: (line: string) => void;
}

interface Wanted {
  readonly endpoint: string;
  readonly variant: string;
  readonly definition: ContainerDefinition;
  readonly pingWithinMs: number;
}

const BEFORE_RESTART_MS = 200;
const DRAINS_WITHIN_MS = 5_000;
const BETWEEN_LOOKS_MS = 10;

/** Starts a model's container, and again when it ends by itself, as SageMaker does. */
export const startReplica = (needs: ReplicaNeeds, wanted: Wanted): Replica => {
  const label = `${wanted.endpoint}/${wanted.variant}`;
  const instance = `i-${randomBytes(8).toString('hex')}`;
  const lines = containerLog(needs.logs, { ...wanted, instance }, (error) =>
    needs.log(`${label}: its log was not written: ${error}`),
  );
  const unwanted = new AbortController();
  const ready = Promise.withResolvers<void>();
  // Its end may be the first that anybody asks of it.
  ready.promise.catch(() => undefined);
  let current: Container | null = null;
  let asked = 0;

  const start = (folder: string): Promise<Container> =>
    startContainer({
      ...{ command: commandOf(needs, wanted), folder, pingWithinMs: wanted.pingWithinMs },
      signal: unwanted.signal,
      environment: environmentOf(needs, wanted, folder),
      log(line) {
        needs.log(`${label}: ${line}`);
        lines.write(line);
      },
    });
  const live = async (folder: string): Promise<void> => {
    await fetched(needs.s3, wanted.definition, folder);
    current = await start(folder);
    ready.resolve();
    while (!unwanted.signal.aborted) {
      await current?.exited;
      current = null;
      if (unwanted.signal.aborted) return;
      needs.log(`${label}: exited, and is started again`);
      await sleep(BEFORE_RESTART_MS);
      current = await start(folder).catch(() => null);
    }
    await current?.end();
  };
  const life = inFolder(live).catch(ready.reject).then(lines.flush);
  return {
    ready: ready.promise,
    async ask(work) {
      if (!current) return null;
      asked += 1;
      return work(current.url).finally(() => {
        asked -= 1;
      });
    },
    async end() {
      unwanted.abort();
      const deadline = Date.now() + DRAINS_WITHIN_MS;
      while (asked > 0 && Date.now() < deadline) await sleep(BETWEEN_LOOKS_MS);
      await current?.end();
      await life;
    },
  };
};

const inFolder = async (work: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'model-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const fetched = async (s3: S3Client, definition: ContainerDefinition, folder: string) => {
  const data = modelDataOf(definition);
  if (data) await fetchModelData(s3, data, folder);
};

const commandOf = ({ command, images }: ReplicaNeeds, { definition: { Image = '' } }: Wanted) =>
  (Object.hasOwn(images, Image) ? images[Image] : undefined) ?? command;

const environmentOf = ({ region }: ReplicaNeeds, { definition }: Wanted, folder: string) => ({
  PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
  ...{ HOME: folder, TMPDIR: folder, AWS_REGION: region },
  ...definition.Environment,
});
