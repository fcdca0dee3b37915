import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EdgeRequest } from '../../../api/inference/edge';
import { type ServiceApiNeeds, serviceApi } from '../../../api/inference/service-api';
import { checkAnnounced, type ReadBody } from './read-body';
import type { Send } from './send';

interface Wire {
  readonly send: Send;
  readonly readBody: ReadBody;
}

/** One request on its way; `startedAt` is on the monotonic clock, in milliseconds. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly startedAt: number;
}

/** The API of services over Node's HTTP. */
export const serviceRoutes = ({ send, readBody, ...needs }: ServiceApiNeeds & Wire) => {
  const answer = serviceApi(needs);
  return (
    { request, response, requestId, startedAt }: Exchange,
    service: string,
    rest: string,
  ): void =>
    answer(
      {
        method: request.method ?? 'GET',
        headers: request.headers as EdgeRequest['headers'],
        requestId,
        startedAt,
        clientIp: request.socket.remoteAddress ?? null,
        readBody: (done, fail) => {
          checkAnnounced(request);
          readBody(request, response, done, fail);
        },
        send: (sent) => send(request, response, requestId, startedAt, sent),
      },
      service,
      rest,
    );
};
