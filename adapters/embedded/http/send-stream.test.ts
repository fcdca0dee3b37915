import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { streamSender } from './send-stream';

const KILO = Buffer.alloc(1_000, 'x');
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server that answers everything with these pieces, and what became of them. */
const serve = async (pieces: () => AsyncGenerator<Uint8Array>, gone = false) => {
  const sendStream = streamSender({ isClosing: () => false, patienceMs: 200 });
  const ended = Promise.withResolvers<string>();
  const sent = Promise.withResolvers<string>();
  const body = async function* () {
    try {
      yield* pieces();
    } finally {
      ended.resolve('ended');
    }
  };
  const server = createServer(async (request, response) => {
    if (gone) {
      request.socket.destroy();
      await once(response, 'close');
    }
    const headers = { 'content-type': 'text/csv' };
    sendStream(request, response, { status: 200, headers }, body()).then(
      () => sent.resolve('sent'),
      (error: Error) => sent.resolve(error.message),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}`, port, ended: ended.promise, sent: sent.promise };
};

const many = async function* () {
  for (;;) yield KILO;
};

describe('an answer in pieces', () => {
  it('comes whole', async () => {
    const { url, sent } = await serve(async function* () {
      for (let i = 0; i < 1_000; i += 1) yield KILO;
    });
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('text/csv');
    expect((await response.arrayBuffer()).byteLength).toBe(1_000_000);
    expect(await sent).toBe('sent');
  });

  it('is made no faster than it is taken, and ends with a caller that takes nothing', async () => {
    let made = 0;
    const { port, ended, sent } = await serve(async function* () {
      for await (const piece of many()) {
        made += 1;
        yield piece;
      }
    });
    const socket = connect(port, '127.0.0.1').pause();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect([await ended, await sent]).toEqual(['ended', 'sent']);
    socket.destroy();
    // What fits into the buffers of both sockets, not what could be made in the time.
    expect(made).toBeLessThan(50_000);
  });

  it('ends with a caller that goes away', async () => {
    const { url, ended, sent } = await serve(many);
    const leaving = new AbortController();
    const response = await fetch(url, { signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();
    expect([await ended, await sent]).toEqual(['ended', 'sent']);
  });

  it('ends at once when its caller is gone already', async () => {
    const { url, ended, sent } = await serve(many, true);
    await expect(fetch(url)).rejects.toThrow();
    expect([await ended, await sent]).toEqual(['ended', 'sent']);
  });

  it('is cut where it breaks off, so that no part is taken for the whole', async () => {
    const { url, sent } = await serve(async function* () {
      yield KILO;
      throw new Error('the disk is gone');
    });
    await expect(fetch(url).then((response) => response.arrayBuffer())).rejects.toThrow();
    expect(await sent).toBe('the disk is gone');
  });

  it('is only announced to one that asks for its head', async () => {
    const { url, sent } = await serve(many);
    const response = await fetch(url, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await sent).toBe('sent');
  });
});
