import { setTimeout as sleep } from 'node:timers/promises';
import type { DeployedManifest, DeployedService } from '../../core/services/deployed-manifest';
import { said, saidVersion } from '../../core/services/manifest-fixture';
import { modelVersion, openServices } from '../../core/services/services-fixture';
import { manifestAdoption } from './manifest-adoption';
import { oneHolder } from './one-holder';

const { flavor, runtime, signature, expected } = modelVersion('gin', 1);
const stored = (digit: string) => ({
  ...{ flavor, runtime, signature, expected, size: 1 },
  digest: `sha256:${digit.repeat(64)}`,
});
const packages = { './a': stored('a'), './b': stored('b') };
const version = (path: './a' | './b', weight?: number) =>
  saidVersion({ model: { path }, ...(weight !== undefined && { weight }) });

/** A control plane, and what was deployed to it. */
const open = () => {
  const opened = openServices();
  const keys: string[] = [];
  let deployed: DeployedManifest | null = null;
  let inForce: string | null = null;
  const make = (read = async () => deployed) =>
    manifestAdoption({
      ...opened.needs,
      models: opened.models,
      deployed: read,
      planInForce: async () => inForce,
      alone: oneHolder({ store: opened.store, now: opened.needs.now, pause: () => sleep(1) }),
      ensureKey: async (service, name) => keys.push(`${service}/${name}`),
    });
  return {
    ...opened,
    keys,
    /** In another function. */
    another: () => make(),
    adoption: make(),
    /** A function that is held up once it has read the manifest. */
    late: () => {
      const held = Promise.withResolvers<void>();
      let reads = 0;
      const slow = make(async () => {
        const read = deployed;
        reads += 1;
        if (reads === 1) await held.promise;
        return read;
      });
      return { prepared: slow.prepare('gin'), goesOn: held.resolve };
    },
    deploys: (gin: DeployedService | null) => {
      deployed = { services: gin ? { gin } : {} };
    },
    completes: (plan: string | null) => {
      inForce = plan;
    },
    document: () => opened.services.read('gin'),
  };
};
const first: DeployedService = {
  said: said({ v1: version('./a') }, { keys: ['quickstart'] }),
  packages,
  plan: 'p1',
};
const second: DeployedService = {
  said: said({ v1: version('./a', 60), v2: version('./b', 40) }),
  packages,
  plan: 'p2',
};

describe('what a deployment brings', () => {
  it('is left alone until its stack has it, and taken over then', async () => {
    const { adoption, deploys, completes, document, keys, models } = open();
    await expect(adoption.prepare('gin')).resolves.toBe(true);
    deploys(first);
    await expect(adoption.prepare('gin')).resolves.toBe(false);
    await expect(document()).resolves.toBeUndefined();
    completes('p1');
    await expect(adoption.prepare('gin')).resolves.toBe(true);
    await expect(document()).resolves.toMatchObject({
      service: { managed_by: 'manifest', wanted: 'running', traffic: { v1: 100 } },
      versions: [{ name: 'v1', model: { name: 'gin', version: 1 } }],
    });
    await expect(models.findVersion('gin', 1)).resolves.toMatchObject({
      ...{ digest: packages['./a'].digest, size: 1, source: { path: './a' } },
      created_by: 'manifest',
    });
    expect(keys).toEqual(['gin/quickstart']);
    await expect(adoption.services()).resolves.toEqual(['gin']);
  });

  it('is taken over once by functions that see it at the same moment', async () => {
    const { another, deploys, completes, models, keys } = open();
    deploys({ ...second, said: { ...second.said, keys: ['quickstart'] } });
    completes('p2');
    await Promise.all([1, 2, 3, 4].map(() => another().prepare('gin')));
    await expect(models.find('gin')).resolves.toMatchObject({ latest_version: 2 });
    // Each made sure of it, after the one before had.
    expect(new Set(keys)).toEqual(new Set(['gin/quickstart']));
  });

  it('is followed at once by a service that is there, whose stack follows the records', async () => {
    const { adoption, deploys, completes, document } = open();
    deploys(first);
    completes('p1');
    await adoption.prepare('gin');
    await expect(adoption.isTaken('gin')).resolves.toBe(true);
    deploys(second);
    await expect(adoption.isTaken('gin')).resolves.toBe(false);
    await expect(adoption.prepare('gin')).resolves.toBe(true);
    await expect(adoption.isTaken('gin')).resolves.toBe(true);
    expect(await document()).toMatchObject({ service: { traffic: { v1: 60, v2: 40 } } });
  });

  it('is not taken back by a function that has seen an older manifest', async () => {
    const { another, deploys, completes, document, late } = open();
    deploys(first);
    completes('p1');
    await another().prepare('gin');
    // It has read the first manifest, and goes on when the second has been taken over.
    const slow = late();
    deploys(second);
    await another().prepare('gin');
    slow.goesOn();
    await expect(slow.prepared).resolves.toBe(true);
    expect(await document()).toMatchObject({ service: { traffic: { v1: 60, v2: 40 } } });
  });

  it('is taken over once: what operators changed since then stays', async () => {
    const { adoption, another, deploys, completes, document, traffic, reconciler } = open();
    deploys(second);
    completes('p2');
    await adoption.prepare('gin');
    await reconciler.changed('gin');
    await traffic({ service: 'gin', traffic: { v1: 100 } });
    const before = await document();
    for (const function_ of [adoption, another()]) await function_.prepare('gin');
    expect(await document()).toEqual(before);
    deploys({ ...second, said: said({ v1: version('./a', 30), v2: version('./b', 70) }) });
    await adoption.prepare('gin');
    expect(await document()).toMatchObject({ service: { traffic: { v1: 30, v2: 70 } } });
  });

  it('stays when it leaves the manifest, as the API’s', async () => {
    const { adoption, deploys, completes, document } = open();
    deploys(first);
    completes('p1');
    await adoption.prepare('gin');
    deploys(null);
    await expect(adoption.prepare('gin')).resolves.toBe(true);
    expect((await document())?.service.managed_by).toBe('api');
    deploys(first);
    await adoption.prepare('gin');
    expect((await document())?.service.managed_by).toBe('manifest');
  });

  it('takes over a service of the API, and leaves its stack to be changed like any', async () => {
    const { adoption, deploys, document, create } = open();
    const { versions: _, keys: __, ...settings } = first.said;
    await create({ name: 'gin', ...settings, versions: [], by: 'ann' });
    deploys(first);
    await expect(adoption.prepare('gin')).resolves.toBe(true);
    expect((await document())?.service.managed_by).toBe('manifest');
  });
});
