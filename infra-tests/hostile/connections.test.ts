import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { caller, until } from '../support/api';
import { type Running, startPlatform } from '../support/platform';
import { example, wineBody } from '../support/wine';
import { connectTo, expectProblem, type RawAnswer, requestText, sendRaw } from './raw-socket';

const manifest = `
services:
  wine:
    auth: true
    throttle: { rate: 100000, burst: 100000 }
    cors_origins: [https://app.example]
    versions:
      v1: { model: ./examples/wine/model }
    keys: [one, two]
  open:
    auth: false
    throttle: { rate: 100000, burst: 100000 }
    cors_origins: ['*']
    versions:
      v1: { model: ./examples/wine/model }
`;
const body = JSON.stringify(wineBody);
const rows = example.data.length;
const predict = '/services/open/predict';

describe('connections that misbehave', () => {
  let running: Running;
  let key = '';
  const raw = (data: string | Uint8Array, method?: string) => sendRaw(running.url, data, method);
  const isAnswered = (answer: RawAnswer | null): void => {
    expect(answer?.status).toBe(200);
    expect(JSON.parse(answer?.text ?? '{}').predictions).toHaveLength(rows);
  };
  const memory = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${running.process.pid}/status`, 'utf8'))?.[1]);
  const openFiles = (): number => readdirSync(`/proc/${running.process.pid}/fd`).length;

  beforeAll(async () => {
    running = await startPlatform({ manifest });
    key = running.key('wine', 'one');
  }, 60_000);
  afterEach(async () => {
    isAnswered(await raw(requestText('POST', predict, [], body)));
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

  it('answers 431 to headers that are too large', async () => {
    const long = `X-Long: ${'x'.repeat(40_000)}`;
    expectProblem(await raw(requestText('POST', predict, [long], body)), 431, 'bad-request');
    const many = Array.from({ length: 5_000 }, (_, count) => `X-${count}: x`);
    expectProblem(await raw(requestText('POST', predict, many, body)), 431, 'bad-request');
    const path = `/${'x'.repeat(40_000)}`;
    expectProblem(await raw(requestText('GET', path)), 431, 'bad-request');
  });

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['TLS', Buffer.from('16030100f1010000ed0303', 'hex')],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['HTTP/3.0', 'GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n'],
    ['HTTP/9', 'GET /healthz HTTP/9\r\nHost: x\r\n\r\n'],
    ['an unknown method', 'FROB /healthz HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a space before the colon', 'GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n'],
    ['a folded header', 'GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n'],
    ['NUL in a header', 'GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n'],
    ['a bare CR', 'GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n'],
    ['a negative length', requestText('POST', predict, ['Content-Length: -1'])],
    ['a length that is no number', requestText('POST', predict, ['Content-Length: 1e3'])],
    ['two lengths', requestText('POST', predict, ['Content-Length: 2', 'Content-Length: 3'])],
    [
      'a length and chunks',
      requestText('POST', predict, ['Content-Length: 2', 'Transfer-Encoding: chunked']),
    ],
    ['an unknown coding', requestText('POST', predict, ['Transfer-Encoding: gzip'])],
    [
      'chunks that are none',
      `${requestText('POST', predict, ['Transfer-Encoding: chunked'])}zz\r\n\r\n`,
    ],
  ])('answers 400 to %s', async (_, data) => {
    const line = await connectTo(running.url);
    line.write(data);
    expectProblem(await line.answer(), 400, 'bad-request');
    await line.closed;
  });

  it('wants one host', async () => {
    for (const hosts of ['', 'Host: a\r\nHost: b\r\n', 'Host: a, b\r\n']) {
      expectProblem(await raw(`GET /healthz HTTP/1.1\r\n${hosts}\r\n`), 400, 'bad-request');
    }
  });

  it('takes HTTP/1.0, with and without keep-alive', async () => {
    const length = `Content-Length: ${Buffer.byteLength(body)}`;
    const line = await connectTo(running.url);
    line.write(`POST ${predict} HTTP/1.0\r\n${length}\r\n\r\n${body}`);
    isAnswered(await line.answer());
    await line.closed;
    const kept = await connectTo(running.url);
    const text = `POST ${predict} HTTP/1.0\r\nConnection: keep-alive\r\n${length}\r\n\r\n${body}`;
    kept.write(text);
    isAnswered(await kept.answer());
    kept.write(text);
    isAnswered(await kept.answer());
  });

  it('takes a target in absolute form, as every server must', async () => {
    isAnswered(await raw(requestText('POST', `http://elsewhere${predict}?x=1`, [], body)));
    expect((await raw(requestText('GET', 'http://elsewhere/healthz')))?.status).toBe(200);
    expectProblem(await raw(requestText('GET', 'http://elsewhere')), 404, 'not-found');
  });

  it.each([
    '/services/open/../open/predict',
    '/services/open/%70redict',
    '/services/../api/models',
    '/services//predict',
    '//services/open/predict',
    '/services/open/predict/',
    '/services',
    '/services/',
    '/services/open',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc/passwd',
    '/api/%',
    '/\u00e9',
    '*',
    '/services/open/v2/models/open/versions//infer',
  ])('knows no route %s', async (path) => {
    const answer = await raw(Buffer.from(requestText('POST', path, [], body), 'latin1'));
    expect(answer?.status).toBeGreaterThanOrEqual(400);
    expect(answer?.status).toBeLessThan(405);
    const { headers = {} } = answer ?? {};
    expect(headers['x-request-id']).toMatch(/^[0-9a-f]{8}-/);
  });

  it('says which methods a route takes', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'TRACE', 'PATCH', 'PROPFIND']) {
      const answer = await raw(requestText(method, predict));
      expectProblem(answer, 405, 'method-not-allowed');
      expect(answer?.headers.allow).toBe('POST');
    }
    const head = await raw(requestText('HEAD', predict), 'HEAD');
    expect(head).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    const trace = await raw(requestText('TRACE', '/healthz'));
    expectProblem(trace, 405, 'method-not-allowed');
    expect(trace?.headers.allow).toBe('GET');
    const connecting = await raw(requestText('CONNECT', 'example.org:443'));
    expect(connecting?.status).toBeGreaterThanOrEqual(400);
  });

  it('answers HEAD as GET without the body', async () => {
    for (const path of ['/healthz', '/services/open/v2/health/live', '/openapi.json']) {
      const line = await connectTo(running.url);
      line.write(requestText('HEAD', path) + requestText('GET', path));
      const head = await line.answer('HEAD');
      const get = await line.answer('GET');
      expect([head?.status, get?.status]).toEqual([200, 200]);
      expect(head?.headers['content-length']).toBe(get?.headers['content-length']);
      expect(head?.text).toBe('');
    }
  });

  it('goes on when it is expected to, and passes over other expectations', async () => {
    const line = await connectTo(running.url);
    const length = `Content-Length: ${Buffer.byteLength(body)}`;
    line.write(requestText('POST', predict, ['Expect: 100-continue', length]));
    expect((await line.answer())?.status).toBe(100);
    line.write(body);
    isAnswered(await line.answer());
    isAnswered(await raw(requestText('POST', predict, ['Expect: 200-maybe'], body)));
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

  it('lets pages of the origins that a service names call it, and no others', async () => {
    const preflight = (path: string, origin: string) =>
      raw(
        requestText('OPTIONS', path, [
          `Origin: ${origin}`,
          'Access-Control-Request-Method: POST',
          'Access-Control-Request-Headers: authorization, content-type',
        ]),
      );
    const own = await preflight('/services/wine/predict', 'https://app.example');
    expect(own).toMatchObject({
      status: 204,
      headers: { 'access-control-allow-origin': 'https://app.example', vary: 'origin' },
    });
    expect(own?.headers['access-control-allow-headers']).toContain('authorization');
    const any = await preflight(predict, 'https://who.example');
    expect(any?.status).toBe(204);
    expect(['*', 'https://who.example']).toContain(any?.headers['access-control-allow-origin']);
    const evil = await preflight('/services/wine/predict', 'https://evil.example');
    const nowhere = await preflight('/services/nowhere/predict', 'https://app.example');
    for (const answer of [evil, nowhere]) {
      expectProblem(answer, 405, 'method-not-allowed');
      expect(answer?.headers).not.toHaveProperty('access-control-allow-origin');
    }
    const refused = await raw(
      requestText(
        'POST',
        '/services/wine/predict',
        ['Origin: https://app.example', `X-Api-Key: ${key}`],
        '{}',
      ),
    );
    expectProblem(refused, 400, 'invalid-input');
    expect(refused?.headers['access-control-allow-origin']).toBe('https://app.example');
  });

  it('lets a page of a named origin read why it was refused at the door', async () => {
    const refused = await raw(
      requestText('POST', '/services/wine/predict', ['Origin: https://app.example'], body),
    );
    expectProblem(refused, 401, 'missing-credentials');
    expect(refused?.headers['access-control-allow-origin']).toBe('https://app.example');
  });

  it('takes one credential, however often and wherever it is said, and no two', async () => {
    const two = running.key('wine', 'two');
    const asking = (...headers: string[]) =>
      raw(requestText('POST', '/services/wine/predict', headers, body));
    for (const headers of [
      [`Authorization: Bearer ${key}`],
      [`authorization: ${key}`],
      [`X-API-KEY: ${key}`],
      [`Authorization: Bearer ${key}`, `X-Api-Key: ${key}`],
      [`Authorization: Bearer ${key}`, `Authorization: ${key}`],
      [`X-Api-Key: ${key}`, `X-Api-Key: ${key}`],
    ]) {
      expect(await asking(...headers)).toMatchObject({ status: 200 });
    }
    for (const headers of [
      [],
      ['Authorization: Bearer'],
      ['X-Api-Key:'],
      [`Authorization: Bearer ${key}`, `X-Api-Key: ${two}`],
      [`Authorization: Bearer ${key}`, `Authorization: Bearer ${two}`],
      [`Authorization: Bearer nonsense`, `Authorization: Bearer ${two}`],
      [`X-Api-Key: ${two}`, `X-Api-Key: ${key}`],
    ]) {
      const answer = await asking(...headers);
      expectProblem(answer, 401, 'missing-credentials');
      expect(answer?.headers['www-authenticate']).toMatch(/^Bearer/);
    }
    for (const header of [
      `Authorization: Basic ${key}`,
      `Authorization: Bearer Bearer ${key}`,
      `Authorization: Bearer ${key}\u00e9`,
      `Authorization: Bearer ${key.toLowerCase()}`,
      `X-Api-Key: ${'x'.repeat(20_000)}`,
      `X-Api-Key: __proto__`,
    ]) {
      expectProblem(await asking(header), 403, 'forbidden');
    }
    const operator = (...headers: string[]) => raw(requestText('GET', '/api/me', headers));
    const token = `Authorization: Bearer ${running.token}`;
    expect(await operator(token)).toMatchObject({ status: 200 });
    expectProblem(await operator(token, `Authorization: ${key}`), 401, 'missing-credentials');
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
    isAnswered(await line.answer());
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
    isAnswered(await raw(requestText('POST', predict, [], body)));
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
