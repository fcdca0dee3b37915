import { CopyObjectCommand, S3Client } from '@aws-sdk/client-s3';
import middy from '@middy/core';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { isObjectThere } from '../adapters/aws/s3-objects';
import { variable } from './support/environment';
import { observed, report } from './support/observability';

/** What the packages' stack says: objects of the CDK's bucket, and what they are called in the platform's. */
interface Said {
  readonly From: string;
  /** In this order, so that what tells of a package comes after its files. */
  readonly Copies: readonly { readonly Key: string; readonly To: string }[];
}

const client = new S3Client({});
const Bucket = variable('ARTIFACTS_BUCKET');

const copy = async ({ From, Copies }: Said): Promise<void> => {
  for (const { Key, To } of Copies) {
    // A package is named after its content: what is there is the same.
    if (To.startsWith('packages/') && (await isObjectThere(client, { Bucket, Key: To }))) continue;
    const CopySource = `${From}/${encodeURIComponent(Key)}`;
    await client.send(new CopyObjectCommand({ Bucket, Key: To, CopySource }));
  }
};

/** Brings a manifest and its packages to where the platform looks for them. There they stay. */
export const handler = middy<CloudFormationCustomResourceEvent, void>()
  .use(observed())
  .handler(async (event) => {
    const { RequestType, ResponseURL, StackId, RequestId, LogicalResourceId } = event;
    const outcome = { Status: 'SUCCESS', Reason: '' };
    try {
      const said = event.ResourceProperties as unknown as Said;
      if (RequestType !== 'Delete') await copy(said);
    } catch (error) {
      report(error, RequestId);
      outcome.Status = 'FAILED';
      outcome.Reason = `the packages could not be copied: ${error}`;
    }
    const PhysicalResourceId = LogicalResourceId;
    const answer = { ...outcome, StackId, RequestId, LogicalResourceId, PhysicalResourceId };
    // As bytes: the address is signed for no content type.
    const body = new TextEncoder().encode(JSON.stringify(answer));
    const { ok, status } = await fetch(ResponseURL, { method: 'PUT', body });
    if (!ok) throw new Error(`CloudFormation was not told: ${status}`);
  });
