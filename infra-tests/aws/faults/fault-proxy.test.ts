import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type FaultProxy, startFaultProxy } from './fault-proxy';

// A server in place of the emulator: what is handed on is what matters here.
describe('the proxy that breaks things', () => {
  let server: Server;
  let proxy: FaultProxy;
  let seen: string[];
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      seen.push((await buffer(request)).toString());
      response.end('done');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await startFaultProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  beforeEach(() => {
    seen = [];
    proxy.inject();
  });
  afterAll(async () => {
    await proxy.stop();
    server.close();
  });

  const call = async (service: string, target: string, body = '', path = '/') => {
    const answer = await fetch(`${proxy.endpoint}${path}`, {
      method: 'POST',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/${service}/aws4_request`,
        ...(target !== '' && { 'x-amz-target': target }),
      },
      body,
    }).catch(() => null);
    return answer && `${answer.status} ${await answer.text()}`;
  };

  it('hands on what it is not told to break, and counts by service and operation', async () => {
    expect(await call('dynamodb', 'DynamoDB_20120810.GetItem', 'a')).toBe('200 done');
    await call('cloudformation', '', 'Action=DescribeStacks&StackName=b');
    await call('sagemaker', '', 'c', '/endpoints/e/invocations');
    expect(seen).toEqual(['a', 'Action=DescribeStacks&StackName=b', 'c']);
    expect(proxy.count('dynamodb', 'GetItem')).toBe(1);
    expect(proxy.count('cloudformation', 'DescribeStacks')).toBe(1);
    expect(proxy.count('sagemaker', 'InvokeEndpoint')).toBe(1);
    expect(proxy.count('dynamodb', 'Query')).toBe(0);
  });

  it('breaks what it is told to break, in the words of the service', async () => {
    proxy.inject(
      { service: 'dynamodb', operation: 'GetItem', fault: 'throttle' },
      { service: 'cloudformation', fault: 'error500' },
    );
    const item = await call('dynamodb', 'DynamoDB_20120810.GetItem');
    expect(item).toMatch(/^400 .*"ProvisionedThroughputExceededException"/);
    expect(await call('dynamodb', 'DynamoDB_20120810.Query')).toBe('200 done');
    expect(await call('cloudformation', '')).toMatch(/^500 .*<Code>InternalFailure/);
    expect(seen).toHaveLength(1);
  });

  it('knows what is lost before it is done from what is lost after it', async () => {
    proxy.inject({ service: 's3', fault: 'reset' });
    expect(await call('s3', '')).toBeNull();
    expect(seen).toHaveLength(0);
    proxy.inject({ service: 's3', fault: 'lost' });
    expect(await call('s3', '')).toBeNull();
    expect(seen).toHaveLength(1);
  });

  it('refuses every second record of a batch, and every second call of anything else', async () => {
    proxy.inject({ service: 'firehose', fault: 'half' }, { service: 's3', fault: 'half' });
    const Records = [{ Data: '1' }, { Data: '2' }, { Data: '3' }];
    const put = JSON.stringify({ DeliveryStreamName: 'x', Records });
    const answer = await call('firehose', 'Firehose_20150804.PutRecordBatch', put);
    expect(answer).toMatch(/^200 .*"FailedPutCount":2/);
    expect(seen).toEqual([JSON.stringify({ DeliveryStreamName: 'x', Records: [{ Data: '2' }] })]);
    const answers = [await call('s3', ''), await call('s3', '')];
    expect(new Set(answers.map((one) => one?.slice(0, 3)))).toEqual(new Set(['200', '500']));
  });
});
