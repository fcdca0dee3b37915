import fc from 'fast-check';
import { newService, openServices, version } from './services-fixture';

describe('sharing traffic out', () => {
  const open = async () => {
    const opened = openServices();
    await opened.create(newService('wine', version('v1'), version('v2', 2)));
    return {
      ...opened,
      set: (traffic: Record<string, number>) => opened.traffic({ service: 'wine', traffic }),
    };
  };

  it('takes whole weights that sum to 100, and leaves out those that are 0', async () => {
    const { set, services } = await open();
    await expect(set({ v1: 90, v2: 10 })).resolves.toMatchObject({
      service: { traffic: { v1: 90, v2: 10 } },
    });
    await set({ v1: 0, v2: 100 });
    expect((await services.find('wine'))?.traffic).toEqual({ v2: 100 });
  });

  it.each([
    [{ v1: 90 }, 'weights sum to 90, not 100'],
    [{}, 'weights sum to 0, not 100'],
    [
      { v1: 99.5, v2: 0.5 },
      'v1 needs a whole percentage, 0 or more; v2 needs a whole percentage, 0 or more',
    ],
    [{ v1: 110, v2: -10 }, 'v2 needs a whole percentage, 0 or more'],
    [{ v1: Number.NaN }, 'v1 needs a whole percentage, 0 or more'],
  ])('refuses %j: %s', async (traffic, message) => {
    const { set } = await open();
    await expect(set(traffic)).rejects.toMatchObject({ kind: 'invalid-traffic', message });
  });

  it.each(['v9', 'toString', 'constructor'])('knows no version %s', async (name) => {
    const { set } = await open();
    await expect(set({ v1: 0, [name]: 100 })).rejects.toMatchObject({ kind: 'version-not-found' });
  });

  it('refuses traffic for a version that does not run', async () => {
    const { set, fate, stopVersion } = await open();
    fate('wine', 'v2', 'failed', 'no such file');
    await expect(set({ v2: 100 })).rejects.toMatchObject({ kind: 'not-running' });
    fate('wine', 'v2', 'starting');
    await expect(set({ v1: 50, v2: 50 })).rejects.toMatchObject({ kind: 'not-running' });
    fate('wine', 'v2', 'running');
    await stopVersion({ service: 'wine', version: 'v2' });
    await expect(set({ v1: 50, v2: 50 })).rejects.toMatchObject({ kind: 'not-running' });
    await set({ v1: 100, v2: 0 });
  });

  it('takes traffic from a version that failed', async () => {
    const { set, fate } = await open();
    fate('wine', 'v1', 'failed', 'out of memory');
    await expect(set({ v2: 100 })).resolves.toMatchObject({ service: { traffic: { v2: 100 } } });
  });

  it('refuses any traffic for a stopped service', async () => {
    const { set, stop } = await open();
    await stop({ service: 'wine' });
    await expect(set({ v1: 100 })).rejects.toMatchObject({ kind: 'not-running' });
  });

  it('refuses a caller that looked at another revision', async () => {
    const { traffic, services } = await open();
    const revision = (await services.find('wine'))?.revision;
    const set = (v1: number) =>
      traffic({ service: 'wine', traffic: { v1, v2: 100 - v1 }, revision });
    await set(60);
    await expect(set(70)).rejects.toMatchObject({ kind: 'revision-conflict' });
  });

  it('never leaves a split that is not whole, whatever is asked for', async () => {
    const { set, services } = await open();
    const name = fc.constantFrom('v1', 'v2', 'v3', '__proto__', 'valueOf');
    const weight = fc.oneof(fc.integer({ min: -10, max: 110 }), fc.double(), fc.constant(100));
    const pair = fc.integer({ min: 0, max: 100 }).map((v1) => ({ v1, v2: 100 - v1 }));
    const asked = fc.oneof(fc.dictionary(name, weight), pair);
    await fc.assert(
      fc.asyncProperty(asked, async (traffic) => {
        const before = (await services.find('wine'))?.traffic;
        const weights = Object.values(traffic);
        const valid =
          weights.every((w) => Number.isInteger(w) && w >= 0) &&
          weights.reduce((a, b) => a + b, 0) === 100 &&
          Object.keys(traffic).every((key) => key === 'v1' || key === 'v2');
        const outcome = await set(traffic).then(
          () => true,
          () => false,
        );
        expect(outcome).toBe(valid);
        const after = (await services.find('wine'))?.traffic ?? {};
        if (!valid) expect(after).toEqual(before);
        for (const [key, w] of valid ? Object.entries(traffic) : [])
          expect(after[key] ?? 0).toBe(w);
        expect(Object.values(after).reduce((a, b) => a + b, 0)).toBe(100);
      }),
      { numRuns: 200 },
    );
  });
});
