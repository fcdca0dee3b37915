// The container on SageMaker: one model package, in threads, behind the container contract.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Server as ConnectionServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { containerServer } from './container-server';
import { containerSettings } from './container-settings';
import { type Invoke, invocations } from './invocations';
import { jsonLog } from './json-log';
import { assertDigest } from './package-digest';
import { type ThreadPool, threadPool, unavailable } from './thread-pool';
import { reasonOf } from './unservable';

/** SageMaker gives an answer up after 60 s, */
const TIMEOUT_MS = 55_000;
/** and kills the container 30 s after it asked it to end. */
const DRAIN_MS = 24_000;
const LOOK_MS = 250;

const log = jsonLog(
  () => new Date(),
  (text) => process.stdout.write(text),
);

const start = async (): Promise<void> => {
  const settings = containerSettings(process.env, availableParallelism());
  const { host, port, folder, digest, model, device, threads, maxQueue } = settings;
  let pool: ThreadPool | null = null;
  let invoke: Invoke = () => Promise.reject(unavailable());
  const server = containerServer({
    isReady: () => pool?.isReady() ?? false,
    invoke: (headers, body, requestId) => invoke(headers, body, requestId),
    newId: randomUUID,
    log,
  });

  const drain = (): void => {
    log('info', 'asked to end: what is in flight is answered, and nothing else');
    // An HTTP server's own `close` cuts connections at once, with the requests that are on them.
    ConnectionServer.prototype.close.call(server, () => process.exit(0));
    setInterval(() => server.closeIdleConnections(), LOOK_MS);
    setTimeout(() => {
      log('error', 'some of what was in flight is not answered yet, and is given up');
      // A thread in a native call would hold a plain exit up.
      process.kill(process.pid, 'SIGKILL');
    }, DRAIN_MS);
  };
  process.once('SIGTERM', drain);
  process.once('SIGINT', drain);

  // At once, so that whoever asks hears "not yet" instead of nothing.
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  log('info', `listening on ${host}:${bound}, and loading ${model.name}/${model.version}`);
  if (digest !== null) await assertDigest(folder, digest);
  pool = threadPool({
    workerFile: new URL('./model-worker.mjs', import.meta.url),
    folder,
    device,
    threads,
    maxQueue,
    timeoutMs: TIMEOUT_MS,
    log,
  });
  const signature = await pool.loaded;
  invoke = invocations({ model, signature, predict: pool.predict });
  log('info', `${model.name}/${model.version} answers`);
};

start().catch((error: unknown) => {
  log('error', `the model server does not start: ${reasonOf(error)}`);
  process.exit(1);
});
