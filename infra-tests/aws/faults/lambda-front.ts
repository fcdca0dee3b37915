import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** Takes events for a function as Lambda does, for these functions run in processes of the test. */
export interface LambdaFront {
  readonly endpoint: string;
  /** Resolves when the function has had all that was taken. */
  through(): Promise<void>;
  stop(): Promise<void>;
}

/** Stands in for Lambda's API, where the functions are no functions of the emulator's; of its operations it knows the asynchronous `Invoke`. */
export const startLambdaFront = async (
  invoke: (event: unknown) => Promise<unknown>,
): Promise<LambdaFront> => {
  const running = new Set<Promise<void>>();
  const server = createServer(async (incoming, response) => {
    const event = await json(incoming);
    if (incoming.headers['x-amz-invocation-type'] !== 'Event') {
      response.writeHead(400).end();
      return;
    }
    // A function that fails is the dead letter queue's, not the caller's.
    const work: Promise<void> = invoke(event)
      .then(() => undefined)
      .catch(() => undefined)
      .finally(() => running.delete(work));
    running.add(work);
    response.writeHead(202).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async through() {
      while (running.size > 0) await Promise.all(running);
    },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
};
