import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { AthenaClient } from '@aws-sdk/client-athena';
import { sqliteRecordStore } from '../../embedded/sqlite-record-store';
import { athenaQueries } from './athena-queries';

const NOON = Date.parse('2026-11-21T12:00:00.000Z');
const MINUTE = 60_000;
const TOO_LONG = {
  status: 'failed',
  error: {
    kind: 'invalid-input',
    message: 'it ran for longer than 300 s: ask for fewer days or columns',
  },
};

// A stand-in: neither Athena nor Trino behind its protocol can be brought to lose a result here, or to run for minutes.
describe('a query', () => {
  let clock = NOON;
  const now = () => new Date(clock);
  /** What Athena says of the query; a stop ends it. */
  let status: { readonly State: string; readonly CompletionDateTime?: number };
  let stops = 0;
  let server: Server;
  let athena: AthenaClient;
  beforeAll(async () => {
    const operations: Readonly<Record<string, () => object>> = {
      StartQueryExecution: () => ({ QueryExecutionId: 'one' }),
      GetQueryExecution: () => ({
        QueryExecution: { Status: { SubmissionDateTime: NOON / 1_000, ...status } },
      }),
      StopQueryExecution: () => {
        stops += 1;
        status = { State: 'CANCELLED', CompletionDateTime: clock / 1_000 };
        return {};
      },
    };
    server = createServer(async (request, response) => {
      await text(request);
      const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
      const answer = operations[operation]?.();
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

  const open = (State: string) => {
    clock = NOON;
    stops = 0;
    status = { State };
    return athenaQueries({
      ...{ athena, store: sqliteRecordStore(':memory:', { now }), now },
      ...{ database: 'inference', workGroup: 'queries' },
    });
  };

  it('whose result is gone is forgotten', async () => {
    const queries = open('SUCCEEDED');
    const id = await queries.startQuery('SELECT 1', 10);
    expect(await queries.queryState(id, 0)).toBeUndefined();
  });

  it.each(['RUNNING', 'QUEUED'])(
    'that is %s after 5 minutes is ended, and says so',
    async (state) => {
      const queries = open(state);
      const id = await queries.startQuery('SELECT 1', 10);
      clock += 5 * MINUTE - 1;
      expect(await queries.queryState(id, 0)).toEqual({ status: 'running' });
      expect(stops).toBe(0);
      clock += 1;
      expect(await queries.queryState(id, 0)).toMatchObject(TOO_LONG);
      expect(stops).toBe(1);
      // Whoever looks later is told the same.
      clock += MINUTE;
      expect(await queries.queryState(id, 0)).toMatchObject(TOO_LONG);
      expect(stops).toBe(1);
    },
  );

  it('that somebody cancelled in time is cancelled, whenever that is looked at', async () => {
    const queries = open('RUNNING');
    const id = await queries.startQuery('SELECT 1', 10);
    clock += MINUTE;
    await queries.cancelQuery(id);
    clock += 10 * MINUTE;
    expect(await queries.queryState(id, 0)).toEqual({ status: 'cancelled' });
  });
});
