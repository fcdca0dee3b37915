import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { sender } from './send';

const MEGABYTE = 1_000_000;

/** A server that answers everything with so many bytes. */
const serve = async (bytes: number, isClosing = () => false) => {
  const send = sender({ isClosing, patienceMs: 200 });
  const body = Buffer.alloc(bytes, 'x');
  const answer = { status: 200, contentType: 'text/plain', body, headers: [], modelMs: null };
  const server = createServer((request, response) => {
    request.resume().on('end', () => send(request, response, 'id', performance.now(), answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  const [accepted] = await once(server, 'connection');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  return {
    socket,
    accepted,
    end: () => {
      socket.destroy();
      server.close();
    },
  };
};

describe('sending an answer', () => {
  it('cuts a caller that takes nothing of a large one', async () => {
    const { accepted, end } = await serve(100 * MEGABYTE);
    await once(accepted, 'close');
    end();
  });

  it('waits for a caller that takes it slowly', async () => {
    const { socket, end } = await serve(20 * MEGABYTE);
    const since = performance.now();
    let taken = 0;
    socket.on('data', (chunk: Buffer) => {
      taken += chunk.length;
      if (taken >= 20 * MEGABYTE) socket.destroy();
      // All in all slower than the server has patience, but never at rest for so long.
      socket.pause();
      setTimeout(() => socket.resume(), 2);
    });
    await once(socket, 'close');
    expect(taken).toBeGreaterThanOrEqual(20 * MEGABYTE);
    expect(performance.now() - since).toBeGreaterThan(200);
    end();
  });

  it('keeps a connection, unless the server closes', async () => {
    for (const closing of [false, true]) {
      const { socket, end } = await serve(10, () => closing);
      const [head] = await once(socket.setEncoding('latin1'), 'data');
      expect(head).toMatch(closing ? /connection: close/i : /connection: keep-alive/i);
      end();
    }
  });
});
