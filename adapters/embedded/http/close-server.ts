import { once } from 'node:events';
import type { Server } from 'node:http';
import { Server as ConnectionServer } from 'node:net';

/** How long a connection is kept on which the next request may be on its way already. */
const LINGER_MS = 500;
const LOOK_MS = 50;

/**
 * Takes no more connections, answers what is in flight or comes within half a second on those there
 * are, and cuts what is left after `graceMs`. Answers tell their callers to go, as soon as the server
 * does not listen any more.
 */
export const closeServer = async (server: Server, graceMs: number): Promise<void> => {
  const closed = once(server, 'close');
  // An HTTP server's own `close` cuts connections at once, with the requests that are on them.
  ConnectionServer.prototype.close.call(server);
  const since = performance.now();
  const idle = setInterval(() => {
    if (performance.now() - since >= LINGER_MS) server.closeIdleConnections();
  }, LOOK_MS);
  const late = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
};
