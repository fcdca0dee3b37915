import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { isDomainError } from '../../../core/shared/domain-error';
import { type EndpointRequest, invokeEndpoint } from './invoke-endpoint';

// A server in place of SageMaker's runtime: what it refuses cannot be had from an emulator at will.
describe('invoking an endpoint', () => {
  let server: Server;
  let runtime: SageMakerRuntimeClient;
  let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  let calls = 0;
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      calls += 1;
      let body = '';
      for await (const chunk of request) body += chunk;
      answer(request, response, body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    runtime = new SageMakerRuntimeClient({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
  });
  afterAll(() => {
    runtime.destroy();
    server.closeAllConnections();
    server.close();
  });

  const invoke = (about: Partial<EndpointRequest> = {}, client = runtime) =>
    invokeEndpoint(client)({
      endpoint: 'tidegate-test-wine',
      requestId: 'r-1',
      body: [new TextEncoder().encode('{"dataframe_split":'), new TextEncoder().encode('{}}')],
      rows: 1,
      output: { type: 'double', width: 1, classes: null },
      timeoutMs: 5_000,
      ...about,
    });
  const refuse = (status: number, type: string, body: object = { message: 'no' }): void => {
    answer = (_, response) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
        .end(JSON.stringify(body));
  };
  const errorOf = async (promise: Promise<unknown>) => {
    const error = await promise.catch((reason: unknown) => reason);
    if (!isDomainError(error)) throw error;
    const { kind, retryAfterS, cause } = error;
    return { kind, retryAfterS, cause: cause instanceof Error ? cause.message : cause };
  };

  it('sends one JSON body', async () => {
    const seen: unknown[] = [];
    answer = (request, response, body) => {
      seen.push([request.url, request.headers['content-type'], body]);
      response.end('{"predictions":[5.5]}');
    };
    await expect(invoke()).resolves.toMatchObject({ predictions: [5.5] });
    const url = '/endpoints/tidegate-test-wine/invocations';
    expect(seen).toEqual([[url, 'application/json', '{"dataframe_split":{}}']]);
  });

  it('names the request to the container, and the trace that it is a part of', async () => {
    const seen: unknown[] = [];
    answer = ({ headers }, response) => {
      seen.push(headers['x-amzn-sagemaker-custom-attributes']);
      response.end('{"predictions":[5.5]}');
    };
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await invoke({ trace: null });
    await invoke({ trace: { traceparent, tracestate: 'rojo=1' } });
    expect(seen).toEqual(['r-1', `r-1;${traceparent}`]);
  });

  it("keeps the model's own words for the log", async () => {
    const said = { OriginalStatusCode: 500, OriginalMessage: 'row 3 is 42', LogStreamArn: '' };
    refuse(424, 'ModelError', { ...said, Message: 'Received server error' });
    const cause = 'it answered 500: row 3 is 42';
    expect(await errorOf(invoke())).toEqual({ kind: 'model-error', retryAfterS: undefined, cause });
    await expect(invoke()).rejects.toThrow('the model failed on this request');
  });

  it('takes an answer that is not of the signature for a fault of the model', async () => {
    answer = (_, response) => response.end('{"predictions":["red"]}');
    expect(await errorOf(invoke())).toMatchObject({
      kind: 'model-error',
      cause: 'it answered string where its signature has double',
    });
  });

  it('tells a model with a full queue and a throttled account from a broken one', async () => {
    refuse(424, 'ModelError', { OriginalStatusCode: 503, OriginalMessage: 'full' });
    expect(await errorOf(invoke())).toMatchObject({ kind: 'overloaded', retryAfterS: 1 });
    refuse(400, 'ThrottlingException');
    expect(await errorOf(invoke())).toMatchObject({ kind: 'overloaded', retryAfterS: 1 });
  });

  it('says that a version is not there, whatever the reason', async () => {
    for (const [status, type] of [
      [503, 'ServiceUnavailable'],
      [429, 'ModelNotReadyException'],
      [500, 'InternalFailure'],
      [530, 'InternalDependencyException'],
      [500, 'SomethingNew'],
      [502, ''],
      [400, 'ValidationError'],
    ] as const) {
      refuse(status, type);
      expect(await errorOf(invoke())).toMatchObject({ kind: 'unavailable', retryAfterS: 1 });
    }
  });

  it('says so too when nobody listens', async () => {
    // In place of a socket: its errors come from outside of jest, where the SDK wraps them.
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const nobody = new SageMakerRuntimeClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
      requestHandler: { handle: () => Promise.reject(refused) },
    });
    expect(await errorOf(invoke({}, nobody))).toMatchObject({ kind: 'unavailable' });
  });

  it('gives up in time, and asks once', async () => {
    answer = () => undefined;
    calls = 0;
    const since = performance.now();
    expect(await errorOf(invoke({ timeoutMs: 200 }))).toMatchObject({ kind: 'model-timeout' });
    expect(performance.now() - since).toBeLessThan(2_000);
    expect(calls).toBe(1);
  });

  it('does not hide missing rights', async () => {
    refuse(403, 'AccessDeniedException');
    await expect(invoke()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});
