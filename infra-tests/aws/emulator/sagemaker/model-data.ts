import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ContainerDefinition } from '@aws-sdk/client-sagemaker';
import { AwsError } from './aws-error';

/** Where a container's model lies in S3; null when it has none. @throws for kinds that the stub does not speak */
export const modelDataOf = ({ ModelDataUrl, ModelDataSource }: ContainerDefinition) => {
  const source = ModelDataSource?.S3DataSource;
  if (ModelDataUrl) throw new AwsError('The stub reads models by ModelDataSource alone.');
  if (!source) return null;
  if (source.S3DataType !== 'S3Prefix' || source.CompressionType !== 'None') {
    throw new AwsError('The stub reads models that lie uncompressed under an S3Prefix.');
  }
  const [, Bucket, Prefix] = /^s3:\/\/([^/]+)\/(.+\/)$/.exec(source.S3Uri ?? '') ?? [];
  if (!Bucket || !Prefix) throw new AwsError(`S3Uri ${source.S3Uri} must end in a slash.`);
  return { Bucket, Prefix };
};

type ModelData = NonNullable<ReturnType<typeof modelDataOf>>;

/** @throws with SageMaker's words when nothing lies there */
export const requireModelData = async (client: S3Client, data: ModelData): Promise<void> => {
  const answer = await client
    .send(new ListObjectsV2Command({ ...data, MaxKeys: 1 }))
    .catch(() => null);
  if (answer?.KeyCount) return;
  throw new AwsError(`Could not find model data at s3://${data.Bucket}/${data.Prefix}.`);
};

/** Brings every object under the prefix into a folder, with the paths that follow the prefix. */
export const fetchModelData = async (
  client: S3Client,
  { Bucket, Prefix }: ModelData,
  folder: string,
): Promise<void> => {
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix })) {
    for (const { Key = '' } of Contents) {
      const file = resolve(folder, Key.slice(Prefix.length));
      if (!file.startsWith(folder + sep) || Key.endsWith('/')) continue;
      mkdirSync(dirname(file), { recursive: true });
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      if (Body instanceof Readable) await pipeline(Body, createWriteStream(file));
    }
  }
};
