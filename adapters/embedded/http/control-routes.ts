import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ControlApi } from '../../../api/control';
import { type HttpRequest, type HttpResponse, isStream } from '../../../api/http';
import { checkAnnounced, type ReadBody } from './read-body';
import type { Send } from './send';
import type { SendStream } from './send-stream';

/** Answers the control API, and whatever else is no service. */
export const controlRoutes =
  (control: ControlApi, send: Send, sendStream: SendStream, readBody: ReadBody) =>
  async (
    request: IncomingMessage,
    response: ServerResponse,
    pathname: string,
    search: string,
    requestId: string,
    startedAt: number,
  ): Promise<void> => {
    const head = request.method === 'HEAD';
    const answer = await control({
      method: head ? 'GET' : (request.method ?? 'GET'),
      pathname,
      query: Object.fromEntries(new URLSearchParams(search)),
      headers: request.headers as HttpRequest['headers'],
      requestId,
      readBody: () =>
        new Promise((resolve, reject) => {
          checkAnnounced(request);
          readBody(request, response, resolve, reject);
        }),
    });
    if (isStream(answer.body)) await sendStream(request, response, answer, answer.body);
    else send(request, response, requestId, startedAt, edgeAnswer(answer));
  };

const edgeAnswer = ({ status, headers, body }: HttpResponse) => {
  const { 'content-type': contentType = '', 'x-request-id': _, ...rest } = headers;
  return {
    status,
    contentType,
    body: body === null ? '' : typeof body === 'string' ? body : JSON.stringify(body),
    headers: Object.entries(rest).flat(),
    modelMs: null,
  };
};
