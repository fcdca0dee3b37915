import { GetObjectCommand, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import { DEPLOYED_MANIFEST, type DeployedManifest } from '../../core/services/deployed-manifest';

interface Needs {
  readonly client: S3Client;
  readonly bucket: string;
}

/** Reads the manifest that was deployed last; null where none ever was. Readings at once share one. */
export const manifestInBucket = ({ client, bucket: Bucket }: Needs) => {
  let reading: Promise<DeployedManifest | null> | null = null;

  const read = async (): Promise<DeployedManifest | null> => {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: DEPLOYED_MANIFEST }));
      return JSON.parse((await Body?.transformToString()) ?? 'null');
    } catch (error) {
      if (error instanceof NoSuchKey) return null;
      throw error;
    }
  };

  return (): Promise<DeployedManifest | null> => {
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  };
};
