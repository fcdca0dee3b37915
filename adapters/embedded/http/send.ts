import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { EdgeAnswer } from '../../../api/inference/edge';

/** Sends an answer with its id and times. `startedAt` is in milliseconds on the monotonic clock. */
export type Send = (
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  startedAt: number,
  answer: EdgeAnswer,
) => void;

interface Needs {
  /** Whether no more requests are wanted on the connections that there are. */
  readonly isClosing: () => boolean;
  /** Milliseconds after which a caller that takes nothing of its answer loses its connection. */
  readonly patienceMs: number;
}

/** How long a caller that keeps sending is listened to after its answer. */
export const LINGER_MS = 2_000;

export const sender =
  ({ isClosing, patienceMs }: Needs): Send =>
  (request, response, requestId, startedAt, answer) => {
    if (response.destroyed || response.headersSent) return;
    const { status, contentType, body, headers, modelMs } = answer;
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    const lines = ['content-length', String(length), 'x-request-id', requestId];
    if (contentType !== '') lines.push('content-type', contentType);
    for (const part of headers) lines.push(part);
    if (modelMs !== null) {
      const total = performance.now() - startedAt;
      lines.push('server-timing', `total;dur=${total.toFixed(3)}, model;dur=${modelMs.toFixed(3)}`);
    }
    if (request.complete ? isClosing() : waitsToSend(request)) response.shouldKeepAlive = false;
    response.writeHead(status, lines);
    if (typeof body === 'string') response.end(body, length === body.length ? 'latin1' : 'utf8');
    else response.end(body);
    // Without a listener for it, Node cuts a connection that times out.
    if (response.writableLength > 0) response.setTimeout(patienceMs);
    if (!request.complete) linger(request);
  };

/** A caller that asked whether to send its body is told not to: it may send no more, or another request. */
const waitsToSend = (request: IncomingMessage): boolean =>
  request.headers.expect !== undefined && !request.readableDidRead;

/**
 * An answer before the whole body was read: the rest is thrown away, so that the caller gets to see
 * the answer, and a connection on which it does not end soon is cut. To announce that would cut it at
 * once, and what is on its way then would destroy the answer.
 */
const linger = (request: IncomingMessage): void => {
  request.resume();
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
};
