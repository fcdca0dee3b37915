import { type Running, startPlatform } from '../support/platform';
import { wineBody } from '../support/wine';
import { expectProblem, requestText, sendRaw } from './raw-socket';

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
const predict = '/services/open/predict';

describe('headers that decide who may', () => {
  let running: Running;
  let key = '';
  const raw = (data: string | Uint8Array, method?: string) => sendRaw(running.url, data, method);

  beforeAll(async () => {
    running = await startPlatform({ manifest });
    key = running.key('wine', 'one');
  }, 60_000);
  afterAll(async () => {
    expect(await running.stop()).toBe(0);
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
});
