import type { Service, ServiceVersion } from '../services/service';
import { modelVersion } from '../services/services-fixture';
import { serviceDirectory } from './service-directory';

const open = () => {
  let clock = 0;
  let reads = 0;
  const state: { service: Service | undefined; gate: Promise<void> } = {
    service: { name: 'wine', throttle: { rate: 1, burst: 1, quota: null } } as Service,
    gate: Promise.resolve(),
  };
  const directory = serviceDirectory({
    findService: async (name) => {
      reads += 1;
      const { service } = state;
      await state.gate;
      return name === 'wine' ? service : undefined;
    },
    versionsOf: async () => [
      { name: 'v1', model: { name: 'wine', version: 1 } } as ServiceVersion,
      { name: 'v2', model: { name: 'gone', version: 1 } } as ServiceVersion,
    ],
    findModel: async (name, version) => (name === 'wine' ? modelVersion(name, version) : undefined),
    clock: () => clock,
  });
  return {
    directory,
    state,
    reads: () => reads,
    advance: (ms: number) => {
      clock += ms;
    },
  };
};

describe('the services that the prediction path knows', () => {
  it('reads a service once and then answers without a promise', async () => {
    const { directory, reads } = open();
    const both = await Promise.all([directory.find('wine'), directory.find('wine')]);
    expect(both[0]?.versions.get('v1')?.tag).toBe('wine/1');
    expect(directory.find('wine')).toBe(both[0]);
    expect(reads()).toBe(1);
  });

  it('leaves out a version whose model is gone', async () => {
    const { directory } = open();
    const serving = await directory.find('wine');
    expect([...(serving?.versions.keys() ?? [])]).toEqual(['v1']);
  });

  it('knows the versions that get traffic, also when one is taken away while it reads', async () => {
    const model = { name: 'wine', version: 1 };
    let now = { traffic: { v1: 100 } as Service['traffic'], names: ['v1', 'v2'] };
    /** One write of a manifest, between the first read and the second. */
    const takeAway = (): void => {
      now = { traffic: { v2: 100 }, names: ['v2'] };
    };
    const read = <T>(answer: T): T => {
      takeAway();
      return answer;
    };
    const directory = serviceDirectory({
      findService: async (name) => read({ name, traffic: now.traffic } as Service),
      versionsOf: async () => read(now.names.map((name) => ({ name, model }) as ServiceVersion)),
      findModel: async (name, version) => modelVersion(name, version),
      clock: () => 0,
    });
    const serving = await directory.find('wine');
    expect([...(serving?.versions.keys() ?? [])]).toEqual(
      expect.arrayContaining(Object.keys(serving?.service.traffic ?? {})),
    );
  });

  it('goes on answering with what it knows while it looks again after 5 s', async () => {
    const { directory, state, advance } = open();
    await directory.find('wine');
    state.service = undefined;
    advance(5_001);
    expect(directory.find('wine')).toBeDefined();
    await new Promise(setImmediate);
    expect(await directory.find('wine')).toBeUndefined();
  });

  it('sees a change at once when it is told to forget, also while it is reading', async () => {
    const { directory, state } = open();
    let release = (): void => undefined;
    state.gate = new Promise((resolve) => {
      release = resolve;
    });
    const before = directory.find('wine');
    await new Promise(setImmediate);
    state.service = undefined;
    directory.forget('wine');
    release();
    await before;
    expect(await directory.find('wine')).toBeUndefined();
  });

  it('remembers that there is no such service', async () => {
    const { directory, state, reads } = open();
    state.service = undefined;
    await directory.find('nowhere');
    expect(directory.find('nowhere')).toBeUndefined();
    expect(reads()).toBe(1);
  });

  it('is not driven out of its memory, nor is that filled, by names of no service', async () => {
    const { directory, reads } = open();
    await directory.find('wine');
    const asked = 2_000;
    for (let i = 0; i < asked; i += 1) await directory.find(`w${i}`);
    expect(directory.find('wine')).not.toBeInstanceOf(Promise);
    await directory.find(`w${asked - 1}`);
    expect(reads()).toBe(1 + asked);
    await directory.find('w0');
    expect(reads()).toBe(2 + asked);
  });
});
