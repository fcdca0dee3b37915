import { newService, openServices, version } from './services-fixture';

const service = 'wine';

describe('versions of a service', () => {
  const open = async () => {
    const opened = openServices();
    await opened.create(newService(service));
    const add = (name: string, model = 1, start = true) =>
      opened.add({ ...version(name, model), start, service, by: 'bob' });
    return { ...opened, add };
  };

  it('start when they are added; the first gets all traffic, later ones none', async () => {
    const { add, host } = await open();
    await add('v1');
    const { service: wine, versions } = await add('v2', 2);
    expect(wine.traffic).toEqual({ v1: 100 });
    expect(versions.map(({ name, created_by }) => [name, created_by])).toEqual([
      ['v1', 'bob'],
      ['v2', 'bob'],
    ]);
    expect(new Set(versions.map(({ id }) => id)).size).toBe(2);
    expect(host.states(service).every(({ status }) => status === 'running')).toBe(true);
  });

  it('do not start when that is not wanted', async () => {
    const { add, host } = await open();
    await add('v1', 1, false);
    expect(host.states(service)).toMatchObject([{ name: 'v1', status: 'stopped' }]);
  });

  it('of a stopped service wait for it', async () => {
    const { add, stop, start, host } = await open();
    await stop({ service });
    await add('v1');
    expect(host.states(service)).toMatchObject([{ name: 'v1', status: 'stopped' }]);
    await start({ service });
    expect(host.states(service)).toMatchObject([{ name: 'v1', status: 'running' }]);
  });

  it('have names of their own within the service', async () => {
    const { add } = await open();
    await add('v1');
    await expect(add('v1', 2)).rejects.toMatchObject({ kind: 'already-exists' });
  });

  it('are ten at most, however many are added at once', async () => {
    const { add, services } = await open();
    const outcomes = await Promise.allSettled(Array.from({ length: 13 }, (_, i) => add(`v${i}`)));
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toMatchObject(
      Array.from({ length: 3 }, () => ({ reason: { kind: 'in-use' } })),
    );
    await expect(services.versionsOf(service)).resolves.toHaveLength(10);
  });

  it('all answer values of one type and width', async () => {
    const { add } = await open();
    await add('v1');
    await expect(add('v2', 3)).rejects.toMatchObject({
      kind: 'incompatible-signature',
      message: 'wine/3 answers string per row, v1 double: give it a service of its own',
    });
    await expect(add('v2', 4)).rejects.toMatchObject({ kind: 'incompatible-signature' });
    await expect(add('v2', 9)).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('need a service', async () => {
    const { add } = openServices();
    const lost = add({ ...version('v1'), service: 'beer', by: 'bob' });
    await expect(lost).rejects.toMatchObject({ kind: 'service-not-found' });
  });

  it('can be given other compute, environment and another model of the same kind', async () => {
    const { add, updateVersion, plans } = await open();
    await add('v1');
    await add('v2', 2);
    const compute = { instances: { type: 'ml.m5.large', min: 2, max: 4 } };
    const patch = { compute, environment: { LEVEL: 'debug' }, model: { name: 'wine', version: 1 } };
    await updateVersion({ service, version: 'v2', patch });
    expect(plans.at(-1)?.versions[1]).toMatchObject({
      name: 'v2',
      replicas: 2,
      environment: { LEVEL: 'debug' },
      model: { model: 'wine', version: 1 },
    });
    const other = { model: { name: 'wine', version: 3 } };
    await expect(updateVersion({ service, version: 'v2', patch: other })).rejects.toMatchObject({
      kind: 'incompatible-signature',
    });
  });

  it('may change what they answer while there is only one of them', async () => {
    const { add, updateVersion } = await open();
    await add('v1');
    const patch = { model: { name: 'wine', version: 3 } };
    await expect(updateVersion({ service, version: 'v1', patch })).resolves.toMatchObject({
      versions: [{ model: { name: 'wine', version: 3 } }],
    });
  });

  it('can be stopped and started again, unless they get traffic', async () => {
    const { add, stopVersion, startVersion, host } = await open();
    await add('v1');
    await add('v2');
    await expect(stopVersion({ service, version: 'v1' })).rejects.toMatchObject({
      kind: 'in-use',
      message: 'v1 gets 100 % of the traffic: give it to another version first',
    });
    await stopVersion({ service, version: 'v2' });
    expect(host.states(service)[1]).toMatchObject({ name: 'v2', status: 'stopped' });
    await startVersion({ service, version: 'v2' });
    expect(host.states(service)[1]).toMatchObject({ name: 'v2', status: 'running' });
  });

  it('do not start one by one while their service is stopped', async () => {
    const { add, stop, startVersion } = await open();
    await add('v1');
    await stop({ service });
    await expect(startVersion({ service, version: 'v1' })).rejects.toMatchObject({
      kind: 'not-running',
    });
  });

  it('are deleted when they are stopped and get no traffic', async () => {
    const { add, deleteVersion, stopVersion, fate, plans } = await open();
    await add('v1');
    await add('v2');
    const gone = { service, version: 'v2' };
    await expect(deleteVersion({ service, version: 'v1' })).rejects.toMatchObject({
      kind: 'in-use',
    });
    await expect(deleteVersion(gone)).rejects.toMatchObject({ kind: 'not-stopped' });
    await stopVersion(gone);
    fate(service, 'v2', 'stopping');
    await expect(deleteVersion(gone)).rejects.toMatchObject({ kind: 'not-stopped' });
    fate(service, 'v2', 'stopped');
    await deleteVersion(gone);
    expect(plans.at(-1)?.versions.map(({ name }) => name)).toEqual(['v1']);
    await expect(deleteVersion(gone)).rejects.toMatchObject({ kind: 'version-not-found' });
  });

  it('refuse a writer that looked at another revision of theirs', async () => {
    const { add, updateVersion } = await open();
    const { versions } = await add('v1');
    const revision = versions[0]?.revision;
    const write = (description: string) =>
      updateVersion({ service, version: 'v1', patch: { description }, revision });
    await write('a');
    await expect(write('b')).rejects.toMatchObject({ kind: 'revision-conflict' });
  });
});

describe('starting and stopping a service', () => {
  it('stops all, and starts what ran', async () => {
    const { create, stop, start, stopVersion, host } = openServices();
    await create(newService(service, version('v1'), version('v2'), version('v3')));
    await stopVersion({ service, version: 'v2' });
    const statuses = () => host.states(service).map(({ status }) => status);
    await stop({ service });
    expect(statuses()).toEqual(['stopped', 'stopped', 'stopped']);
    await start({ service });
    expect(statuses()).toEqual(['running', 'stopped', 'running']);
  });

  it('changes nothing when it is done twice', async () => {
    const { create, stop, services } = openServices();
    await create(newService(service, version('v1')));
    const once = await stop({ service });
    await stop({ service });
    await expect(services.read(service)).resolves.toEqual(once);
  });

  it('refuses a caller that looked at another revision', async () => {
    const { create, stop } = openServices();
    const { service: wine } = await create(newService(service));
    const stale = stop({ service, revision: wine.revision + 1 });
    await expect(stale).rejects.toMatchObject({ kind: 'revision-conflict' });
  });
});
