import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { HttpResponse } from '../../../api/http';

interface Needs {
  /** Whether no more requests are wanted on the connections that there are. */
  readonly isClosing: () => boolean;
  /** Milliseconds after which a caller that takes nothing of its answer loses its connection. */
  readonly patienceMs: number;
}

/** Sends an answer whose body comes in pieces, as fast as its caller takes them. */
export type SendStream = (
  request: IncomingMessage,
  response: ServerResponse,
  answer: Pick<HttpResponse, 'status' | 'headers'>,
  body: AsyncIterable<Uint8Array>,
) => Promise<void>;

/** Resolves when all is sent, or the caller is gone; rejects with what the body ends with. */
export const streamSender =
  ({ isClosing, patienceMs }: Needs): SendStream =>
  async (request, response, { status, headers }, body) => {
    if (isClosing()) response.shouldKeepAlive = false;
    // Without a listener for it, Node cuts a connection that times out.
    response.setTimeout(patienceMs);
    if (!response.destroyed) response.writeHead(status, headers);
    if (request.method === 'HEAD') {
      response.end();
      await body[Symbol.asyncIterator]().return?.();
      return;
    }
    // What breaks off cuts the connection, so that nobody takes a part for the whole.
    await pipeline(body, response).catch((error: NodeJS.ErrnoException) => {
      if (!GONE.has(error.code ?? '')) throw error;
    });
  };

const GONE: ReadonlySet<string> = new Set([
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_UNABLE_TO_PIPE',
  'ECONNRESET',
  'EPIPE',
]);
