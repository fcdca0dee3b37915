import { openAccess } from '../core/access/access-fixture';
import { DomainError } from '../core/shared/domain-error';
import { type ControlRequest, controlApi } from './control';
import type { HttpRequest, HttpResponse } from './http';
import { type Endpoints, type Route, type RouteName, routeEntries } from './routes';

type Headers = HttpRequest['headers'];

/** A control API with real credentials, whose endpoints only say that they were run. */
const open = async () => {
  const access = await openAccess();
  const ran: { readonly name: string; readonly request: HttpRequest }[] = [];
  const answers: Partial<Record<RouteName, () => Promise<HttpResponse>>> = {};
  const reported: unknown[] = [];
  const audit: { append: typeof access.audit.append } = { append: access.audit.append };
  const run = (name: RouteName) => async (request: HttpRequest) => {
    ran.push({ name, request });
    return answers[name]?.() ?? { status: 200, headers: {}, body: { ran: name } };
  };
  const endpoints = Object.fromEntries(routeEntries.map(([name]) => [name, run(name)]));
  const api = controlApi({
    endpoints: endpoints as unknown as Endpoints,
    authenticateOperator: access.authenticateOperator,
    audit: { append: (entry) => audit.append(entry) },
    report: (error) => reported.push(error),
  });
  let requests = 0;
  const send = (
    method: string,
    pathname: string,
    headers: Headers = {},
    rest: Partial<ControlRequest> = {},
  ) => {
    const requestId = `request-${++requests}`;
    const readBody = async () => new Uint8Array();
    return api({ method, pathname, query: {}, headers, requestId, readBody, ...rest });
  };
  const audited = async () => (await access.audit.list({ limit: 1000 })).items;
  return { access, ran, answers, reported, audit, send, audited };
};

/** Credentials of every sort, as headers. */
const everybody = async ({ access }: Awaited<ReturnType<typeof open>>) => {
  const operator = async (role: 'viewer' | 'editor' | 'admin', data: boolean) => {
    const name = `${role}-${data ? 'data' : 'plain'}`;
    return access.createOperator({ name, role, data, created_by: 'admin' });
  };
  const key = async (service: string) =>
    (await access.newKey({ service, name: 'all', scopes: ['predict', 'labels'] })).key;
  const session = async (id: string) =>
    (await access.sessions.begin(access.issueSignInCode(id))).session;
  const cookie = (text: string) => ({
    cookie: `tidegate_session=${text}`,
    'sec-fetch-site': 'same-origin',
  });
  const bearing = (token: string) => ({ authorization: `Bearer ${token}` });

  await access.ensureFirstOperator(undefined);
  const expired = await session('admin');
  access.clock.ms += 12 * 3600 * 1000;
  const deleted = await access.createOperator({
    name: 'gone',
    role: 'admin',
    data: true,
    created_by: 'admin',
  });
  const orphan = await session(deleted.id);
  await access.deleteOperator({ id: deleted.id });
  const rotated = await operator('admin', false);
  const admin = await access.rotateOperator({ id: rotated.id });
  const viewer = await operator('viewer', false);
  return {
    nobody: {},
    junk: { 'x-api-key': 'junk' },
    'unknown token': bearing(`tgo-${'x'.repeat(40)}`),
    'two tokens': { ...bearing(viewer.token), 'x-api-key': admin.token },
    'key of wine': { authorization: await key('wine') },
    'key of beer': { 'x-api-key': await key('beer') },
    'deleted admin': bearing(deleted.token),
    'session of a deleted admin': cookie(orphan),
    'expired session': cookie(expired),
    'rotated token': bearing(rotated.token),
    viewer: bearing(viewer.token),
    'viewer+data': { 'x-api-key': (await operator('viewer', true)).token },
    editor: { authorization: (await operator('editor', false)).token },
    'editor+data': bearing((await operator('editor', true)).token),
    admin: bearing(admin.token),
    'session of the first admin': cookie(await session('admin')),
  } satisfies Record<string, Headers>;
};
type Who = keyof Awaited<ReturnType<typeof everybody>>;

const STRANGERS: Partial<Record<Who, number>> = {
  nobody: 401,
  'two tokens': 401,
};
const MAY: Record<string, readonly Who[]> = {
  viewer: ['viewer', 'viewer+data', 'editor', 'editor+data', 'admin', 'session of the first admin'],
  'viewer, data': ['viewer+data', 'editor+data', 'session of the first admin'],
  editor: ['editor', 'editor+data', 'admin', 'session of the first admin'],
  admin: ['admin', 'session of the first admin'],
};

const expectedStatus = (who: Who, { access, data }: Route): number => {
  if (access === 'anyone') return 200;
  const allowed = MAY[data ? `${access}, data` : access] ?? [];
  return allowed.includes(who) ? 200 : (STRANGERS[who] ?? 403);
};

const pathFor = ({ path }: Route, service: string) =>
  path.replace('{service}', service).replace(/\{\w+\}/g, 'secret-thing');

describe('who may do what in the control API', () => {
  it.each(routeEntries)(
    '%s: as the table says, for each credential and service',
    async (name, route) => {
      const opened = await open();
      const people = await everybody(opened);
      const statuses: Record<string, unknown> = {};
      const expected: Record<string, unknown> = {};
      for (const [who, headers] of Object.entries(people) as [Who, Headers][]) {
        for (const service of ['wine', 'beer', 'nowhere']) {
          const before = opened.ran.length;
          const { status, body } = await opened.send(
            route.method,
            pathFor(route, service),
            headers,
          );
          const row = `${who} on ${service}`;
          statuses[row] = status;
          expected[row] = expectedStatus(who, route);
          expect(opened.ran.length - before).toBe(status === 200 ? 1 : 0);
          if (status !== 200) expect(leaksIn(body, people)).toEqual([]);
        }
      }
      expect(statuses).toEqual(expected);
      expect(new Set(opened.ran.map((run) => run.name))).toEqual(new Set([name]));
      expect(opened.reported).toEqual([]);
    },
  );

  it('tells nobody it refuses what exists: one answer for all credentials that open nothing', async () => {
    const opened = await open();
    const people = await everybody(opened);
    const strangers = (Object.entries(people) as [Who, Headers][]).filter(
      ([who]) => !MAY.viewer?.includes(who) && STRANGERS[who] === undefined,
    );
    const answers = new Set<string>();
    for (const [, headers] of strangers) {
      for (const service of ['wine', 'nowhere']) {
        const { status, body } = await opened.send('GET', `/api/services/${service}`, headers);
        answers.add(JSON.stringify({ status, ...(body as object), request_id: '' }));
      }
    }
    expect(strangers).toHaveLength(8);
    expect([...answers]).toEqual([expect.stringContaining('"status":403')]);
  });

  it('gives endpoints the operator, and none where anyone may call', async () => {
    const opened = await open();
    const people = await everybody(opened);
    await opened.send('GET', '/api/me', people['viewer+data']);
    await opened.send('GET', '/healthz', people.admin);
    expect(opened.ran.map(({ request }) => request.operator?.name)).toEqual([
      'viewer-data',
      undefined,
    ]);
  });
});

/** What of a request's secrets and targets an answer repeats. */
const leaksIn = (body: unknown, people: Record<string, Headers>): string[] => {
  const text = JSON.stringify(body);
  const secrets = Object.values(people)
    .flatMap((headers) => Object.values(headers))
    .flatMap((value) => value?.match(/tg[kos]-\w+/g) ?? []);
  return ['wine', 'beer', 'nowhere', 'secret-thing', ...secrets].filter((one) =>
    text.includes(one),
  );
};

describe('finding the route', () => {
  it.each([
    ['GET', '/'],
    ['GET', ''],
    ['GET', '/api'],
    ['GET', '/api/models/'],
    ['GET', '//api/models'],
    ['GET', '/api/models//versions/1'],
    ['GET', '/API/MODELS'],
    ['GET', '/api/models/%'],
    ['GET', '/api/models/%E0%A4%A'],
    ['GET', '/api/models/%ff'],
    ['GET', `/${'a/'.repeat(5000)}`],
    ['GET', '/api/services/wine/toString'],
    ['GET', '/api/__proto__'],
    ['BREW', '/coffee'],
  ])('%s %s is not found, with or without a credential', async (method, path) => {
    const opened = await open();
    const { admin } = await everybody(opened);
    for (const headers of [{}, admin]) {
      await expect(opened.send(method, path, headers)).resolves.toMatchObject({
        status: 404,
        body: { type: 'urn:tidegate:not-found' },
      });
    }
    expect(await opened.audited()).toEqual([]);
  });

  it.each([
    ['DELETE', '/api/models', 'GET'],
    ['PATCH', '/api/session', 'POST, DELETE'],
    ['HEAD', '/api/services/wine', 'GET, PATCH, DELETE'],
    ['OPTIONS', '/api/me', 'GET'],
    ['get', '/healthz', 'GET'],
    ['__proto__', '/healthz', 'GET'],
  ])('%s %s is not allowed: %s is', async (method, path, allow) => {
    const { send } = await open();
    await expect(send(method, path)).resolves.toMatchObject({
      status: 405,
      headers: { allow },
      body: { type: 'urn:tidegate:method-not-allowed' },
    });
  });

  it('decodes what stands in the path, and gives it to nothing but the endpoint', async () => {
    const opened = await open();
    const { admin } = await everybody(opened);
    await opened.send('GET', '/api/models/a%2Fb%00%20%C3%A9/versions/1', admin);
    expect(opened.ran[0]).toMatchObject({
      name: 'getModelVersion',
      request: { path: { model: 'a/b\0 é', number: '1' } },
    });
  });
});

describe('the order of checks', () => {
  const unread = { readBody: () => Promise.reject(new Error('the body was read')) };

  it('reads no body before the credential is in order', async () => {
    const opened = await open();
    const { viewer, junk } = await everybody(opened);
    const post = (headers: Headers) => opened.send('POST', '/api/services', headers, unread);
    await expect(post({})).resolves.toMatchObject({ status: 401 });
    await expect(post(junk)).resolves.toMatchObject({ status: 403 });
    await expect(post(viewer)).resolves.toMatchObject({ status: 403 });
    expect(opened.reported).toEqual([]);
  });

  it('answers what reading the body throws, and puts it into the audit', async () => {
    const opened = await open();
    const { editor } = await everybody(opened);
    const tooLarge = new DomainError('body-too-large', 'at most 4,000,000 bytes');
    const readBody = () => Promise.reject(tooLarge);
    await expect(opened.send('POST', '/api/services', editor, { readBody })).resolves.toMatchObject(
      { status: 413 },
    );
    expect(await opened.audited()).toMatchObject([{ action: 'createService', status: 413 }]);
  });

  it('says which way a credential is to be sent when there is none', async () => {
    const { send } = await open();
    const { headers, body } = await send('GET', '/api/me');
    expect(headers['www-authenticate']).toMatch(/^Bearer/);
    expect(body).toMatchObject({ type: 'urn:tidegate:missing-credentials' });
  });

  it('is not upset by headers of other types or of a megabyte', async () => {
    const opened = await open();
    const hostile = [
      { authorization: ['a', 'b'], cookie: ['c'] },
      { authorization: 'x'.repeat(1_000_000), cookie: ';'.repeat(1_000_000) },
      { authorization: 'Bearer \0\u2028😀', cookie: 'tidegate_session=\0; =;;=' },
      { 'x-api-key': null, cookie: 'tidegate_session' },
    ];
    for (const headers of hostile) {
      const { status } = await opened.send('GET', '/api/me', headers as unknown as Headers);
      expect([401, 403]).toContain(status);
    }
    expect(opened.reported).toEqual([]);
  });
});

describe('a session of a browser', () => {
  const from = async (method: string, headers: Headers) => {
    const opened = await open();
    const people = await everybody(opened);
    const { cookie } = people['session of the first admin'];
    const { status } = await opened.send(method, '/api/services/wine', { ...headers, cookie });
    return [status, opened.ran.length];
  };

  it.each<[string, Headers]>([
    ['a page of our own', { 'sec-fetch-site': 'same-origin' }],
    ['a client that sends JSON', { 'content-type': 'application/json' }],
    ['a client that sends JSON in UTF-8', { 'content-type': 'application/json; charset=utf-8' }],
  ])('changes things for %s', async (_, headers) => {
    expect(await from('DELETE', headers)).toEqual([200, 1]);
  });

  it.each<[string, Headers]>([
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
    [
      'JSON of another site',
      { 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' },
    ],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['text that looks like JSON', { 'content-type': 'text/plain; application/json' }],
    ['something that says nothing', {}],
  ])('changes nothing for %s', async (_, headers) => {
    expect(await from('DELETE', headers)).toEqual([403, 0]);
  });

  it('shows things without more ado', async () => {
    expect(await from('GET', {})).toEqual([200, 1]);
  });

  it('is not asked for by tokens, which no browser sends by itself', async () => {
    const opened = await open();
    const { editor } = await everybody(opened);
    await expect(opened.send('DELETE', '/api/services/wine', editor)).resolves.toMatchObject({
      status: 200,
    });
  });
});

describe('the audit of the control API', () => {
  it('has every write that an operator tried, with how it ended, and no reading', async () => {
    const opened = await open();
    const { answers, send } = opened;
    const { viewer, editor, junk } = await everybody(opened);
    answers.setTraffic = () => Promise.reject(new DomainError('invalid-traffic', 'sum to 99'));
    answers.stopService = () => Promise.reject(new Error('bug'));
    await send('POST', '/api/services/wine/start', editor);
    await send('PUT', '/api/services/wine/traffic', editor);
    await send('POST', '/api/services/wine/stop', editor);
    await send('DELETE', '/api/services/wine', viewer);
    await send('GET', '/api/services/wine', viewer);
    await send('GET', '/api/audit', viewer);
    await send('DELETE', '/api/services/wine', {});
    await send('DELETE', '/api/services/wine', junk);
    const entries = await opened.audited();
    expect(entries.map(({ operator, action, status }) => [operator, action, status])).toEqual([
      ['viewer-plain', 'deleteService', 403],
      ['editor-plain', 'stopService', 500],
      ['editor-plain', 'setTraffic', 400],
      ['editor-plain', 'startService', 200],
    ]);
    expect(entries[3]).toEqual({
      id: expect.any(String),
      time: '2026-01-15T00:00:00.000Z',
      operator: 'editor-plain',
      action: 'startService',
      resource: '/api/services/wine/start',
      status: 200,
      request_id: 'request-1',
    });
    expect(opened.reported).toHaveLength(1);
  });

  it('has every look at bodies, also a refused one', async () => {
    const opened = await open();
    const people = await everybody(opened);
    await opened.send('GET', '/api/services/wine/requests/0198', people['viewer+data']);
    await opened.send('GET', '/api/services/wine/requests', people.admin);
    expect(await opened.audited()).toMatchObject([
      { operator: 'admin-plain', action: 'findRequests', status: 403 },
      { operator: 'viewer-data', action: 'getRequest', status: 200 },
    ]);
  });

  it('shows no body that it could not put on record, and tells the truth about a change', async () => {
    const opened = await open();
    const people = await everybody(opened);
    opened.audit.append = () => Promise.reject(new Error('disk full'));
    const looked = await opened.send('GET', '/api/services/wine/requests', people['viewer+data']);
    expect([looked.status, JSON.stringify(looked.body).includes('ran')]).toEqual([500, false]);
    const changed = await opened.send('POST', '/api/services/wine/stop', people.editor);
    expect(changed.status).toBe(200);
    expect(opened.reported).toHaveLength(2);
  });

  it('ends an answer in pieces that it could not put on record', async () => {
    const opened = await open();
    const people = await everybody(opened);
    const next = jest.fn();
    const end = jest.fn(async () => ({ done: true as const, value: undefined }));
    const body = { [Symbol.asyncIterator]: () => ({ next, return: end }) };
    opened.answers.getQueryResult = async () => ({ status: 200, headers: {}, body });
    opened.audit.append = () => Promise.reject(new Error('disk full'));
    const path = '/api/queries/x/result';
    const { status } = await opened.send('GET', path, people['viewer+data']);
    expect(status).toBe(500);
    expect(end).toHaveBeenCalledTimes(1);
    expect(next).not.toHaveBeenCalled();
  });
});

describe('every answer of the control API', () => {
  it('carries the request’s id, and is not to be stored where it may hold a secret', async () => {
    const opened = await open();
    const { admin } = await everybody(opened);
    opened.answers.createKey = async () => ({
      status: 201,
      headers: { 'content-type': 'application/json', etag: '"1"' },
      body: { key: 'tgk-…' },
    });
    const made = await opened.send('POST', '/api/services/wine/keys', admin);
    expect(made.headers).toEqual({
      'cache-control': 'no-store',
      'x-request-id': 'request-1',
      'content-type': 'application/json',
      etag: '"1"',
    });
    const { headers } = await opened.send('GET', '/openapi.json');
    expect(headers).toEqual({ 'x-request-id': 'request-2' });
  });

  it('is 500 and nothing but the id when the fault is ours', async () => {
    const opened = await open();
    opened.answers.getHealth = () => Promise.reject(new Error('password in the stack'));
    const { status, body } = await opened.send('GET', '/healthz');
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('password');
    expect(opened.reported).toEqual([
      expect.objectContaining({ message: 'password in the stack' }),
    ]);
  });
});
