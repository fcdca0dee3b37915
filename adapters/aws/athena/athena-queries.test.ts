import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { AthenaClient } from '@aws-sdk/client-athena';
import { sqliteRecordStore } from '../../embedded/sqlite-record-store';
import { athenaQueries } from './athena-queries';

const now = () => new Date('2026-11-21T12:00:00.000Z');

// A stand-in: neither Athena nor Trino behind its protocol can be brought to lose a result here.
describe('a query whose result is gone', () => {
  let server: Server;
  let athena: AthenaClient;
  beforeAll(async () => {
    const answers: Readonly<Record<string, object>> = {
      StartQueryExecution: { QueryExecutionId: 'one' },
      GetQueryExecution: { QueryExecution: { Status: { State: 'SUCCEEDED' } } },
    };
    server = createServer(async (request, response) => {
      await text(request);
      const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
      const answer = answers[operation];
      response.statusCode = answer ? 200 : 400;
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      const gone = { __type: 'InvalidRequestException', Message: 'Could not find results' };
      response.end(JSON.stringify(answer ?? gone));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    athena = new AthenaClient({
      ...{ endpoint: `http://127.0.0.1:${port}`, region: 'eu-central-1', maxAttempts: 1 },
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  });
  afterAll(() => {
    athena.destroy();
    server.close();
  });

  it('is forgotten', async () => {
    const store = sqliteRecordStore(':memory:', { now });
    const queries = athenaQueries({
      ...{ athena, store, now },
      ...{ database: 'inference', workGroup: 'queries' },
    });
    const id = await queries.startQuery('SELECT 1', 10);
    expect(await queries.queryState(id, 0)).toBeUndefined();
  });
});
