import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { Container } from './container';
import type { FaultyHome } from './faulty-home';

/** The ids of all requests of a service that lie in S3, as often as they lie there. */
export const capturedIds = async (
  { s3, capturedBucket: Bucket }: FaultyHome,
  service: string,
): Promise<readonly string[]> => {
  const Prefix = `requests/service=${service}/`;
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
  const ids = Contents.map(async ({ Key }) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    // Firehose compresses; what went to S3 directly is as it was.
    return (Key?.endsWith('.gz') ? gunzipSync(bytes) : bytes)
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .map((line): string => JSON.parse(line).request_id);
  });
  return (await Promise.all(ids)).flat();
};

/** Requests that a container counted as lost, in the metric that alarms look at. */
export const lostIn = (container: Container): number =>
  container
    .said()
    .split('\n')
    .filter((line) => line.includes('"_aws"'))
    .flatMap((line): unknown => JSON.parse(line).CaptureLost ?? 0)
    .reduce((sum: number, lost) => sum + Number(lost), 0);
