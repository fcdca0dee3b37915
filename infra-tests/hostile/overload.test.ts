import { setTimeout as sleep } from 'node:timers/promises';
import { type Caller, caller, until } from '../support/api';
import { type Running, startPlatform } from '../support/platform';
import { example, wineBody } from '../support/wine';
import { childrenOf } from './children-of';
import { DOES, processModel, rowOf } from './process-model';

/** Requests that a process is given at the same time. */
const WIDTH = 4;
const MAX_QUEUE = 6;
const HEAVY_ROWS = 10_000;

const { path, env } = processModel();
const open = 'auth: false, throttle: { rate: 100000, burst: 100000 }, capture: { sample: 0 }';
const wine = './examples/wine/model';
const manifest = `
services:
  slow: { ${open}, max_queue: ${MAX_QUEUE}, versions: { v1: { model: ${path} } } }
  late: { ${open}, timeout_ms: 700, versions: { v1: { model: ${path} } } }
  mortal: { ${open}, versions: { v1: { model: ${path} } } }
  split:
    { ${open}, versions: { v1: { model: ${wine}, weight: 50 }, v2: { model: ${path}, weight: 50 } } }
  heavy: { ${open}, max_rows: ${HEAVY_ROWS}, versions: { v1: { model: ${wine} } } }
`;

/** A row that both models take: each finds its own columns. */
const forBoth = (a: number, b = 0) => ({
  dataframe_split: {
    columns: ['a', 'b', ...example.columns],
    data: [[a, b, ...(example.data[0] ?? [])]],
  },
});

type Answer = Awaited<ReturnType<Caller>>;
const statusesOf = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status);

let running: Running;
let call: Caller;
let operator: Caller;

const predict = (service: string, a: number, b = 0): Promise<Answer> =>
  call(`/services/${service}/predict`, { body: rowOf(a, b) });

const restartsOf = async (service: string): Promise<number> => {
  const { body } = await operator(`/api/services/${service}/versions/v1/instances`);
  return body.items[0].restarts;
};

/** What happened to a service, as type and message. */
const eventsOf = async (service: string): Promise<{ type: string; message: string }[]> =>
  (await operator(`/api/services/${service}/events`)).body.items;

const recovered = (service: string): Promise<Answer> =>
  until(
    () => predict(service, 1, 2),
    ({ status }) => status === 200,
  );

// The hooks of a describe come before those that remove the folders.
describe('a platform under load', () => {
  beforeAll(async () => {
    running = await startPlatform({ manifest, env });
    call = caller(running.url);
    operator = caller(running.url, running.token);
  }, 30_000);
  afterAll(async () => {
    expect(await running.stop()).toBe(0);
  });

  describe('more requests than a model can answer', () => {
    it('wait in a queue of the size given, and are refused beyond it', async () => {
      const all = 4 * (WIDTH + MAX_QUEUE);
      const asked = Array.from({ length: all }, () => predict('slow', DOES.wait, 1_000));
      // The other services do not feel it.
      const beside = await predict('mortal', 1, 2);
      const answers = await Promise.all(asked);
      const refused = answers.filter(({ status }) => status === 503);
      expect(beside.status).toBe(200);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(WIDTH + MAX_QUEUE);
      expect(refused).toHaveLength(all - WIDTH - MAX_QUEUE);
      for (const { headers, body } of refused) {
        expect(headers.get('content-type')).toBe('application/problem+json');
        expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
        expect(body).toMatchObject({ type: 'urn:tidegate:overloaded', status: 503 });
        expect(body.request_id).toBe(headers.get('x-request-id'));
      }
    });

    it('leave nothing behind: the next ones are answered at once', async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => predict('slow', 1, 2)));
      expect(statusesOf(answers)).toEqual(Array(8).fill(200));
      expect(await restartsOf('slow')).toBe(0);
    });

    it('are refused in the words of the inference protocol, too', async () => {
      const input = (name: string, value: number) => ({
        ...{ name, shape: [1], datatype: 'FP64' },
        data: [value],
      });
      const body = { inputs: [input('a', DOES.wait), input('b', 500)] };
      const answers = await Promise.all(
        Array.from({ length: 3 * (WIDTH + MAX_QUEUE) }, () =>
          call('/services/slow/v2/models/slow/infer', { body }),
        ),
      );
      const refused = answers.filter(({ status }) => status === 503);
      expect(refused.length).toBeGreaterThan(0);
      expect(new Set(statusesOf(answers))).toEqual(new Set([200, 503]));
      for (const { headers, body: told } of refused) {
        expect(told).toEqual({ error: expect.stringContaining('wait') });
        expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      }
    });

    it('whose callers have gone away leave their places once the model is done with them', async () => {
      const gone = Array.from({ length: WIDTH + MAX_QUEUE }, () => {
        const body = JSON.stringify(rowOf(DOES.wait, 300));
        const headers = { 'content-type': 'application/json' };
        const url = `${running.url}/services/slow/predict`;
        return fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(150) });
      });
      const ends = await Promise.allSettled(gone);
      expect(ends.some(({ status }) => status === 'rejected')).toBe(true);
      await recovered('slow');
      const answers = await Promise.all(Array.from({ length: WIDTH }, () => predict('slow', 1, 2)));
      expect(statusesOf(answers)).toEqual(Array(WIDTH).fill(200));
    });
  });

  describe('a model that is late', () => {
    it('is answered for with 504, and goes on', async () => {
      const { status, body } = await predict('late', DOES.wait, 5_000);
      expect({ status, type: body.type }).toEqual({
        status: 504,
        type: 'urn:tidegate:model-timeout',
      });
      expect((await predict('late', 1, 2)).body.predictions).toEqual([3]);
      expect(await restartsOf('late')).toBe(0);
    });

    it('does not lose its places to requests that hang', async () => {
      const hanging = await Promise.all(
        Array.from({ length: 2 * WIDTH }, () => predict('late', DOES.hang)),
      );
      expect(statusesOf(hanging)).toEqual(Array(2 * WIDTH).fill(504));
      const after = await Promise.all(Array.from({ length: WIDTH }, () => predict('late', 1, 2)));
      expect(statusesOf(after)).toEqual(Array(WIDTH).fill(200));
      expect(await restartsOf('late')).toBe(0);
    });

    it('is started anew when it is stuck for good, and that is counted and told', async () => {
      const { status, body } = await predict('late', DOES.spin);
      expect({ status, type: body.type }).toEqual({
        status: 504,
        type: 'urn:tidegate:model-timeout',
      });
      await until(
        () => restartsOf('late'),
        (restarts) => restarts === 1,
      );
      expect((await recovered('late')).body.predictions).toEqual([3]);
      const types = (await eventsOf('late')).map(({ type }) => type);
      expect(types).toEqual(expect.arrayContaining(['died', 'restarted']));
      const { body: logs } = await operator('/api/services/late/logs?limit=1000');
      const lines: string[] = logs.items.map(({ message }: { message: string }) => message);
      expect(lines.some((line) => line.includes(body.request_id))).toBe(true);
    });
  });

  describe('a model that dies of a request', () => {
    it('is tried once more, then the request is refused; those beside it are answered', async () => {
      const before = await restartsOf('mortal');
      const beside = predict('mortal', DOES.wait, 400);
      await sleep(100);
      const { status, body, text } = await predict('mortal', DOES.die);
      expect({ status, type: body.type }).toEqual({
        status: 502,
        type: 'urn:tidegate:model-error',
      });
      expect(text).not.toMatch(/process|code 3/);
      // It may itself have been given to the replica that died next.
      expect([200, 502]).toContain((await beside).status);
      expect((await recovered('mortal')).body.predictions).toEqual([3]);
      const restarts = await until(
        () => restartsOf('mortal'),
        (count) => count >= before + 2,
      );
      expect(restarts).toBe(before + 2);
      const events = await eventsOf('mortal');
      const died = events.find(({ type }) => type === 'died');
      expect(died?.message).toMatch(/ended with code 3/);
      expect(events.some(({ type }) => type === 'restarted')).toBe(true);
    });

    it('has the request answered by its successor when it died of something else', async () => {
      const innocent = predict('mortal', DOES.wait, 1_000);
      await sleep(300);
      const children = childrenOf(running.process.pid ?? 0);
      expect(children.length).toBeGreaterThanOrEqual(4);
      for (const pid of children) process.kill(pid, 'SIGKILL');
      expect((await innocent).status).toBe(200);
      for (const service of ['slow', 'late', 'mortal']) await recovered(service);
      await until(
        () => operator('/api/services/split/versions/v2'),
        ({ body }) => body.replicas.running === 1,
      );
    });
  });

  describe('a version that keeps failing', () => {
    const MANY = 150;
    const ask = (a: number): Promise<Answer> =>
      call('/services/split/predict', { body: forBoth(a) });

    it('leaves the split, so that nearly all are answered by the other', async () => {
      const answers: Answer[] = [];
      for (let count = 0; count < MANY; count += 1) answers.push(await ask(DOES.fail));
      const failed = answers.filter(({ status }) => status !== 200);
      expect(new Set(statusesOf(failed))).toEqual(new Set([502]));
      // Five until it is noticed, then one for each try to bring it back.
      expect(failed.length).toBeGreaterThanOrEqual(5);
      expect(failed.length).toBeLessThanOrEqual(12);
      const others = answers.filter(({ status }) => status === 200);
      expect(new Set(others.map(({ body }) => body.service_version))).toEqual(new Set(['v1']));
    });

    it('can be asked for by its name all the same', async () => {
      const headers = { 'x-tidegate-version': 'v2' };
      const body = forBoth(DOES.fail);
      expect((await call('/services/split/predict', { body, headers })).status).toBe(502);
    });

    it('has its words in its log, whoever asked, and nowhere else', async () => {
      const body = forBoth(DOES.fail);
      const headers = { 'x-tidegate-version': 'v2' };
      const predicted = await call('/services/split/predict', { body, headers });
      const compared = await call('/services/split/compare', { body });
      expect(compared.body.versions.v2.error).toMatchObject({ type: 'urn:tidegate:model-error' });
      const ids = [predicted.body.request_id, compared.body.versions.v2.error.request_id];
      for (const id of ids) {
        const logs = await until(
          () => operator(`/api/services/split/logs?version=v2&q=${id}`),
          (found) => found.body.items.length > 0,
        );
        expect(logs.body.items[0].message).toContain('it failed');
      }
      expect(`${predicted.text}${compared.text}`).not.toContain('it failed');
    });

    it('comes back once it answers again', async () => {
      await until(
        () => ask(1),
        ({ body }) => body.service_version === 'v2',
      );
      const answers: Answer[] = [];
      for (let count = 0; count < 80; count += 1) answers.push(await ask(1));
      expect(new Set(statusesOf(answers))).toEqual(new Set([200]));
      const second = answers.filter(({ body }) => body.service_version === 'v2').length;
      expect(second).toBeGreaterThan(15);
      expect(second).toBeLessThan(65);
    });
  });

  describe('changes under load', () => {
    const at = '/api/services/moving';
    const answers: Answer[] = [];
    const stopping = new AbortController();
    let clients: Promise<void>[] = [];

    /** Asks without a pause; what takes its time in a process is on its way when things change. */
    const client = async (a: number, ms: number): Promise<void> => {
      const body = forBoth(a, ms);
      while (!stopping.signal.aborted) {
        answers.push(await call('/services/moving/predict', { body }));
      }
    };
    const change = async (path: string, method: string, body?: object): Promise<void> => {
      const answer = await operator(`${at}${path}`, { method, ...(body && { body }) });
      expect({ path, status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
    };
    const versionIs = (version: string, wanted: object) =>
      until(
        async () => (await operator(`${at}/versions/${version}`)).body,
        (body) => JSON.stringify({ ...body, ...wanted }) === JSON.stringify(body),
      );
    const modelOf = async (service: string, version: string) =>
      (await operator(`/api/services/${service}/versions/${version}`)).body.model;

    beforeAll(async () => {
      const model = await modelOf('split', 'v1');
      const { status } = await operator('/api/services', {
        body: {
          name: 'moving',
          auth: false,
          throttle: { rate: 100_000, burst: 100_000 },
          versions: { v1: { model }, v2: { model: await modelOf('split', 'v2') } },
        },
      });
      expect(status).toBe(201);
      for (const version of ['v1', 'v2']) await versionIs(version, { status: 'running' });
      clients = [
        ...Array.from({ length: 3 }, () => client(1, 2)),
        ...Array.from({ length: 3 }, () => client(DOES.wait, 40)),
      ];
    }, 30_000);
    afterAll(async () => {
      stopping.abort();
      await Promise.all(clients);
    });
    afterEach(() => {
      const failed = answers.filter(({ status }) => status !== 200);
      expect(failed.map(({ status, text }) => `${status} ${text}`)).toEqual([]);
      const by = (name: string) => answers.filter(({ body }) => body.service_version === name);
      expect(Math.min(by('v1').length, by('v2').length)).toBeGreaterThan(0);
      answers.length = 0;
    });

    it('of weights cost not one request', async () => {
      for (const v1 of [50, 1, 99, 100, 0, 100, 50]) {
        await change('/traffic', 'PUT', { v1, v2: 100 - v1 });
        await sleep(50);
      }
    });

    it('of which versions run cost not one request', async () => {
      for (const [leaving, staying] of [
        ['v1', 'v2'],
        ['v2', 'v1'],
      ] as const) {
        await change('/traffic', 'PUT', { [staying]: 100 });
        // At once: what was sent to it is still on its way.
        await change(`/versions/${leaving}/stop`, 'POST');
        await versionIs(leaving, { status: 'stopped' });
        await change(`/versions/${leaving}/start`, 'POST');
        await versionIs(leaving, { status: 'running' });
        await change('/traffic', 'PUT', { [leaving]: 50, [staying]: 50 });
        await sleep(100);
      }
    });

    it('of how many replicas run cost not one request', async () => {
      for (const count of [3, 1]) {
        for (const version of ['v1', 'v2']) {
          const compute = { instances: { type: 'ml.m5.large', count } };
          await change(`/versions/${version}`, 'PATCH', { compute });
          await versionIs(version, { replicas: { wanted: count, running: count } });
        }
      }
    });

    it('of the model under a name cost not one request', async () => {
      const models = [await modelOf('moving', 'v1'), await modelOf('moving', 'v2')];
      for (const model of [models[1], models[0]]) {
        await change('/versions/v1', 'PATCH', { model });
        const headers = { 'x-tidegate-version': 'v1' };
        const ask = () => call('/services/moving/predict', { body: forBoth(1), headers });
        await until(ask, ({ body }) => body.model_version === `${model.name}/${model.version}`);
      }
    });

    it('of a replica for a fresh one cost not one request', async () => {
      const instances = async () => (await operator(`${at}/versions/v2/instances`)).body.items;
      const [{ id }] = await instances();
      const path = `${at}/versions/v2/instances/${id}/restart`;
      expect((await operator(path, { method: 'POST' })).status).toBe(204);
      await until(instances, ([{ restarts }]) => restarts === 1);
      await sleep(100);
    });
  });

  describe('heavy requests', () => {
    it('do not keep others from being answered within a second', async () => {
      const data = Array.from({ length: HEAVY_ROWS }, (_, row) => example.data[row % 5]);
      const body = JSON.stringify({ dataframe_split: { ...wineBody.dataframe_split, data } });
      const stopping = new AbortController();
      const heavy = Array.from({ length: 6 }, async () => {
        const statuses = new Set<number>();
        do {
          statuses.add((await call('/services/heavy/predict', { body })).status);
        } while (!stopping.signal.aborted);
        return [...statuses];
      });
      const waits: number[] = [];
      for (let count = 0; count < 20; count += 1) {
        const since = performance.now();
        expect((await call('/healthz')).status).toBe(200);
        waits.push(performance.now() - since);
        await sleep(30);
      }
      stopping.abort();
      for (const statuses of await Promise.all(heavy)) expect(statuses).toEqual([200]);
      // One may have met a pause of the machine itself.
      expect(waits.toSorted((a, b) => b - a)[1]).toBeLessThan(1_000);
    }, 30_000);
  });
});
