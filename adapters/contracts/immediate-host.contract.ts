import type { HostEvent, ImmediateHost } from '../../core/inference/model-host';
import type { ModelVersion } from '../../core/models/model-version';
import { type HostUnderTest, modelHostContract, planOf, until } from './model-host.contract';

/** What every host in this process promises beside that: all of it comes about by itself, and is told. */
export const immediateHostContract = (open: () => Promise<HostUnderTest<ImmediateHost>>): void => {
  describe('as every host', () => modelHostContract(open));
  describe('as one in this process', () => inThisProcess(open));
};

const inThisProcess = (open: () => Promise<HostUnderTest<ImmediateHost>>): void => {
  let test: HostUnderTest<ImmediateHost>;
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

  const apply = (model: ModelVersion, replicas: number) =>
    test.host.apply(planOf({ v1: [model, replicas] }));
  const state = () => test.host.states('wine')[0];
  const instances = () => test.host.instances('wine');
  const isUp = (replicas: number) => () => state()?.running === replicas;

  it('tells what changes, and what happened to a version', async () => {
    await apply(await test.model(1), 1);
    await until(isUp(1));
    expect(changed).toContain('wine');
    await apply(await test.broken(), 1);
    await until(() => events.some(({ type }) => type === 'failed'));
    expect(events).toContainEqual(
      expect.objectContaining({ service: 'wine', version: 'v1', level: 'error', type: 'failed' }),
    );
  });

  it('restarts an instance when asked, and no other', async () => {
    await apply(await test.model(1), 2);
    await until(isUp(2));
    const [first, second] = instances();
    expect(first?.started_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    await test.host.restart('wine', first?.id ?? '');
    const restartsOf = (id = '') => instances().find((one) => one.id === id)?.restarts;
    await until(() => restartsOf(first?.id) === 1);
    expect(restartsOf(second?.id)).toBe(0);
  });

  it('forgets a service at once that is removed', async () => {
    await apply(await test.model(1), 1);
    await until(isUp(1));
    await test.host.remove('wine');
    expect([test.host.states('wine'), instances()]).toEqual([[], []]);
  });

  it('changes model, count and instances under way without a failed request', async () => {
    const [one, ten] = [await test.model(1), await test.model(10)];
    await apply(one, 1);
    await until(isUp(1));
    const seen = new Set<unknown>();
    const over = new AbortController();
    const caller = async () => {
      while (!over.signal.aborted) {
        const { predictions } = await test.host.invoke(test.ask([[1, 1]]));
        seen.add(predictions[0]);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const callers = Promise.all([caller(), caller(), caller()]);
    await apply(one, 3);
    await until(isUp(3));
    await apply(ten, 2);
    await until(() => seen.has(20) && isUp(2)());
    await test.host.restart('wine', instances()[0]?.id ?? '');
    await until(() => instances()[0]?.restarts === 1);
    await apply(ten, 1);
    await until(() => instances().length === 1 && isUp(1)());
    over.abort();
    await expect(callers).resolves.toHaveLength(3);
    expect([...seen]).toEqual([2, 20]);
  });
};
