import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { removeUnder } from './remove-objects';

const PAGES = 60;

/** S3 with so many pages of one object each, put at a time; a stand-in, for pages of S3 hold 1,000. */
const pagesOf = async (putAt: string) => {
  const server = createServer((request, response) => {
    const page = Number(
      new URL(request.url ?? '', 'http://s3').searchParams.get('continuation-token'),
    );
    const next =
      page + 1 < PAGES ? `<NextContinuationToken>${page + 1}</NextContinuationToken>` : '';
    const object = `<Contents><Key>builds/${page}</Key><LastModified>${putAt}</LastModified></Contents>`;
    response.setHeader('content-type', 'application/xml');
    response.end(
      request.method === 'GET'
        ? `<ListBucketResult>${next}${object}</ListBucketResult>`
        : '<DeleteResult/>',
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const s3 = new S3Client({
    ...{
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'us-east-1',
    },
    ...{ forcePathStyle: true, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } },
  });
  return {
    s3,
    close: (): void => {
      s3.destroy();
      server.close();
      server.closeAllConnections();
    },
  };
};

describe('objects under a prefix', () => {
  const before = new Date('2026-11-21T00:00:00.000Z');

  it('are looked at to the end where all of them stay, however many they are', async () => {
    const { s3, close } = await pagesOf('2026-11-21T10:00:00.000Z');
    const answer = await removeUnder({ s3, bucket: 'results' }, ['builds/'], before);
    close();
    expect(answer).toEqual({ rows: [[null]], written: 0 });
  });

  it('go in parts, each of which says that there may be more', async () => {
    const { s3, close } = await pagesOf('2026-11-20T10:00:00.000Z');
    const answer = await removeUnder({ s3, bucket: 'results' }, ['builds/'], before);
    close();
    expect(answer).toEqual({ rows: [['1']], written: 50 });
  });
});
