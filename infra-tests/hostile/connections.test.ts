import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { caller, until } from '../support/api';
import { type Running, startPlatform } from '../support/platform';
import { wineBody } from '../support/wine';
import { connectTo, expectAnswered, expectProblem, requestText, sendRaw } from './raw-socket';

const manifest = `
services:
  wine:
    auth: true
    throttle: { rate: 100000, burst: 100000 }
    versions:
      v1: { model: ./examples/wine/model }
  open:
    auth: false
    throttle: { rate: 100000, burst: 100000 }
    versions:
      v1: { model: ./examples/wine/model }
`;
const body = JSON.stringify(wineBody);
const predict = '/services/open/predict';

describe('connections that misbehave', () => {
  let running: Running;
  const raw = (data: string | Uint8Array, method?: string) => sendRaw(running.url, data, method);
  const memory = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${running.process.pid}/status`, 'utf8'))?.[1]);
  const openFiles = (): number => readdirSync(`/proc/${running.process.pid}/fd`).length;

  beforeAll(async () => {
    running = await startPlatform({ manifest });
  }, 60_000);
  afterEach(async () => {
    expectAnswered(await raw(requestText('POST', predict, [], body)));
  });
  afterAll(async () => {
    expect(await running.stop()).toBe(0);
  });

  it('answers a client that sends its FIN right after the request', async () => {
    for (const path of [predict, '/services/open/compare']) {
      const line = await connectTo(running.url);
      line.socket.end(requestText('POST', path, [], body));
      expect((await line.answer())?.status).toBe(200);
      await line.closed;
    }
    const line = await connectTo(running.url);
    line.socket.end(requestText('GET', '/healthz'));
    expect((await line.answer())?.status).toBe(200);
  });

  it('forgets a client that is gone in the middle of its body', async () => {
    const before = openFiles();
    for (let count = 0; count < 50; count += 1) {
      const line = await connectTo(running.url);
      line.write(requestText('POST', predict, ['Content-Length: 100000'], '').concat('{"data'));
      if (count % 2) line.socket.destroy();
      else line.socket.end();
      await line.closed;
    }
    await until(
      async () => openFiles(),
      (now) => now <= before + 2,
    );
  });

  it('answers pipelined requests in their order', async () => {
    const line = await connectTo(running.url);
    const ids = Array.from({ length: 50 }, (_, count) => `pipelined ${count}`);
    const texts = ids.map((id, count) =>
      count % 7 === 3
        ? requestText('GET', '/healthz')
        : requestText('POST', predict, [`X-Client-Request-Id: ${id}`], body),
    );
    line.write(texts.join(''));
    for (const [count, id] of ids.entries()) {
      const answer = await line.answer();
      expect(answer?.status).toBe(200);
      if (count % 7 !== 3) expect(JSON.parse(answer?.text ?? '').client_request_id).toBe(id);
    }
  });

  it('answers what came before garbage as if the garbage were not there', async () => {
    const line = await connectTo(running.url);
    line.write(`${requestText('POST', '/services/open/compare', [], body)}\0\0 garbage\r\n\r\n`);
    expect((await line.answer())?.status).toBe(200);
    expectProblem(await line.answer(), 400, 'bad-request');
    await line.closed;
  });

  it('goes on when it is expected to, and passes over other expectations', async () => {
    const line = await connectTo(running.url);
    const length = `Content-Length: ${Buffer.byteLength(body)}`;
    line.write(requestText('POST', predict, ['Expect: 100-continue', length]));
    expect((await line.answer())?.status).toBe(100);
    line.write(body);
    expectAnswered(await line.answer());
    expectAnswered(await raw(requestText('POST', predict, ['Expect: 200-maybe'], body)));
  });

  it('refuses a body before it is sent to one who expects to be told', async () => {
    const expects = ['Expect: 100-continue', 'Content-Length: 5000000'];
    const large = await raw(requestText('POST', predict, expects));
    expectProblem(large, 413, 'body-too-large');
    const nobody = await raw(requestText('POST', '/services/wine/predict', expects));
    expectProblem(nobody, 401, 'missing-credentials');
  });

  it.each([
    ['401', [], '/services/wine/predict', 'missing-credentials'],
    ['403', [`X-Api-Key: tgk-${'x'.repeat(40)}`], '/services/wine/predict', 'forbidden'],
    ['404', [], '/services/wine/frob', 'not-found'],
    ['405', [], '/api/me', 'method-not-allowed'],
    ['413', [], predict, 'body-too-large'],
    ['401', [], '/api/services', 'missing-credentials'],
    ['403', [], '/api/uploads/none?token=x', 'forbidden'],
  ])(
    'gets its %s through to a client that is still sending',
    async (status, headers, path, type) => {
      const size = 64_000_000;
      const method = path.startsWith('/api/uploads') ? 'PUT' : 'POST';
      for (const framing of [`Content-Length: ${size}`, 'Transfer-Encoding: chunked']) {
        const line = await connectTo(running.url);
        const chunk = Buffer.alloc(1_000_000, 'x');
        line.write(requestText(method, path, [...headers, framing]));
        for (let sent = 0; sent < size && line.socket.writable; sent += chunk.length) {
          if (framing.startsWith('T')) line.write(`${chunk.length.toString(16)}\r\n`);
          const more = line.socket.write(chunk);
          if (framing.startsWith('T')) line.write('\r\n');
          if (!more)
            await Promise.race([sleep(50), new Promise((r) => line.socket.once('drain', r))]);
        }
        expectProblem(await line.answer(), Number(status), type);
        line.socket.destroy();
      }
    },
  );

  it('cuts a client that never stops sending what nobody wants', async () => {
    const line = await connectTo(running.url);
    line.write(requestText('POST', '/services/wine/predict', ['Transfer-Encoding: chunked']));
    const more = setInterval(() => line.write('1\r\nx\r\n'), 50);
    expectProblem(await line.answer(), 401, 'missing-credentials');
    await line.closed;
    clearInterval(more);
  });

  it('takes a body byte by byte, in chunks with extensions and trailers', async () => {
    const line = await connectTo(running.url);
    line.socket.setNoDelay(true);
    const head = requestText('POST', predict, ['Transfer-Encoding: chunked']);
    line.write(head.slice(0, 30));
    await sleep(20);
    line.write(head.slice(30));
    for (const char of body.slice(0, 40)) {
      line.write(`1;ext=1\r\n${char}\r\n`);
      await sleep(1);
    }
    const rest = body.slice(40);
    line.write(`${rest.length.toString(16)}\r\n${rest}\r\n0\r\nX-Trailer: x\r\n\r\n`);
    expectAnswered(await line.answer());
  });

  it('is not held up by hundreds who open connections and say little, and cuts them', async () => {
    const silent = await Promise.all(
      Array.from({ length: 300 }, async (_, count) => {
        const line = await connectTo(running.url);
        if (count % 3) line.write(`POST ${predict} HTTP/1.1\r\nHost: x\r\n`);
        return line;
      }),
    );
    const drip = setInterval(() => {
      for (const [count, line] of silent.entries()) {
        if (count % 3 === 1 && line.socket.writable) line.write('X-Drip: x\r\n');
      }
    }, 500);
    expectAnswered(await raw(requestText('POST', predict, [], body)));
    const begun = silent.filter((_, count) => count % 3 > 0);
    const answers = await Promise.all(begun.map((line) => line.answer()));
    for (const answer of answers) expectProblem(answer, 408, 'bad-request');
    await Promise.all(silent.map(({ closed }) => closed));
    clearInterval(drip);
  }, 40_000);

  it('keeps neither memory nor connections of all that', async () => {
    const call = caller(running.url);
    const before = openFiles();
    const flood = async (): Promise<void> => {
      await Promise.all(
        Array.from({ length: 100 }, async (_, count) => {
          const line = await connectTo(running.url);
          const kinds = [
            () => line.write('garbage\r\n\r\n'),
            () =>
              line.write(requestText('POST', predict, ['Content-Length: 3000000'], '').concat('{')),
            () => line.socket.end(requestText('POST', predict, [], body)),
            () =>
              line.write(requestText('POST', '/services/wine/predict', ['Content-Length: 900000'])),
          ];
          kinds[count % kinds.length]?.();
          if (count % kinds.length !== 1) await line.answer();
          line.socket.destroy();
        }),
      );
    };
    await flood();
    const first = memory();
    for (let round = 0; round < 10; round += 1) await flood();
    expect(memory() - first).toBeLessThan(40_000);
    await until(
      async () => openFiles(),
      (now) => now <= before + 2,
    );
    expect((await call('/healthz')).status).toBe(200);
  });
});
