import { caller, until } from '../support/api';
import { platformForBodies, text } from './platform-for-bodies';

describe('requests that mean harm', () => {
  const { running, operator } = platformForBodies();

  it('in their bodies', async () => {
    const posts = [
      '/api/services',
      '/api/models/some/versions',
      '/api/services/wine/keys',
      '/api/operators',
      '/api/session',
      '/api/services/wine/versions',
    ];
    const bodies: (string | Uint8Array)[] = [
      '',
      '{',
      '[',
      '['.repeat(1_000_000),
      '{"a":'.repeat(600_000),
      '9'.repeat(3_000_000),
      'null',
      '[]',
      '"x"',
      Buffer.from([0xff, 0xfe]),
      '{"name":"\\ud800"}',
      '{"__proto__":{"name":"evil"}}',
      '{"constructor":{"prototype":{"x":1}}}',
      '{"name":"../../etc"}',
      '{"name":"a\\u0000b"}',
      '{"name":"x","name":"requests"}',
      JSON.stringify({ name: 'x'.repeat(1_000_000) }),
      JSON.stringify({ name: 'ok', source: { path: '/etc/passwd' } }),
      JSON.stringify({ source: { path: '../../etc' } }),
      JSON.stringify({ source: { upload: '../../../etc/passwd' } }),
      JSON.stringify({ source: { mlflow: 'file:///etc/passwd' } }),
      JSON.stringify({ name: 'ok', throttle: { rate: -1, burst: -1 } }),
      `{"name":"ok","throttle":{"rate":1e400}}`,
      JSON.stringify({
        name: 'deep',
        versions: Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`v${i}`, {}])),
      }),
      JSON.stringify({ code: 'x'.repeat(100_000) }),
    ];
    for (const path of posts) {
      for (const body of bodies) {
        const { status, headers } = await operator(path, { body });
        expect({ path, body: body.slice(0, 60), isBug: status >= 500 }).toMatchObject({
          isBug: false,
        });
        // Only a service may not be called `requests`.
        if (!/keys|operators/.test(path)) expect(status).toBeGreaterThanOrEqual(400);
        const type = headers.get('content-type');
        expect(type).toBe(status < 400 ? 'application/json' : 'application/problem+json');
      }
    }
  }, 60_000);

  it('in their searches', async () => {
    const searches = [
      'limit=-1',
      'limit=1e9',
      'limit=x',
      'cursor=%00',
      'cursor=..%2f',
      'from=never',
      'from=2026-13-01T00:00:00.000Z',
      'status=abc',
      'status=99999',
      'limit=1&limit=2',
      '__proto__=1',
      'client_request_id=',
      `client_request_id=${'x'.repeat(10_000)}`,
      'version=%ff',
      '%',
      '%00=%00',
      `${'&a=b'.repeat(3_000)}`,
    ];
    for (const path of [
      '/api/services',
      '/api/services/wine/requests',
      '/api/services/wine/events',
      '/api/services/wine/logs',
      '/api/audit',
      '/api/models',
    ]) {
      for (const search of searches) {
        expect((await operator(`${path}?${search}`)).status).toBeLessThan(500);
      }
    }
  });

  it('in the names of their paths', async () => {
    for (const name of [
      '..',
      '%2e%2e',
      '%00',
      '%ff',
      'a'.repeat(10_000),
      '__proto__',
      'constructor',
      '%F0%9F%98%80',
      "'; DROP TABLE record; --",
    ]) {
      const encoded = name.startsWith('%') ? name : encodeURIComponent(name);
      for (const path of [
        `/api/services/${encoded}`,
        `/api/models/${encoded}`,
        `/api/models/${encoded}/versions/1`,
        `/api/services/${encoded}/requests`,
        `/api/services/wine/requests/${encoded}`,
        `/api/services/wine/versions/${encoded}`,
        `/api/services/wine/keys/${encoded}/rotate`,
      ]) {
        const method = path.endsWith('rotate') ? 'POST' : 'GET';
        const { status } = await operator(path, { method });
        expect({ path: path.slice(0, 80), status }).not.toMatchObject({ status: 200 });
        expect(status).toBeLessThan(500);
      }
    }
    expect((await operator('/api/services')).body.items).toHaveLength(2);
  });

  it('for a service, a version and a key that are called as what every object has', async () => {
    const model = { name: 'wine', version: 1 };
    const name = 'constructor';
    const versions = { v1: { model }, [name]: { model } };
    const created = await operator('/api/services', { body: { name, versions } });
    expect(created).toMatchObject({ status: 201, body: { traffic: { v1: 100 } } });
    const path = `/api/services/${name}`;
    await until(
      () => operator(path),
      ({ body }) => body.status === 'running' && body.versions_running === 2,
    );
    const shown = await operator(`${path}/versions/${name}`);
    expect(shown).toMatchObject({ status: 200, body: { name, traffic: 0 } });
    const { body: made } = await operator(`${path}/keys`, { body: { name } });
    const asking = (headers = {}) =>
      caller(running().url, made.key)(`/services/${name}/predict`, { body: text, headers });
    expect(await asking()).toMatchObject({ status: 200, body: { service_version: 'v1' } });
    expect((await asking({ 'x-tidegate-version': name })).body.service_version).toBe(name);
    const put = (traffic: object) => operator(`${path}/traffic`, { method: 'PUT', body: traffic });
    expect(await put({ [name]: 100 })).toMatchObject({
      status: 200,
      body: { traffic: { [name]: 100 } },
    });
    expect((await asking()).body.service_version).toBe(name);
    expect((await put({ v1: 100 })).status).toBe(200);
    expect((await operator(`${path}/versions/${name}/stop`, { method: 'POST' })).status).toBe(200);
    await operator(`${path}/stop`, { method: 'POST' });
    await until(
      () => operator(path),
      ({ body }) => body.status === 'stopped',
    );
    expect((await operator(path, { method: 'DELETE' })).status).toBe(204);
  });
});
