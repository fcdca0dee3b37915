import { caller, until } from './support/api';
import { freshName, type Home, openHome } from './support/home';
import { example, expected, registerWine, wineBody } from './support/wine';

// In a home of many processes a change holds within seconds: what is asked too early is asked again.
describe('from a model to predictions', () => {
  // Functions start cold, and stacks take their time.
  jest.setTimeout(180_000);

  const name = freshName('wine');
  let home: Home;
  let key = '';
  const predict = (body: unknown = wineBody, headers = {}) =>
    caller(home.url, key)(`/services/${name}/predict`, { body, headers });
  const running = (path = '') =>
    until(
      () => home.operator(`/api/services/${name}${path}`),
      ({ body }) => body.status === 'running',
    );

  beforeAll(async () => {
    home = await openHome();
  }, 180_000);
  afterAll(() => home.close());

  it('registers a model from an upload and serves it', async () => {
    await expect(registerWine(home.operator, name)).resolves.toBe(1);
    const service = { name, versions: { v1: { model: { name, version: 1 } } } };
    const created = await home.operator('/api/services', { body: service });
    expect(created).toMatchObject({ status: 201, body: { traffic: { v1: 100 }, revision: 1 } });
    await running();
  });

  it('answers nobody without a key, and everybody else the same', async () => {
    const path = `/services/${name}/predict`;
    const without = await caller(home.url)(path, { body: wineBody });
    expect(without).toMatchObject({ status: 401 });
    expect(without.headers.get('www-authenticate')).toBeTruthy();
    const wrong = caller(home.url, `tgk-${'x'.repeat(40)}`);
    const here = await wrong(path, { body: wineBody });
    const nowhere = await wrong('/services/no-such-service/predict', { body: wineBody });
    expect([here.status, nowhere.status]).toEqual([403, 403]);
    expect({ ...here.body, request_id: '' }).toEqual({ ...nowhere.body, request_id: '' });
  });

  it('answers with a key what the model answers, and tells who answered', async () => {
    const made = await home.operator(`/api/services/${name}/keys`, { body: { name: 'journey' } });
    expect(made).toMatchObject({ status: 201, body: { key: expect.stringMatching(/^tgk-/) } });
    key = made.body.key;
    const { status, headers, body } = await predict({ ...wineBody, client_request_id: 'mine' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      client_request_id: 'mine',
      service_version: 'v1',
      model_version: `${name}/1`,
    });
    body.predictions.forEach((value: number, row: number) => {
      expect(value).toBeCloseTo(expected.predictions[row] ?? Number.NaN, 4);
    });
    expect(headers.get('x-request-id')).toBe(body.request_id);
    expect(headers.get('x-tidegate-version')).toBe('v1');
    expect(headers.get('server-timing')).toMatch(/^total;dur=[\d.]+, model;dur=[\d.]+$/);
  });

  it('reads every shape by name', async () => {
    const records = example.data.map((row) =>
      Object.fromEntries(example.columns.map((column, i) => [column, row[i]]).reverse()),
    );
    const lists = Object.fromEntries(
      example.columns.map((column, i) => [column, example.data.map((row) => row[i])]),
    );
    const shapes = [{ dataframe_records: records }, { instances: records }, { inputs: lists }];
    const answers = await Promise.all(shapes.map((shape) => predict(shape)));
    const plain = await predict();
    for (const { body } of answers) expect(body.predictions).toEqual(plain.body.predictions);
    const csv = [example.columns, ...example.data].map((row) => row.join(',')).join('\n');
    const asCsv = await predict(csv, { 'content-type': 'text/csv' });
    expect(asCsv.body.predictions).toEqual(plain.body.predictions);
  });

  it('says what is wrong with a request, and never repeats its values', async () => {
    const data = [example.data[0]?.map((value, i) => (i === 2 ? 'secret' : value))];
    const refused = await predict({ dataframe_split: { columns: example.columns, data } });
    expect(refused).toMatchObject({
      status: 400,
      body: {
        type: 'urn:tidegate:invalid-input',
        error_code: 'INVALID_PARAMETER_VALUE',
        errors: [{ row: 0, column: example.columns[2], code: 'type' }],
      },
    });
    expect(refused.text).not.toContain('secret');
    expect((await predict('{"dataframe_split"')).body.type).toBe('urn:tidegate:malformed-body');
    const typed = await predict(wineBody, { 'content-type': 'text/plain' });
    expect(typed).toMatchObject({ status: 415 });
  });

  it('shares traffic between two versions, sticks to a split key and pins by name', async () => {
    const second = await registerWine(home.operator, name, true);
    const added = await home.operator(`/api/services/${name}/versions`, {
      body: { name: 'v2', model: { name, version: second } },
    });
    expect(added).toMatchObject({ status: 201, body: { traffic: 0 } });
    const early = await home.operator(`/api/services/${name}/traffic`, {
      method: 'PUT',
      body: { v1: 50, v2: 40 },
    });
    expect(early).toMatchObject({ status: 400, body: { type: 'urn:tidegate:invalid-traffic' } });
    await running('/versions/v2');
    const split = await home.operator(`/api/services/${name}/traffic`, {
      method: 'PUT',
      body: { v1: 50, v2: 50 },
    });
    expect(split).toMatchObject({ status: 200, body: { traffic: { v1: 50, v2: 50 } } });
    const pinned = await until(
      () => predict(wineBody, { 'x-tidegate-version': 'v2' }),
      ({ status }) => status === 200,
    );
    expect(pinned.body.service_version).toBe('v2');
    expect(Object.values(pinned.body.probabilities[0] as Record<string, number>)).toHaveLength(6);
    const versionOf = async (user: string) =>
      (await predict(wineBody, { 'x-tidegate-split-key': user })).body.service_version;
    const users = [...Array(24).keys()].map((user) => `user-${user}`);
    // A few at once: each of them may be a function's process that starts.
    const round = async () => {
      const versions: string[] = [];
      for (let i = 0; i < users.length; i += 4) {
        versions.push(...(await Promise.all(users.slice(i, i + 4).map(versionOf))));
      }
      return versions;
    };
    await until(
      async () => [await round(), await round()] as const,
      ([first, again]) =>
        new Set(first).size === 2 && first.every((version, i) => version === again[i]),
      90_000,
    );
    const missing = await predict(wineBody, { 'x-tidegate-version': 'v9' });
    expect(missing).toMatchObject({
      status: 404,
      body: { type: 'urn:tidegate:version-not-found' },
    });
  });

  it('compares the versions on the same rows', async () => {
    const compared = await caller(home.url, key)(`/services/${name}/compare`, { body: wineBody });
    const { versions, deltas } = compared.body;
    expect(deltas.v2[0]).toBeCloseTo(versions.v2.predictions[0] - versions.v1.predictions[0], 9);
  });

  it('speaks the Open Inference Protocol', async () => {
    const inputs = example.columns.map((column, i) => ({
      name: column,
      datatype: 'FP64',
      shape: [example.data.length, 1],
      data: example.data.map((row) => row[i]),
    }));
    const call = caller(home.url, key);
    const path = `/services/${name}/v2/models/${name}/versions/v1/infer`;
    const { body } = await call(path, { body: { id: 'mine', inputs } });
    const plain = await predict(wineBody, { 'x-tidegate-version': 'v1' });
    expect(body).toMatchObject({
      id: 'mine',
      model_name: name,
      outputs: [{ name: 'predictions', datatype: 'FP64', data: plain.body.predictions }],
    });
    const wrong = await call(path, { body: { inputs: [] } });
    expect(wrong).toMatchObject({ status: 400, body: { error: expect.any(String) } });
    expect((await call(`/services/${name}/v2/health/ready`)).body).toEqual({ ready: true });
  });

  it('revokes a key at once, and rotates another with grace', async () => {
    const keys = `/api/services/${name}/keys`;
    const { body: second } = await home.operator(keys, { body: { name: 'second' } });
    const rotated = await home.operator(`${keys}/${second.id}/rotate`, { body: { grace_s: 60 } });
    expect(rotated.body.id).toBe(second.id);
    const statuses = (used: string) =>
      caller(home.url, used)(`/services/${name}/predict`, { body: wineBody });
    expect((await statuses(second.key)).status).toBe(200);
    expect((await statuses(rotated.body.key)).status).toBe(200);
    await home.operator(`${keys}/${second.id}`, { method: 'DELETE' });
    await until(
      () => statuses(rotated.body.key),
      ({ status }) => status === 403,
    );
    await until(
      () => statuses(second.key),
      ({ status }) => status === 403,
    );
  });

  it('throttles, and says when to come back', async () => {
    const throttle = { rate: 1, burst: 2, quota: null };
    const { body } = await home.operator(`/api/services/${name}/keys`, {
      body: { name: 'slow', throttle },
    });
    const refusedOfSix = async () => {
      const calls = [...Array(6)].map(() =>
        caller(home.url, body.key)(`/services/${name}/predict`, { body: wineBody }),
      );
      return (await Promise.all(calls)).filter(({ status }) => status === 429);
    };
    // Who cannot count within 300 ms admits: on a busy machine, functions do so at first.
    const refused = await until(refusedOfSix, ({ length }) => length >= 3);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });

  it('stops, answers 409 meanwhile, starts as it was, and deletes without a trace', async () => {
    const service = `/api/services/${name}`;
    const busy = await home.operator(`${service}/versions/v1/stop`, { method: 'POST' });
    expect(busy).toMatchObject({ status: 409, body: { type: 'urn:tidegate:in-use' } });
    await home.operator(`${service}/stop`, { method: 'POST' });
    await until(
      () => home.operator(service),
      ({ body }) => body.status === 'stopped',
    );
    const answers = (status: number) =>
      until(
        () => predict(),
        (answer) => answer.status === status,
      );
    expect((await answers(409)).body.type).toBe('urn:tidegate:not-running');
    await home.operator(`${service}/start`, { method: 'POST' });
    await running();
    await answers(200);
    const early = await home.operator(service, { method: 'DELETE' });
    expect(early).toMatchObject({ status: 409, body: { type: 'urn:tidegate:not-stopped' } });
    await home.operator(`${service}/stop`, { method: 'POST' });
    await until(
      () => home.operator(service),
      ({ body }) => body.status === 'stopped',
    );
    expect((await home.operator(service, { method: 'DELETE' })).status).toBe(204);
    expect((await home.operator(service)).status).toBe(404);
    await answers(403);
    expect((await home.operator(`${service}/keys`)).status).toBe(404);
  });

  it('has all of that in the audit', async () => {
    const { body } = await home.operator('/api/audit?limit=200');
    const actions = new Set(body.items.map(({ action }: { action: string }) => action));
    for (const action of ['registerVersion', 'createService', 'setTraffic', 'deleteService']) {
      expect(actions).toContain(action);
    }
  });
});
