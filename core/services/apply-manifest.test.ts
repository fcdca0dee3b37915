import { openManifest, said, saidVersion } from './manifest-fixture';
import { newService, version } from './services-fixture';

const service = 'wine';

describe('applying a manifest', () => {
  it('makes its services, starts their versions and has their keys made', async () => {
    const { apply, services, host, keys } = openManifest();
    const wine = said(
      {
        v1: saidVersion({ weight: 90 }),
        v2: saidVersion({ model: { path: '/models/b' }, weight: 10 }),
      },
      { description: 'red', max_rows: 7, keys: ['quickstart', 'ci'] },
    );
    await apply({ wine });
    await expect(services.read(service)).resolves.toMatchObject({
      service: {
        description: 'red',
        max_rows: 7,
        managed_by: 'manifest',
        created_by: 'manifest',
        traffic: { v1: 90, v2: 10 },
      },
      versions: [
        { name: 'v1', model: { name: 'wine', version: 1 } },
        { name: 'v2', model: { name: 'wine', version: 2 } },
      ],
    });
    expect(host.states(service).map(({ status }) => status)).toEqual(['running', 'running']);
    expect(keys).toEqual(['wine/quickstart', 'wine/ci']);
  });

  it('gives the first version all traffic when it names no weights', async () => {
    const { apply, services } = openManifest();
    await apply({ wine: said({ v2: saidVersion(), v1: saidVersion() }) });
    await expect(services.find(service)).resolves.toMatchObject({ traffic: { v2: 100 } });
  });

  it('takes registered versions and those of an MLflow server', async () => {
    const { apply, services } = openManifest();
    const mlflow = saidVersion({ model: { mlflow: 'models:/red/3' } });
    await apply({
      beer: said({ v1: saidVersion({ model: { name: 'wine', version: 2 } }), v2: mlflow }),
    });
    expect((await services.versionsOf('beer')).map(({ model }) => model)).toEqual([
      { name: 'wine', version: 2 },
      { name: 'beer', version: 1 },
    ]);
  });

  it('changes nothing when it is applied again', async () => {
    const { apply, services, plans, advance } = openManifest();
    const wine = said({ v1: saidVersion({ weight: 100 }) });
    await apply({ wine });
    const before = await services.read(service);
    const count = plans.length;
    advance(60_000);
    await apply({ wine });
    await expect(services.read(service)).resolves.toEqual(before);
    expect(plans).toHaveLength(count);
  });

  it('brings structure back to what it says and keeps the ids of versions that stay', async () => {
    const { apply, services, plans } = openManifest();
    await apply({ wine: said({ v1: saidVersion(), v2: saidVersion() }) });
    const before = await services.versionsOf(service);
    const v1 = saidVersion({ model: { path: '/models/b' }, environment: { A: '1' } });
    await apply({ wine: said({ v1, v3: saidVersion() }, { auth: false }) });
    const after = await services.versionsOf(service);
    expect(after.map(({ name }) => name)).toEqual(['v1', 'v3']);
    expect(after[0]).toMatchObject({
      id: before[0]?.id,
      model: { name: 'wine', version: 2 },
      environment: { A: '1' },
    });
    await expect(services.find(service)).resolves.toMatchObject({ auth: false });
    expect(plans.at(-1)?.versions.map(({ name }) => name)).toEqual(['v1', 'v3']);
  });

  it('writes nothing, and names each place, when something cannot be brought about', async () => {
    const { apply, services, keys } = openManifest();
    const lost = saidVersion({ model: { path: '/missing' } });
    const unknown = saidVersion({ model: { name: 'wine', version: 9 } });
    const text = saidVersion({ model: { path: '/models/text' } });
    const failed = apply({
      beer: said({ v1: saidVersion() }, { keys: ['ci'] }),
      wine: said({ v1: saidVersion(), v2: lost, v3: unknown, v4: text }),
      labels: said({}),
    });
    await expect(failed).rejects.toMatchObject({
      kind: 'bad-request',
      faults: [
        { path: 'services.wine.versions.v2.model', message: 'no package at /missing' },
        {
          path: 'services.wine.versions.v3.model',
          message: 'no model wine/9: register it first',
        },
        { path: 'services.wine.versions.v4.model', code: 'incompatible-signature' },
        { path: 'services.labels', code: 'bad-request' },
      ],
    });
    await expect(services.find('beer')).resolves.toBeUndefined();
    expect(keys).toEqual([]);
  });

  it('takes over a service that was made through the API', async () => {
    const { apply, create, services } = openManifest();
    await create(newService(service, version('old')));
    await apply({ wine: said({ v1: saidVersion() }) });
    await expect(services.read(service)).resolves.toMatchObject({
      service: { managed_by: 'manifest', created_by: 'ann', traffic: { v1: 100 } },
      versions: [{ name: 'v1' }],
    });
  });

  it('leaves a service that it no longer names to the API, as it is', async () => {
    const { apply, services, update } = openManifest();
    await apply({ wine: said({ v1: saidVersion() }) });
    const before = await services.read(service);
    await apply({});
    const after = await services.read(service);
    expect(after?.versions).toEqual(before?.versions);
    expect(after?.service).toMatchObject({ managed_by: 'api', traffic: { v1: 100 } });
    await update({ service, patch: { description: 'mine now' } });
  });

  it('starts a version that it gives traffic, and leaves a stopped service stopped', async () => {
    const { apply, stop, stopVersion, services } = openManifest();
    const both = (v1: number, v2: number) =>
      said({ v1: saidVersion({ weight: v1 }), v2: saidVersion({ weight: v2 }) });
    await apply({ wine: both(100, 0) });
    await stopVersion({ service, version: 'v2' });
    await stop({ service });
    await apply({ wine: both(50, 50) });
    await expect(services.read(service)).resolves.toMatchObject({
      service: { wanted: 'stopped', traffic: { v1: 50, v2: 50 } },
      versions: [{ wanted: 'running' }, { wanted: 'running' }],
    });
  });

  it('takes the traffic back when the version that operators gave it to is left out', async () => {
    const { apply, traffic, services } = openManifest();
    const v1 = saidVersion({ weight: 100 });
    await apply({ wine: said({ v1, v2: saidVersion({ weight: 0 }) }) });
    await traffic({ service, traffic: { v2: 100 } });
    await apply({ wine: said({ v1 }) });
    await expect(services.find(service)).resolves.toMatchObject({ traffic: { v1: 100 } });
  });

  it('loses no change that an operator makes at the same time', async () => {
    const { apply, stop, services } = openManifest();
    const wine = said({ v1: saidVersion() });
    await apply({ wine });
    await Promise.all([apply({ wine: { ...wine, description: 'red' } }), stop({ service })]);
    await expect(services.find(service)).resolves.toMatchObject({
      description: 'red',
      wanted: 'stopped',
    });
  });
});

describe('a service that a manifest describes', () => {
  const open = async () => {
    const opened = openManifest();
    await opened.apply({
      wine: said({ v1: saidVersion({ weight: 100 }), v2: saidVersion({ weight: 0 }) }),
    });
    return opened;
  };
  const refused = { kind: 'managed-by-manifest' };

  it('refuses other structure', async () => {
    const { update, add, updateVersion, deleteVersion, stop, stopVersion, ...use } = await open();
    await expect(update({ service, patch: { auth: false } })).rejects.toMatchObject(refused);
    const added = add({ ...version('v3'), service, by: 'bob' });
    await expect(added).rejects.toMatchObject(refused);
    for (const patch of [
      { description: 'x' },
      { environment: { A: '1' } },
      { model: { name: 'wine', version: 2 } },
      { compute: { instances: { type: 'ml.m5.xlarge', count: 2 } } },
      { compute: { instances: { type: 'ml.m5.large', count: 2 } }, description: 'x' },
    ]) {
      const changed = updateVersion({ service, version: 'v1', patch });
      await expect(changed).rejects.toMatchObject(refused);
    }
    await stopVersion({ service, version: 'v2' });
    await expect(deleteVersion({ service, version: 'v2' })).rejects.toMatchObject(refused);
    await stop({ service });
    await expect(use.delete({ service, purge: false })).rejects.toMatchObject(refused);
  });

  it('lets operators start and stop, shift traffic and change counts', async () => {
    const { traffic, stop, start, stopVersion, startVersion, updateVersion, services } =
      await open();
    await stop({ service });
    await start({ service });
    await stopVersion({ service, version: 'v2' });
    await startVersion({ service, version: 'v2' });
    await traffic({ service, traffic: { v1: 90, v2: 10 } });
    const compute = { instances: { type: 'ml.m5.large', count: 3 } };
    await updateVersion({ service, version: 'v1', patch: { compute } });
    await expect(services.read(service)).resolves.toMatchObject({
      service: { traffic: { v1: 90, v2: 10 } },
      versions: [{ compute }, {}],
    });
  });
});
