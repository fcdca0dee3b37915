import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { problemAnswer } from '../../../api/inference/serve';
import { type ReportBug, toProblem } from '../../../api/problem';
import { goOn } from './read-body';
import type { Send } from './send';

/** Takes what is sent to an upload's address. */
export type ReceiveUpload = (
  id: string,
  token: string,
  body: AsyncIterable<Uint8Array>,
) => Promise<void>;

interface Needs {
  readonly receiveUpload: ReceiveUpload;
  readonly report: ReportBug;
  readonly send: Send;
}

const PATH = /^\/api\/uploads\/([\w-]{1,64})$/;

/** The one route whose body is not read into memory. Answers false when the path is another. */
export const uploadRoute =
  ({ receiveUpload, report, send }: Needs) =>
  (
    request: IncomingMessage,
    response: ServerResponse,
    pathname: string,
    search: string,
    requestId: string,
  ): boolean => {
    const id = PATH.exec(pathname)?.[1];
    if (id === undefined) return false;
    const startedAt = performance.now();
    const token = new URLSearchParams(search).get('token') ?? '';
    receiveUpload(id, token, bodyOf(request, response))
      .then(() => ({
        status: 200,
        contentType: 'application/json',
        body: JSON.stringify({ upload_id: id }),
        headers: [],
        modelMs: null,
      }))
      .catch((error: unknown) => problemAnswer(toProblem(error, requestId, report)))
      .then((answer) => send(request, response, requestId, startedAt, answer))
      .catch((error: unknown) => report(error, requestId));
    return true;
  };

/**
 * A caller that asked first is told to send only once somebody reads. Who stops reading leaves the
 * rest: to destroy the request would leave a connection on which nothing is read any more.
 */
const bodyOf = async function* (request: IncomingMessage, response: ServerResponse) {
  goOn(request, response);
  yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
};
