import { LambdaClient } from '@aws-sdk/client-lambda';
import { CopyObjectCommand, S3Client } from '@aws-sdk/client-s3';
import middy from '@middy/core';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { invokeLater } from '../adapters/aws/invoke-later';
import { isObjectThere } from '../adapters/aws/s3-objects';
import { answerStack } from './support/answer-stack';
import { variable } from './support/environment';
import { observed, report } from './support/observability';

/** What the packages' stack says: objects of the CDK's bucket, and what they are called in the platform's. */
interface Said {
  readonly From: string;
  /** In this order, so that what tells of a package comes after its files. */
  readonly Copies: readonly { readonly Key: string; readonly To: string }[];
}

const client = new S3Client({});
const tell = invokeLater({ client: new LambdaClient({}), target: variable('RECONCILE_FUNCTION') });
const Bucket = variable('ARTIFACTS_BUCKET');

const copy = async ({ From, Copies }: Said): Promise<void> => {
  for (const { Key, To } of Copies) {
    // A package is named after its content: what is there is the same.
    if (To.startsWith('packages/') && (await isObjectThere(client, { Bucket, Key: To }))) continue;
    const CopySource = `${From}/${encodeURIComponent(Key)}`;
    await client.send(new CopyObjectCommand({ Bucket, Key: To, CopySource }));
  }
};

/**
 * Brings a manifest and its packages to where the platform looks for them. There they stay. What then
 * becomes of services that run already `reconcile` sees to, and tells CloudFormation.
 */
export const handler = middy<CloudFormationCustomResourceEvent, void>()
  .use(observed())
  .handler(async (event) => {
    const { ResponseURL, StackId, RequestId, LogicalResourceId } = event;
    const asker = { ResponseURL, StackId, RequestId, LogicalResourceId };
    if (event.RequestType === 'Delete') {
      await answerStack(asker, { Status: 'SUCCESS', Reason: '' });
      return;
    }
    try {
      const { From, Copies } = event.ResourceProperties;
      await copy({ From, Copies });
      await tell({ detail: { deployment: asker } });
    } catch (error) {
      report(error, RequestId);
      const Reason = `the packages could not be copied: ${error}`;
      await answerStack(asker, { Status: 'FAILED', Reason });
    }
  });
