import { openAccess } from '../../core/access/access-fixture';
import { controlApi } from '../control';
import type { Endpoints } from '../routes';
import { accessEndpoints } from './endpoints';

type Json = Record<string, unknown>;

/** The access routes over real credentials, called as an edge calls them. */
const open = async ({ secureCookies = false } = {}) => {
  const access = await openAccess();
  await access.ensureFirstOperator(undefined);
  const reported: unknown[] = [];
  const api = controlApi({
    endpoints: accessEndpoints({ access, secureCookies }) as unknown as Endpoints,
    authenticateOperator: access.authenticateOperator,
    audit: access.audit,
    report: (error) => reported.push(error),
  });
  const send = async (
    method: string,
    target: string,
    body?: unknown,
    headers: Record<string, string> = { authorization: `Bearer ${access.kept.token}` },
  ) => {
    const [pathname = '', search = ''] = target.split('?');
    const answer = await api({
      method,
      pathname,
      query: Object.fromEntries(new URLSearchParams(search)),
      headers,
      requestId: 'r',
      readBody: async () =>
        new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body)),
    });
    expect(reported).toEqual([]);
    return { ...answer, body: answer.body as Json };
  };
  return { access, send };
};

describe('the routes of keys', () => {
  it('makes, lists, rotates and revokes', async () => {
    const { send } = await open();
    const made = await send('POST', '/api/services/wine/keys', {
      name: 'shop',
      scopes: ['labels', 'predict'],
      throttle: { rate: 2.5, burst: 5 },
      expires_at: '2027-01-01T00:00:00+01:00',
    });
    expect(made).toMatchObject({
      status: 201,
      headers: { etag: '"1"' },
      body: {
        key: expect.stringMatching(/^tgk-/),
        scopes: ['labels', 'predict'],
        throttle: { rate: 2.5, burst: 5, quota: null },
        expires_at: '2026-12-31T23:00:00.000Z',
        created_by: 'admin',
      },
    });
    const keys = `/api/services/wine/keys/${made.body.id}`;
    const rotated = await send('POST', `${keys}/rotate`, { grace_s: 10 });
    expect(rotated).toMatchObject({ status: 200, body: { revision: 2 } });
    expect(rotated.body.key).not.toBe(made.body.key);
    await expect(send('POST', `${keys}/rotate`)).resolves.toMatchObject({ status: 200 });
    await expect(send('DELETE', keys)).resolves.toMatchObject({
      status: 200,
      body: { status: 'revoked', revision: 4 },
    });
    const { body } = await send('GET', '/api/services/wine/keys?limit=1');
    expect(body).toMatchObject({ items: [{ status: 'revoked' }], next_cursor: null });
    expect(JSON.stringify(body)).not.toMatch(/tgk-|digest|previous/);
  });

  it('gives a new key the scope predict, no throttle and no end', async () => {
    const { send } = await open();
    const { body } = await send('POST', '/api/services/wine/keys', { name: 'shop' });
    expect(body).toMatchObject({ scopes: ['predict'], throttle: null, expires_at: null });
  });

  it.each([
    [{}, 'body.name'],
    [{ name: 'Shop' }, 'body.name'],
    [{ name: 'shop', scopes: [] }, 'body.scopes'],
    [{ name: 'shop', scopes: ['admin'] }, 'body.scopes.0'],
    [{ name: 'shop', throttle: { rate: 0, burst: 1 } }, 'body.throttle.rate'],
    [{ name: 'shop', throttle: { rate: 1, burst: 0.5 } }, 'body.throttle.burst'],
    [
      { name: 'shop', throttle: { rate: 1, burst: 1, quota: { limit: 1 } } },
      'body.throttle.quota.period',
    ],
    [{ name: 'shop', expires_at: 'tomorrow' }, 'body.expires_at'],
    [{ name: 'shop', key: 'tgk-mine' }, 'body'],
    [[], 'body'],
    [undefined, 'body'],
  ])('refuses %j: %s', async (body, path) => {
    const { send } = await open();
    const answer = await send('POST', '/api/services/wine/keys', body);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path }] } });
    expect(JSON.stringify(answer.body)).not.toContain('tgk-mine');
  });

  it('holds writes to a revision when asked to', async () => {
    const { access, send } = await open();
    const { id } = await access.newKey();
    const match = (tag: string) => ({
      authorization: `Bearer ${access.kept.token}`,
      'if-match': tag,
    });
    const path = `/api/services/wine/keys/${id}`;
    await expect(send('DELETE', path, undefined, match('"2"'))).resolves.toMatchObject({
      status: 409,
      body: { type: 'urn:tidegate:revision-conflict' },
    });
    await expect(send('DELETE', path, undefined, match('2'))).resolves.toMatchObject({
      status: 400,
    });
    await expect(send('DELETE', path, undefined, match('"1"'))).resolves.toMatchObject({
      status: 200,
    });
  });

  it('says which service is not there', async () => {
    const { send } = await open();
    await expect(send('GET', '/api/services/gin/keys')).resolves.toMatchObject({
      status: 404,
      body: { type: 'urn:tidegate:service-not-found' },
    });
  });
});

describe('the routes of people', () => {
  it('admits, lists, rotates and removes operators', async () => {
    const { send } = await open();
    const made = await send('POST', '/api/operators', { name: 'ann@example.com', role: 'viewer' });
    expect(made).toMatchObject({
      status: 201,
      body: { token: expect.stringMatching(/^tgo-/), role: 'viewer', data: false },
    });
    const path = `/api/operators/${made.body.id}`;
    const rotated = await send('POST', `${path}/rotate`);
    expect(rotated.body.token).not.toBe(made.body.token);
    const me = await send('GET', '/api/me', undefined, { 'x-api-key': `${rotated.body.token}` });
    expect(me.body).toEqual({
      id: made.body.id,
      name: 'ann@example.com',
      role: 'viewer',
      data: false,
    });
    const { body } = await send('GET', '/api/operators');
    expect(body.items).toMatchObject([{ name: 'ann@example.com' }, { name: 'admin' }]);
    expect(JSON.stringify(body)).not.toMatch(/tgo-|digest/);
    await expect(send('DELETE', path)).resolves.toMatchObject({ status: 204, body: null });
    await expect(send('DELETE', '/api/operators/admin')).resolves.toMatchObject({
      status: 409,
      body: { type: 'urn:tidegate:in-use' },
    });
  });

  it.each([
    { name: 'admin', role: 'admin' },
    { name: 'a b', role: 'viewer' },
    { name: '', role: 'viewer' },
    { name: 'ann', role: 'root' },
    { name: 'ann' },
  ])('does not admit %j', async (body) => {
    const { send } = await open();
    const { status } = await send('POST', '/api/operators', body);
    expect([400, 409]).toContain(status);
  });

  it('signs in with a code, works with the cookie, and signs out', async () => {
    const { access, send } = await open();
    const code = access.issueSignInCode('admin');
    const signedIn = await send('POST', '/api/session', { code }, {});
    expect(signedIn).toMatchObject({
      status: 201,
      body: { operator: { name: 'admin' }, expires_at: '2026-01-15T00:00:00.000Z' },
    });
    const set = signedIn.headers['set-cookie'] ?? '';
    expect(set).toMatch(
      /^tidegate_session=tgs-\w{40}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
    expect(JSON.stringify(signedIn.body)).not.toContain('tgs-');
    const own = { cookie: set.slice(0, set.indexOf(';')), 'sec-fetch-site': 'same-origin' };
    await expect(send('GET', '/api/me', undefined, own)).resolves.toMatchObject({ status: 200 });
    const out = await send('DELETE', '/api/session', undefined, own);
    expect(out.status).toBe(204);
    expect(out.headers['set-cookie']).toMatch(/^tidegate_session=; Path=\/; Max-Age=0;/);
    await expect(send('GET', '/api/me', undefined, own)).resolves.toMatchObject({ status: 403 });
    await expect(send('POST', '/api/session', { code }, {})).resolves.toMatchObject({
      status: 403,
    });
    const { body } = await send('GET', '/api/audit');
    expect(body.items).toMatchObject([
      { operator: 'admin', action: 'endSession', status: 204 },
      { operator: 'admin', action: 'createSession', status: 201 },
    ]);
  });

  it('has browsers send the cookie over TLS only where the console is served so', async () => {
    const { access, send } = await open({ secureCookies: true });
    const code = access.issueSignInCode('admin');
    const { headers } = await send('POST', '/api/session', { code }, {});
    expect(headers['set-cookie']).toMatch(/; Secure$/);
  });

  it('ends nothing when one who has a token signs out', async () => {
    const { send } = await open();
    await expect(send('DELETE', '/api/session')).resolves.toMatchObject({ status: 204 });
    await expect(send('GET', '/api/me')).resolves.toMatchObject({ status: 200 });
  });

  it('pages the audit, newest first', async () => {
    const { access, send } = await open();
    for (const name of ['a1', 'a2', 'a3']) {
      access.clock.ms += 1;
      await send('POST', '/api/services/wine/keys', { name });
    }
    const first = await send('GET', '/api/audit?limit=2');
    expect(first.body.items).toHaveLength(2);
    const next = await send('GET', `/api/audit?limit=2&cursor=${first.body.next_cursor}`);
    expect(next.body).toMatchObject({ items: [{ action: 'createKey' }], next_cursor: null });
    await expect(send('GET', '/api/audit?limit=0')).resolves.toMatchObject({ status: 400 });
  });
});
