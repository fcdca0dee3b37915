import { Readable } from 'node:stream';
import middy from '@middy/core';
import { executionModeStreamifyResponse } from '@middy/core/executionModeStreamifyResponse';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { clock, newId, now } from '../adapters/primitives';
import { admit } from '../api/inference/admit';
import type { EdgeAnswer } from '../api/inference/edge';
import { protocolProblem } from '../api/inference/protocol-answer';
import { problemAnswer } from '../api/inference/serve';
import { type ServiceExchange, serviceApi } from '../api/inference/service-api';
import { toProblem } from '../api/problem';
import { callerIn } from './support/caller-context';
import { bodyOf, headersOf } from './support/gateway-event';
import { publishMetrics } from './support/metrics';
import { observed, report } from './support/observability';
import { once } from './support/once';
import { openPrediction } from './support/prediction';

type Rooms = Awaited<ReturnType<typeof openPrediction>>;
/** What is open already: of what could not be opened there is nothing to finish. */
let opened: Rooms | null = null;
const prediction = once(async () => {
  opened = await openPrediction();
  return opened;
});

/** What API Gateway is given to stream: texts, or pieces where the answer is binary. */
interface Result {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Readable;
}

const answer = async (event: APIGatewayProxyEvent, requestId: string, startedAt: number) => {
  const { service = '', proxy = '' } = event.pathParameters ?? {};
  // A preflight comes without credentials: only it passes no authorizer.
  const isPreflight = event.httpMethod === 'OPTIONS';
  const caller = isPreflight ? null : callerIn(event.requestContext.authorizer);
  const rooms = await prediction();
  if (caller?.keyId) rooms.uses.touch(service, caller.keyId, now().getTime());
  const admitted = admit({
    directory: rooms.directory,
    authenticate: () => caller ?? Promise.reject(new Error('a preflight asks for nothing')),
    limiter: rooms.limiter,
  });
  const serve = serviceApi({
    ...{ directory: rooms.directory, report, admit: admitted, admitLabels: admitted },
    ...{ predict: rooms.predict, compare: rooms.compare, metadata: rooms.metadata },
    takeLabels: rooms.takeLabels,
  });
  return new Promise<EdgeAnswer>((resolve) => {
    const exchange: ServiceExchange = {
      method: event.httpMethod,
      headers: headersOf(event),
      ...{ requestId, startedAt },
      clientIp: event.requestContext.identity.sourceIp,
      readBody: (done) => done(bodyOf(event)),
      send: resolve,
    };
    serve(exchange, service, `/${proxy}`);
  });
};

const resultOf = (
  { status, contentType, body, headers, modelMs }: EdgeAnswer,
  requestId: string,
  startedAt: number,
): Result => {
  const named: Record<string, string> = { 'x-request-id': requestId };
  if (contentType !== '') named['content-type'] = contentType;
  for (let i = 0; i + 1 < headers.length; i += 2) named[headers[i] ?? ''] = headers[i + 1] ?? '';
  if (modelMs !== null) {
    const total = (clock() - startedAt).toFixed(3);
    named['server-timing'] = `total;dur=${total}, model;dur=${modelMs.toFixed(3)}`;
  }
  return {
    statusCode: status,
    headers: named,
    body: typeof body === 'string' ? body : Readable.from([body]),
  };
};

/** Answers everything under `/services/`; what was asked is captured when the answer is out. */
export const handler = middy<APIGatewayProxyEvent, Result>({
  executionMode: executionModeStreamifyResponse,
  /** Whatever it throws can no longer reach the caller, so it throws nothing. */
  async requestEnd() {
    if (!opened) return;
    // One after the other: when the function ends with one of them under way, it stands still.
    await opened.flush();
    await opened.uses.flush().catch((error: unknown) => report(error, ''));
    publishMetrics();
  },
})
  .use(observed())
  .handler(async (event) => {
    const startedAt = clock();
    const requestId = newId();
    const sent = await answer(event, requestId, startedAt).catch((error: unknown) => {
      const told = toProblem(error, requestId, report);
      const isProtocol = event.pathParameters?.proxy?.startsWith('v2');
      return isProtocol ? protocolProblem(told) : problemAnswer(told);
    });
    return resultOf(sent, requestId, startedAt);
  });
