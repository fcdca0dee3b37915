import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TraceContext } from '../../../core/inference/trace-context';
import { contractClient } from './contract-client';

const bytes = (text: string) => new TextEncoder().encode(text);
const never = new AbortController().signal;

describe('container contract', () => {
  const open = async (listener: RequestListener) => {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = contractClient((server.address() as AddressInfo).port);
    const close = () => {
      client.close();
      server.closeAllConnections();
      server.close();
    };
    return { client, server, close };
  };

  it('posts one JSON body, over connections that are kept', async () => {
    let connections = 0;
    const { client, server, close } = await open((request, response) => {
      const { 'content-type': type, 'content-length': length } = request.headers;
      request.on('data', (chunk) => response.write(chunk));
      request.on('end', () => response.end(`${request.method} ${request.url} ${type} ${length}`));
    });
    server.on('connection', () => {
      connections += 1;
    });
    for (let i = 0; i < 3; i += 1) {
      await expect(client.invoke([bytes('{"é"'), bytes(':1}')], never, null)).resolves.toEqual({
        status: 200,
        text: '{"é":1}POST /invocations application/json 8',
      });
    }
    expect(connections).toBe(1);
    close();
  });

  it('hands a trace on with /invocations', async () => {
    const { client, close } = await open((request, response) => {
      const { traceparent, tracestate = 'none' } = request.headers;
      request.resume().on('end', () => response.end(`${traceparent} ${tracestate}`));
    });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const told = async (trace: TraceContext | null) =>
      (await client.invoke([bytes('{}')], never, trace)).text;
    expect(await told({ traceparent, tracestate: 'rojo=1' })).toBe(`${traceparent} rojo=1`);
    expect(await told({ traceparent, tracestate: null })).toBe(`${traceparent} none`);
    expect(await told(null)).toBe('undefined none');
    close();
  });

  it('sends a request again when the connection it was given had just been closed', async () => {
    let served = 0;
    const { client, close } = await open((request, response) => {
      served += 1;
      request.resume();
      // The second one on a connection finds it closed.
      if (served === 2) request.socket.destroy();
      else request.on('end', () => response.end('{}'));
    });
    await client.invoke([bytes('{}')], never, null);
    await expect(client.invoke([bytes('{}')], never, null)).resolves.toMatchObject({ status: 200 });
    close();
  });

  it('says whether /ping answers 200 in time', async () => {
    let status = 200;
    const { client, close } = await open((_, response) => {
      if (status > 0) response.writeHead(status).end();
    });
    await expect(client.ping(1_000)).resolves.toBe(true);
    status = 503;
    await expect(client.ping(1_000)).resolves.toBe(false);
    status = 0;
    await expect(client.ping(50)).resolves.toBe(false);
    close();
    await expect(client.ping(1_000)).resolves.toBe(false);
  });

  it('takes no answer without end', async () => {
    const chunk = Buffer.alloc(4 * 1024 * 1024, 0x31);
    const { client, close } = await open((_, response) => {
      const more = (): void => {
        while (response.writable && response.write(chunk));
        response.once('drain', more);
      };
      response.on('error', () => undefined);
      more();
    });
    await expect(client.invoke([bytes('{}')], never, null)).rejects.toThrow('over 67108864 bytes');
    close();
  });
});
