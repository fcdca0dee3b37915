import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliError } from './cli-error';
import { httpClient } from './client';
import { unreached } from './refusals';
import {
  type Answers,
  type PlatformEmulator,
  platformEmulator,
  problem,
  type Told,
} from './testing/platform-emulator';

let platform: PlatformEmulator;
afterEach(() => platform.close());

const clientOf = async (answers: Answers, credential: string | undefined = 'tgo-secret') => {
  platform = await platformEmulator(answers);
  return httpClient({
    endpoint: platform.endpoint,
    credential,
    credentialHint: 'the token of a file',
  });
};

const failureOf = async (sending: Promise<unknown>): Promise<CliError> => {
  const error = await sending.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof CliError) return error;
  throw new Error(`not a CliError: ${String(error)}`);
};

const inTurn = (...turns: readonly Told[]) => {
  let at = 0;
  return () => turns[Math.min(at++, turns.length - 1)] as Told;
};

describe('the HTTP client', () => {
  it('sends the credential as a bearer token', async () => {
    const send = await clientOf({ 'GET /x': () => ({ body: {} }) });
    await send({ method: 'GET', path: '/x' });
    expect(platform.asked[0]?.headers.authorization).toBe('Bearer tgo-secret');
  });

  it('asks again when the connection breaks off, but never writes twice', async () => {
    const answer = inTurn({ breaks: true as const }, { body: { done: true } });
    const send = await clientOf({ 'GET /x': answer, 'POST /x': () => ({ breaks: true }) });
    expect((await send({ method: 'GET', path: '/x' })).text).toBe('{"done":true}');
    const failure = await failureOf(send({ method: 'POST', path: '/x', body: '{}' }));
    expect(failure.message).toMatch(/cannot be reached/);
    expect(platform.asked.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST']);
  });

  it('comes back for any method when told after how long, and only then', async () => {
    const busy = {
      ...problem(503, 'overloaded', 'the queue is full'),
      headers: { 'retry-after': '0' },
    };
    const send = await clientOf({
      'POST /told': inTurn(busy, { body: { done: true } }),
      'POST /untold': () => problem(503, 'unavailable', 'no replica'),
      'POST /later': () => ({ ...busy, headers: { 'retry-after': '3600' } }),
    });
    expect((await send({ method: 'POST', path: '/told' })).text).toBe('{"done":true}');
    await failureOf(send({ method: 'POST', path: '/untold' }));
    await failureOf(send({ method: 'POST', path: '/later' }));
    expect(platform.asked).toHaveLength(4);
  });

  it('gives up after three more tries', async () => {
    const headers = { 'retry-after': '0' };
    const send = await clientOf({
      'GET /x': () => ({ ...problem(503, 'unavailable', 'no'), headers }),
    });
    expect((await failureOf(send({ method: 'GET', path: '/x' }))).message).toBe('no');
    expect(platform.asked).toHaveLength(4);
  });

  it('waits for a throttle only when asked to be patient', async () => {
    const slow = { ...problem(429, 'throttled', 'slower'), headers: { 'retry-after': '0' } };
    const send = await clientOf({ 'POST /x': inTurn(slow, slow, { body: {} }) });
    expect((await failureOf(send({ method: 'POST', path: '/x' }))).message).toBe('slower');
    await send({ method: 'POST', path: '/x', retry: 'patient' });
    expect(platform.asked).toHaveLength(3);
  });

  it("gives the problem's detail, and says which credential was refused", async () => {
    const send = await clientOf({ 'GET /x': () => problem(403, 'forbidden', 'not allowed') });
    const failure = await failureOf(send({ method: 'GET', path: '/x' }));
    expect(failure).toMatchObject({
      message: 'not allowed',
      hint: 'the token of a file',
      exitCode: 1,
    });
    expect(failure.problem).toMatchObject({ status: 403, request_id: 'req-1' });
  });

  it('takes the credential along no redirect', async () => {
    const send = await clientOf({
      'GET /x': () => ({ status: 302, headers: { location: '/y' } }),
    });
    expect((await failureOf(send({ method: 'GET', path: '/x' }))).message).toMatch(/redirect/);
    expect(platform.asked).toHaveLength(1);
  });

  it('says so when another kind of server answers', async () => {
    const html = { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>no</h1>' };
    const send = await clientOf({ 'GET /x': () => html });
    expect((await failureOf(send({ method: 'GET', path: '/x' }))).message).toMatch(
      /answered 404 with text\/html, not as Tidegate does/,
    );
  });

  it('stands a problem whose faults are no list', async () => {
    const send = await clientOf({
      'GET /x': () => problem(400, 'bad-request', 'odd', { errors: 7, request_id: 8 }),
    });
    const { problem: told } = await failureOf(send({ method: 'GET', path: '/x' }));
    expect(told).toMatchObject({ errors: [], request_id: '8' });
  });

  it('gives up on a server that does not answer', async () => {
    platform = await platformEmulator({});
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const send = httpClient({ endpoint: `http://127.0.0.1:${port}`, credential: undefined });
    const failure = await failureOf(send({ method: 'GET', path: '/x', timeoutMs: 50 }));
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
    expect(failure.message).toMatch(/did not answer within 0.05 s/);
  });

  it('tells how to start a platform that is not there', async () => {
    const send = await clientOf({});
    await platform.close();
    const failure = await failureOf(send({ method: 'GET', path: '/x' }));
    expect(failure.message).toBe(
      `no Tidegate at ${platform.endpoint} — start it with \`npm start\``,
    );
  });

  it.each([
    ['ECONNREFUSED', 'no Tidegate at https://a.example — is it the right address?'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'is not trusted: give its authority in NODE_EXTRA_CA_CERTS'],
    ['ENOTFOUND', 'its host is not known'],
  ])('tells the way out of %s at an address elsewhere', (code, way) => {
    expect(unreached('https://a.example', { cause: { code } }, 1).message).toContain(way);
  });

  it('never repeats a credential that cannot be sent', async () => {
    platform = await platformEmulator({});
    const make = () => httpClient({ endpoint: platform.endpoint, credential: 'tgo-secret\nx: y' });
    expect(make).toThrow('holds characters that cannot be sent');
    expect(make).not.toThrow(/secret/);
  });
});
