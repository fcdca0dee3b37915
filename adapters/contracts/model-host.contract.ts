import type { Invocation, ModelHost, ServicePlan } from '../../core/inference/model-host';
import type { ModelVersion } from '../../core/models/model-version';

/** A host, and what the contract has it run. */
export interface HostUnderTest<Host extends ModelHost = ModelHost> {
  readonly host: Host;
  /** A model that answers `factor` times the sum of a row. */
  readonly model: (factor: number) => ModelVersion | Promise<ModelVersion>;
  /** A model that cannot be brought up. */
  readonly broken: () => ModelVersion | Promise<ModelVersion>;
  /** A request of rows of two numbers. */
  readonly ask: (rows: readonly (readonly number[])[], about?: Partial<Invocation>) => Invocation;
  /** Leaves a host that runs nothing, or none. */
  readonly close: () => Promise<void>;
}

type Rows = readonly (readonly number[])[];
/** The versions of a plan: the model of each, and how many replicas. */
type Versions = Readonly<Record<string, readonly [ModelVersion, number]>>;

const SETTLES_WITHIN_MS = 30_000;
const compute = { instances: { type: 'ml.m5.large', count: 1 } };

/** A plan of these versions. */
export const planOf = (versions: Versions, service = 'wine'): ServicePlan => ({
  service,
  maxQueue: 100,
  throttle: { rate: 100, burst: 200, quota: null },
  stopped: false,
  versions: Object.entries(versions).map(([name, [model, replicas]]) => ({
    ...{ name, model, replicas, compute },
    started: replicas > 0,
  })),
});

/** Waits until something is so, and has `meanwhile` done before each look. */
export const until = async (
  condition: () => unknown,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<void> => {
  for (const end = Date.now() + SETTLES_WITHIN_MS; ; ) {
    await meanwhile();
    if (await condition()) return;
    if (Date.now() > end) throw new Error(`still not so: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/**
 * What every host promises. A plan is said again and again until it is brought about, as the platform
 * does it. `open` gives a host that runs nothing yet.
 */
export const modelHostContract = (open: () => Promise<HostUnderTest>): void => {
  let test: HostUnderTest;
  /** What is wanted of each service; null when it is to be gone. */
  let wanted: Map<string, ServicePlan | null>;
  beforeEach(async () => {
    test = await open();
    wanted = new Map();
  });
  afterEach(() => test.close());

  const sayAgain = async (): Promise<void> => {
    for (const [service, plan] of wanted) {
      await (plan ? test.host.apply(plan) : test.host.remove(service));
    }
  };
  const settled = (condition: () => Promise<boolean>) => until(condition, sayAgain);
  const apply = async (versions: Versions, service = 'wine'): Promise<void> => {
    wanted.set(service, planOf(versions, service));
    await test.host.apply(planOf(versions, service));
  };
  const statesOf = async (service = 'wine') => test.host.states(service);
  const stateOf = async (version: string) =>
    (await statesOf()).find(({ name }) => name === version);
  const instancesOf = async () => test.host.instances('wine');
  const answerOf = async (rows: Rows, version = 'v1', service = 'wine') =>
    Array.from((await test.host.invoke(test.ask(rows, { version, service }))).predictions);
  // Sent within a promise: a host may refuse at once.
  const refusalOf = async (version: string) => {
    try {
      return await answerOf([[1, 2]], version);
    } catch (error) {
      return error;
    }
  };
  /** Whether the versions run, and so many replicas of each. */
  const areUp =
    (replicas: Readonly<Record<string, number>>, service = 'wine') =>
    async () => {
      const states = await statesOf(service);
      return Object.entries(replicas).every(([version, count]) =>
        states.some(
          ({ name, status, running }) =>
            name === version && status === 'running' && running === count,
        ),
      );
    };
  const UNAVAILABLE = { kind: 'unavailable' };

  it('answers nothing of a service it was not told of', async () => {
    await expect(refusalOf('v1')).resolves.toMatchObject(UNAVAILABLE);
    expect([await statesOf(), await instancesOf()]).toEqual([[], []]);
  });

  it('runs what the plan says, and each row has its answer', async () => {
    await apply({ v1: [await test.model(1), 1], v2: [await test.model(10), 2] });
    await settled(areUp({ v1: 1, v2: 2 }));
    const rows = [
      [1, 2],
      [3, 4],
    ];
    await expect(answerOf(rows)).resolves.toEqual([3, 7]);
    await expect(answerOf([[1, 2]], 'v2')).resolves.toEqual([30]);
    expect(await statesOf()).toEqual([
      { name: 'v1', status: 'running', reason: null, wanted: 1, running: 1 },
      { name: 'v2', status: 'running', reason: null, wanted: 2, running: 2 },
    ]);
  });

  it('gives each of many requests at once its own answer', async () => {
    await apply({ v1: [await test.model(1), 2] });
    await settled(areUp({ v1: 2 }));
    const numbers = Array.from({ length: 50 }, (_, i) => i);
    const answers = await Promise.all(numbers.map((i) => answerOf([[i, 1000]])));
    expect(answers).toEqual(numbers.map((i) => [i + 1000]));
  });

  it('changes nothing when the same plan is applied again', async () => {
    await apply({ v1: [await test.model(1), 2] });
    await settled(areUp({ v1: 2 }));
    const before = await instancesOf();
    await sayAgain();
    await sayAgain();
    await expect(answerOf([[1, 2]])).resolves.toEqual([3]);
    expect((await instancesOf()).map(({ id, restarts }) => [id, restarts])).toEqual(
      before.map(({ id }) => [id, 0]),
    );
  });

  it('comes to the last of many plans', async () => {
    for (const factor of [1, 2, 3, 4]) await apply({ v1: [await test.model(factor), 1] });
    await apply({ v1: [await test.model(5), 2] });
    await settled(
      async () => (await areUp({ v1: 2 })()) && (await answerOf([[1, 1]])).join() === '10',
    );
    expect(await instancesOf()).toHaveLength(2);
  });

  it('tells its instances apart, and knows which there are', async () => {
    await apply({ v1: [await test.model(1), 2] });
    await settled(areUp({ v1: 2 }));
    const [first, second] = await instancesOf();
    expect(first).toMatchObject({ version: 'v1', status: 'running', restarts: 0 });
    expect(first?.id).not.toBe(second?.id);
    const NOT_FOUND = { kind: 'not-found' };
    await expect(test.host.restart('wine', 'nobody')).rejects.toMatchObject(NOT_FOUND);
    await expect(test.host.restart('beer', first?.id ?? '')).rejects.toMatchObject(NOT_FOUND);
  });

  it('says why a version does not come up, and others run all the same', async () => {
    const good = await test.model(1);
    await apply({ v1: [good, 1] });
    await settled(areUp({ v1: 1 }));
    await apply({ v1: [good, 1], v2: [await test.broken(), 1] });
    await settled(async () => (await stateOf('v2'))?.status === 'failed');
    const { reason, ...state } = (await stateOf('v2')) ?? {};
    expect(state).toMatchObject({ wanted: 1, running: 0 });
    expect(reason).toMatch(/\w{3,}/);
    expect(await areUp({ v1: 1 })()).toBe(true);
    await expect(answerOf([[1, 2]])).resolves.toEqual([3]);
    await expect(refusalOf('v2')).resolves.toMatchObject(UNAVAILABLE);
  });

  it('stops a version that wants no replicas, and starts it again', async () => {
    const [one, ten] = [await test.model(1), await test.model(10)];
    await apply({ v1: [one, 1], v2: [ten, 1] });
    await settled(areUp({ v1: 1, v2: 1 }));
    await apply({ v1: [one, 0], v2: [ten, 1] });
    await settled(async () => (await stateOf('v1'))?.status === 'stopped');
    expect(await stateOf('v1')).toMatchObject({ wanted: 0, running: 0 });
    await expect(refusalOf('v1')).resolves.toMatchObject(UNAVAILABLE);
    await expect(answerOf([[1, 2]], 'v2')).resolves.toEqual([30]);
    await apply({ v1: [one, 1], v2: [ten, 1] });
    await settled(areUp({ v1: 1 }));
    await expect(answerOf([[1, 2]])).resolves.toEqual([3]);
  });

  it('forgets a version that left the plan, and a service that was removed', async () => {
    const ten = await test.model(10);
    await apply({ v1: [await test.model(1), 1], v2: [ten, 1] });
    await settled(areUp({ v1: 1, v2: 1 }));
    await apply({ v2: [ten, 1] });
    await settled(async () => (await statesOf()).length === 1);
    await expect(refusalOf('v1')).resolves.toMatchObject(UNAVAILABLE);
    wanted.set('wine', null);
    await settled(async () => (await statesOf()).length === 0);
    expect(await instancesOf()).toEqual([]);
    await expect(refusalOf('v2')).resolves.toMatchObject(UNAVAILABLE);
    await expect(test.host.remove('wine')).resolves.toBeUndefined();
  });

  it('keeps services apart that have versions of the same name', async () => {
    await apply({ v1: [await test.model(1), 1] });
    await apply({ v1: [await test.model(100), 1] }, 'beer');
    await settled(async () => (await areUp({ v1: 1 })()) && (await areUp({ v1: 1 }, 'beer')()));
    wanted.set('wine', null);
    await settled(async () => (await statesOf()).length === 0);
    await expect(answerOf([[1, 2]], 'v1', 'beer')).resolves.toEqual([300]);
  });
};
