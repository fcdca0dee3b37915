import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { performance } from 'node:perf_hooks';
import type { ControlApi } from '../../../api/control';
import { problemAnswer } from '../../../api/inference/serve';
import type { ServiceApiNeeds } from '../../../api/inference/service-api';
import { problem } from '../../../api/problem';
import { controlRoutes } from './control-routes';
import { bodyReader } from './read-body';
import { refuseIn } from './refuse';
import { sender } from './send';
import { streamSender } from './send-stream';
import { serviceRoutes } from './service-routes';
import { type ReceiveUpload, uploadRoute } from './upload-route';

interface Needs extends ServiceApiNeeds {
  readonly control: ControlApi;
  readonly receiveUpload: ReceiveUpload;
  readonly newId: () => string;
  /** PEM texts; without them the server speaks plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

const SERVICES = '/services/';

const LIMITS = {
  headersTimeout: 10_000,
  // The time of the longest upload; bodies that are read into memory have less.
  requestTimeout: 900_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 32_768,
  // Two credentials in one request must be seen to be two.
  joinDuplicateHeaders: true,
  // Checked here, so that the refusal is a problem like all others.
  requireHostHeader: false,
};
/** A caller that takes nothing of its answer for so long is gone. */
const PATIENCE_MS = 60_000;

/** Serves the whole API of one machine. */
export const httpServer = ({ newId, control, receiveUpload, tls, ...needs }: Needs): Server => {
  const sending = { isClosing: () => !server.listening, patienceMs: PATIENCE_MS };
  const send = sender(sending);
  const { readBody, stop } = bodyReader();
  const services = serviceRoutes({ ...needs, send, readBody });
  const controls = controlRoutes(control, send, streamSender(sending), readBody);
  const upload = uploadRoute({ receiveUpload, report: needs.report, send });

  const listener: RequestListener = (request, response) => {
    const startedAt = performance.now();
    const requestId = newId();
    if (!hasOneHost(request)) {
      const why = problem('bad-request', 'give one Host', requestId);
      send(request, response, requestId, startedAt, problemAnswer(why));
      return;
    }
    const url = targetOf(request.url ?? '/');
    const end = url.indexOf('?');
    const pathname = end === -1 ? url : url.slice(0, end);
    if (pathname.startsWith(SERVICES)) {
      const slash = pathname.indexOf('/', SERVICES.length);
      const service = pathname.slice(SERVICES.length, slash === -1 ? undefined : slash);
      const rest = slash === -1 ? '' : pathname.slice(slash);
      services({ request, response, requestId, startedAt }, service, rest);
      return;
    }
    const search = end === -1 ? '' : url.slice(end + 1);
    if (request.method === 'PUT' && upload(request, response, pathname, search, requestId)) return;
    controls(request, response, pathname, search, requestId, startedAt).catch((error: unknown) => {
      needs.report(error, requestId);
      const bug = problem('internal', 'It is our fault; quote the request id.', requestId);
      send(request, response, requestId, startedAt, problemAnswer(bug));
    });
  };

  const server: Server = tls
    ? createTlsServer({ ...LIMITS, ...tls }, listener)
    : createServer(LIMITS, listener);
  // A caller that has said all it has to say still waits for its answer.
  Object.assign(server, { httpAllowHalfOpen: true });
  const refuse = refuseIn(newId);
  server.on('clientError', refuse);
  server.on('connect', (_, socket) => refuse(new Error('this is no proxy'), socket));
  // Whether to go on is said by whoever reads the body.
  server.on('checkContinue', listener);
  server.on('checkExpectation', listener);
  server.on('close', stop);
  return server;
};

const hasOneHost = ({ headers: { host }, httpVersionMinor }: IncomingMessage): boolean =>
  host === undefined ? httpVersionMinor === 0 : !host.includes(',');

/** A target may come with its scheme and authority, as to a proxy. */
const targetOf = (url: string): string => {
  if (url.startsWith('/')) return url;
  const absolute = /^https?:\/\/[^/?#]*(.*)$/i.exec(url);
  return absolute ? absolute[1] || '/' : url;
};
