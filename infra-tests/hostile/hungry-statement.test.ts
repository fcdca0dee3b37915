import { type Caller, caller, until } from '../support/api';
import { type Running, startPlatform } from '../support/platform';

// DuckDB computes what is constant before it runs a statement, outside its limits, and listens to nobody.
const HUNGRY = 'SELECT sum(x) FROM (SELECT unnest(range(3000000000)) AS x)';
const DEAF = 'SELECT sum(x) FROM (SELECT unnest(range(60000000)) AS x)';

describe('a statement that takes more than one may have', () => {
  let platform: Running;
  let operator: Caller;
  const ask = (sql: string, more: object = {}) =>
    operator('/api/query', { body: { sql, ...more } });

  beforeAll(async () => {
    platform = await startPlatform();
    operator = caller(platform.url, platform.token);
  }, 60_000);
  afterAll(async () => {
    expect(await platform.stop()).toBe(0);
  });

  it('is ended when it takes too much memory, which is told, and the next one is answered', async () => {
    const { status, body } = await ask(HUNGRY, { wait_s: 20 });
    expect([status, body.detail]).toEqual([
      503,
      "the tables' process ended: a statement took more memory than one may have",
    ]);
    const next = await ask('SELECT 1 AS one');
    expect([next.status, next.body.rows]).toEqual([200, [[1]]]);
    expect(platform.output()).toContain('a statement took more memory than one may have');
  }, 60_000);

  it('is answered with the first of many large rows', async () => {
    const { status, body } = await ask("SELECT repeat('x', 200000) || range FROM range(2000)");
    expect([status, body.truncated]).toEqual([200, true]);
    expect(body.rows.length).toBeGreaterThan(10);
  }, 60_000);

  it('ends within seconds when it is cancelled, though it does not listen', async () => {
    const { status, body } = await ask(DEAF, { wait_s: 0 });
    expect(status).toBe(202);
    await operator(`/api/queries/${body.query_id}`, { method: 'DELETE' });
    await until(
      () => operator(`/api/queries/${body.query_id}`),
      ({ body: found }) => found.status === 'cancelled',
    );
    expect((await ask('SELECT 2 AS two')).body.rows).toEqual([[2]]);
  }, 60_000);
});
