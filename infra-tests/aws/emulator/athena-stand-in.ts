import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AthenaClient, GetWorkGroupCommand, InvalidRequestException } from '@aws-sdk/client-athena';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type Athena, startAthena } from '../../trino/athena';
import type { WorkGroup } from '../../trino/athena/operations';
import type { Trino } from '../../trino/describe-trino';
import type { Emulator } from './start';

interface Options {
  readonly trino: Pick<Trino, 'url' | 'locationOf'>;
  /** Where the emulator's S3 keeps its objects. */
  readonly objects: string;
  readonly account: string;
  /** The emulator, which is started after this. */
  readonly emulator: () => Pick<Emulator, 'clientOf'>;
}

/**
 * Athena for the emulator: SQL by Trino over the emulator's objects, workgroups as they are deployed,
 * results put through S3's API, so that S3 knows of them.
 */
export const startAthenaStandIn = async ({
  trino,
  objects,
  account,
  emulator,
}: Options): Promise<Athena> => {
  const allIn = join(objects, account);
  mkdirSync(allIn, { recursive: true });
  return startAthena({
    ...{ trino, buckets: { allIn } },
    workGroups: async (name) => workGroupOf(new AthenaClient(emulator().clientOf()), name),
    async putResult(uri, text) {
      const s3 = new S3Client(emulator().clientOf());
      const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(text) }));
      s3.destroy();
    },
  });
};

const workGroupOf = async (athena: AthenaClient, name: string): Promise<WorkGroup | undefined> => {
  try {
    const { WorkGroup: found } = await athena.send(new GetWorkGroupCommand({ WorkGroup: name }));
    const { ResultConfiguration, BytesScannedCutoffPerQuery: cutoff } = found?.Configuration ?? {};
    const output = ResultConfiguration?.OutputLocation;
    return {
      ...(output && { output }),
      ...(cutoff && { bytesScannedCutoffPerQuery: Number(cutoff) }),
    };
  } catch (error) {
    if (error instanceof InvalidRequestException) return undefined;
    throw error;
  } finally {
    athena.destroy();
  }
};
