import { type Running, startPlatform } from '../support/platform';
import { wineBody } from '../support/wine';
import { connectTo, expectAnswered, expectProblem, requestText, sendRaw } from './raw-socket';

const manifest = `
services:
  open:
    auth: false
    throttle: { rate: 100000, burst: 100000 }
    versions:
      v1: { model: ./examples/wine/model }
`;
const body = JSON.stringify(wineBody);
const predict = '/services/open/predict';

describe('requests at the edge of HTTP', () => {
  let running: Running;
  const raw = (data: string | Uint8Array, method?: string) => sendRaw(running.url, data, method);

  beforeAll(async () => {
    running = await startPlatform({ manifest });
  }, 60_000);
  afterEach(async () => {
    expectAnswered(await raw(requestText('POST', predict, [], body)));
  });
  afterAll(async () => {
    expect(await running.stop()).toBe(0);
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
    expectAnswered(await line.answer());
    await line.closed;
    const kept = await connectTo(running.url);
    const text = `POST ${predict} HTTP/1.0\r\nConnection: keep-alive\r\n${length}\r\n\r\n${body}`;
    kept.write(text);
    expectAnswered(await kept.answer());
    kept.write(text);
    expectAnswered(await kept.answer());
  });

  it('takes a target in absolute form, as every server must', async () => {
    expectAnswered(await raw(requestText('POST', `http://elsewhere${predict}?x=1`, [], body)));
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
});
