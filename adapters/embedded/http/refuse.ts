import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { problem } from '../../../api/problem';
import { LINGER_MS } from './send';

const STATUS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** Node keeps here what it answers on a connection now. */
interface Answering extends Duplex {
  readonly _httpMessage?: ServerResponse | null;
}

/** Answers bytes that are no HTTP request, which nobody can route, and ends their connection. */
export const refuseIn = (newId: () => string) => {
  const refused = new WeakSet<Duplex>();

  const refuse = (error: NodeJS.ErrnoException, socket: Answering): void => {
    const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
    if (refused.has(socket) && !isLate) return;
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    // What was asked before is answered before: nobody shall take this for that answer.
    const before = socket._httpMessage;
    if (before?.req.complete) {
      before.once('close', () => refuse(error, socket));
      return;
    }
    refused.add(socket);
    socket.end(refusalOf(error.code, newId()));
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
  };
  return refuse;
};

const refusalOf = (code: string | undefined, requestId: string): string => {
  const status = STATUS[code ?? ''] ?? '400 Bad Request';
  const { body } = problem('bad-request', 'this is not a complete HTTP request', requestId);
  const text = JSON.stringify({ ...(body as object), status: Number(status.slice(0, 3)) });
  return [
    `HTTP/1.1 ${status}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(text)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
    '',
    text,
  ].join('\r\n');
};
