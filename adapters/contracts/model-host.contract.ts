import type { HostEvent, ImmediateHost, Invocation } from '../../core/inference/model-host';
import type { ModelVersion } from '../../core/models/model-version';

/** A host, and what the contract has it run. */
export interface HostUnderTest {
  readonly host: ImmediateHost;
  /** A model that answers `factor` times the sum of a row. */
  readonly model: (factor: number) => ModelVersion;
  /** A model that cannot be brought up. */
  readonly broken: () => ModelVersion;
  /** A request of rows of two numbers. */
  readonly ask: (rows: readonly (readonly number[])[], about?: Partial<Invocation>) => Invocation;
  readonly close: () => Promise<void>;
}

const until = async (condition: () => boolean): Promise<void> => {
  for (const end = Date.now() + 15_000; !condition(); ) {
    if (Date.now() > end) throw new Error(`still not so: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

const ofTheEdge = { throttle: { rate: 100, burst: 200, quota: null }, stopped: false };
const running = { compute: { instances: { type: 'ml.m5.large', count: 1 } }, started: true };

/** What every host in this process promises. `open` gives a host that runs nothing yet. */
export const modelHostContract = (open: () => Promise<HostUnderTest>): void => {
  let test: HostUnderTest;
  let events: HostEvent[];
  let changed: string[];
  beforeEach(async () => {
    test = await open();
    events = [];
    changed = [];
    test.host.observe({
      stateChanged: (service) => changed.push(service),
      happened: (event) => events.push(event),
    });
  });
  afterEach(() => test.close());

  const apply = (versions: Readonly<Record<string, readonly [ModelVersion, number]>>) =>
    test.host.apply({
      service: 'wine',
      maxQueue: 100,
      ...ofTheEdge,
      versions: Object.entries(versions).map(([name, [model, replicas]]) => ({
        name,
        model,
        replicas,
        ...running,
      })),
    });
  const stateOf = (version: string) =>
    test.host.states('wine').find(({ name }) => name === version);
  const isUp =
    (version: string, replicas = 1) =>
    () =>
      stateOf(version)?.running === replicas;
  const answerOf = async (rows: readonly (readonly number[])[], version = 'v1') =>
    Array.from((await test.host.invoke(test.ask(rows, { version }))).predictions);
  // Sent within a promise: a host may refuse at once.
  const refusalOf = async (version: string) => {
    try {
      return await answerOf([[1, 2]], version);
    } catch (error) {
      return error;
    }
  };

  it('answers nothing of a service it was not told of', async () => {
    await expect(refusalOf('v1')).resolves.toMatchObject({ kind: 'unavailable' });
    expect([test.host.states('wine'), test.host.instances('wine')]).toEqual([[], []]);
  });

  it('runs what the plan says, and each row has its answer', async () => {
    await apply({ v1: [test.model(1), 1], v2: [test.model(10), 2] });
    await until(() => isUp('v1')() && isUp('v2', 2)());
    await expect(
      answerOf([
        [1, 2],
        [3, 4],
      ]),
    ).resolves.toEqual([3, 7]);
    await expect(answerOf([[1, 2]], 'v2')).resolves.toEqual([30]);
    expect(test.host.states('wine')).toEqual([
      { name: 'v1', status: 'running', reason: null, wanted: 1, running: 1 },
      { name: 'v2', status: 'running', reason: null, wanted: 2, running: 2 },
    ]);
    expect(changed).toContain('wine');
  });

  it('gives each of many requests at once its own answer', async () => {
    await apply({ v1: [test.model(1), 2] });
    await until(isUp('v1', 2));
    const numbers = Array.from({ length: 50 }, (_, i) => i);
    const answers = await Promise.all(numbers.map((i) => answerOf([[i, 1000]])));
    expect(answers).toEqual(numbers.map((i) => [i + 1000]));
  });

  it('changes nothing when the same plan is applied again', async () => {
    const plan = { v1: [test.model(1), 2] } as const;
    await apply(plan);
    await until(isUp('v1', 2));
    const before = test.host.instances('wine');
    await apply(plan);
    await answerOf([[1, 2]]);
    expect(test.host.instances('wine').map(({ id, restarts }) => [id, restarts])).toEqual(
      before.map(({ id }) => [id, 0]),
    );
  });

  it('comes to the last of many plans', async () => {
    for (const factor of [1, 2, 3, 4]) await apply({ v1: [test.model(factor), 1] });
    await apply({ v1: [test.model(5), 2] });
    await until(isUp('v1', 2));
    await expect(answerOf([[1, 1]])).resolves.toEqual([10]);
    expect(test.host.instances('wine')).toHaveLength(2);
  });

  it('tells its instances apart, and restarts one when asked', async () => {
    await apply({ v1: [test.model(1), 2] });
    await until(isUp('v1', 2));
    const [first, second] = test.host.instances('wine');
    expect(first).toMatchObject({ version: 'v1', status: 'running', restarts: 0 });
    expect(first?.started_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(first?.id).not.toBe(second?.id);
    await expect(test.host.restart('wine', 'nobody')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(test.host.restart('beer', first?.id ?? '')).rejects.toMatchObject({
      kind: 'not-found',
    });
    await test.host.restart('wine', first?.id ?? '');
    const restartsOf = (id = '') =>
      test.host.instances('wine').find((one) => one.id === id)?.restarts;
    await until(() => restartsOf(first?.id) === 1);
    expect(restartsOf(second?.id)).toBe(0);
  });

  it('changes model, count and instances under way without a failed request', async () => {
    await apply({ v1: [test.model(1), 1] });
    await until(isUp('v1'));
    const seen = new Set<unknown>();
    const over = new AbortController();
    const caller = async () => {
      while (!over.signal.aborted) {
        const [answer] = await answerOf([[1, 1]]);
        seen.add(answer);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const callers = Promise.all([caller(), caller(), caller()]);
    await apply({ v1: [test.model(1), 3] });
    await until(isUp('v1', 3));
    await apply({ v1: [test.model(10), 2] });
    await until(() => seen.has(20) && isUp('v1', 2)());
    await test.host.restart('wine', test.host.instances('wine')[0]?.id ?? '');
    await until(() => test.host.instances('wine')[0]?.restarts === 1);
    await apply({ v1: [test.model(10), 1] });
    await until(() => test.host.instances('wine').length === 1 && isUp('v1')());
    over.abort();
    await expect(callers).resolves.toHaveLength(3);
    expect([...seen]).toEqual([2, 20]);
  });

  it('says why a version does not come up, and runs the others all the same', async () => {
    await apply({ v1: [test.model(1), 1], v2: [test.broken(), 1] });
    await until(() => stateOf('v2')?.status === 'failed' && isUp('v1')());
    expect(stateOf('v2')).toMatchObject({ wanted: 1, running: 0 });
    expect(stateOf('v2')?.reason).toMatch(/\w{3,}/);
    await expect(answerOf([[1, 2]])).resolves.toEqual([3]);
    await expect(refusalOf('v2')).resolves.toMatchObject({ kind: 'unavailable' });
    expect(events).toContainEqual(
      expect.objectContaining({ service: 'wine', version: 'v2', level: 'error', type: 'failed' }),
    );
  });

  it('stops a version that wants no replicas, and starts it again', async () => {
    await apply({ v1: [test.model(1), 1], v2: [test.model(10), 1] });
    await until(() => isUp('v1')() && isUp('v2')());
    await apply({ v1: [test.model(1), 0], v2: [test.model(10), 1] });
    await until(() => stateOf('v1')?.status === 'stopped');
    expect(stateOf('v1')).toMatchObject({ wanted: 0, running: 0 });
    await expect(refusalOf('v1')).resolves.toMatchObject({ kind: 'unavailable' });
    await expect(answerOf([[1, 2]], 'v2')).resolves.toEqual([30]);
    await apply({ v1: [test.model(1), 1], v2: [test.model(10), 1] });
    await until(isUp('v1'));
    await expect(answerOf([[1, 2]])).resolves.toEqual([3]);
  });

  it('forgets a version that left the plan, and a service that was removed', async () => {
    await apply({ v1: [test.model(1), 1], v2: [test.model(10), 1] });
    await until(() => isUp('v1')() && isUp('v2')());
    await apply({ v2: [test.model(10), 1] });
    await until(() => test.host.states('wine').length === 1);
    await expect(refusalOf('v1')).resolves.toMatchObject({ kind: 'unavailable' });
    await test.host.remove('wine');
    expect([test.host.states('wine'), test.host.instances('wine')]).toEqual([[], []]);
    await expect(refusalOf('v2')).resolves.toMatchObject({ kind: 'unavailable' });
    await expect(test.host.remove('wine')).resolves.toBeUndefined();
  });

  it('keeps services apart that have versions of the same name', async () => {
    await apply({ v1: [test.model(1), 1] });
    await test.host.apply({
      service: 'beer',
      maxQueue: 1,
      ...ofTheEdge,
      versions: [{ name: 'v1', model: test.model(100), replicas: 1, ...running }],
    });
    await until(() => isUp('v1')() && test.host.states('beer')[0]?.running === 1);
    await test.host.remove('wine');
    const { predictions } = await test.host.invoke(test.ask([[1, 2]], { service: 'beer' }));
    expect(Array.from(predictions)).toEqual([300]);
  });
};
