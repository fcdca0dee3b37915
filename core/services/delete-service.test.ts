import { tableRecords } from '../tables/table-records';
import { deleteService, finishDeletions } from './delete-service';
import { newService, openServices, version } from './services-fixture';

const service = 'wine';

describe('deleting a service', () => {
  const open = async () => {
    const opened = openServices();
    await opened.create(newService(service, version('v1')));
    return opened;
  };

  it('is refused while something of it runs', async () => {
    const { fate, stop, ...use } = await open();
    await expect(use.delete({ service, purge: false })).rejects.toMatchObject({
      kind: 'not-stopped',
      message: 'wine is running: stop it first',
    });
    await stop({ service });
    fate(service, 'v1', 'stopping');
    await expect(use.delete({ service, purge: false })).rejects.toMatchObject({
      kind: 'not-stopped',
    });
  });

  it('leaves nothing', async () => {
    const { stop, store, host, removed, events, ...use } = await open();
    await stop({ service });
    await events.settled();
    await use.delete({ service, purge: false });
    await events.settled();
    for (const partition of ['services', 'events#wine']) {
      await expect(store.list({ partition, limit: 9 })).resolves.toEqual({ records: [] });
    }
    expect(host.states(service)).toEqual([]);
    expect(removed).toEqual(['keys of wine', 'logs of wine']);
    await expect(use.delete({ service, purge: false })).rejects.toMatchObject({
      kind: 'service-not-found',
    });
  });

  it('takes what was captured only when that is asked for', async () => {
    const { stop, removed, ...use } = await open();
    await stop({ service });
    await use.delete({ service, purge: true });
    expect(removed).toContain('tables of wine');
  });

  it('keeps the name taken while what was captured is going', async () => {
    const { stop, create, deletion } = await open();
    await stop({ service });
    let isGone = false;
    const purging = { ...deletion, purge: async () => isGone };
    await deleteService(purging)({ service, purge: true });
    await expect(create(newService(service))).rejects.toMatchObject({ kind: 'already-exists' });
    await finishDeletions(purging)();
    await expect(create(newService(service))).rejects.toMatchObject({ kind: 'already-exists' });
    isGone = true;
    await finishDeletions(purging)();
    await create(newService(service));
  });

  it('says whether somebody asks for what was captured to go, or it is gone on with', async () => {
    const { stop, deletion } = await open();
    await stop({ service });
    const asked: boolean[] = [];
    const purge = async (_: string, isAsked: boolean) => asked.push(isAsked) === 3;
    await deleteService({ ...deletion, purge })({ service, purge: true });
    await finishDeletions({ ...deletion, purge })();
    await deleteService({ ...deletion, purge })({ service, purge: true });
    expect(asked).toEqual([true, false, true]);
  });

  it('takes what was captured of a service that was deleted before, once', async () => {
    const { stop, store, create, deletion, removed, services, ...use } = await open();
    await stop({ service });
    await use.delete({ service, purge: false });
    expect(removed).not.toContain('tables of wine');
    const purging = { ...deletion, purge: async () => false };
    await deleteService(purging)({ service, purge: true });
    await expect(services.find(service)).resolves.toBeUndefined();
    await expect(create(newService(service))).rejects.toMatchObject({ kind: 'already-exists' });
    await use.finishDeletions();
    expect(removed).toContain('tables of wine');

    await tableRecords(store).remove(service);
    await expect(use.delete({ service, purge: true })).rejects.toMatchObject({
      kind: 'service-not-found',
    });
    await create(newService(service));
  });

  it('works for a draft', async () => {
    const { create, services, ...use } = openServices();
    await create(newService('beer'));
    await use.delete({ service: 'beer', purge: false });
    await expect(services.find('beer')).resolves.toBeUndefined();
  });

  it('keeps the name taken until all is gone, goes on after a crash, and frees it then', async () => {
    const { stop, create, deletion, services, removed, host, ...use } = await open();
    await stop({ service });
    const removeKeysOf = () => Promise.reject(new Error('killed'));
    const remove = deleteService({ ...deletion, removeKeysOf });
    await expect(remove({ service, purge: true })).rejects.toThrow('killed');
    await expect(services.find(service)).resolves.toBeUndefined();
    await expect(create(newService(service))).rejects.toMatchObject({ kind: 'already-exists' });

    await finishDeletions(deletion)();
    expect(removed).toEqual(['keys of wine', 'logs of wine', 'tables of wine']);
    await create(newService(service));
    await use.finishDeletions();
    await expect(services.find(service)).resolves.toMatchObject({ name: service });
  });

  it('is finished beside another that cannot be', async () => {
    const { stop, create, deletion, services, removed } = await open();
    await create(newService('beer'));
    for (const name of [service, 'beer']) {
      await stop({ service: name });
      const found = await services.read(name);
      if (found) await services.beginDeletion(found, { purge: false });
    }
    const logs = {
      remove: async (name: string) => {
        if (name === 'beer') throw new Error('no such disk');
        await deletion.logs.remove(name);
      },
    };
    await expect(finishDeletions({ ...deletion, logs })()).rejects.toThrow('no such disk');
    expect(removed).toEqual(['keys of beer', 'keys of wine', 'logs of wine']);
    expect(await services.listDeletions()).toEqual(['beer']);
  });

  it('is finished by asking again', async () => {
    const { stop, services, removed, ...use } = await open();
    await stop({ service });
    const wine = await services.read(service);
    if (wine) await services.beginDeletion(wine, { purge: false });
    await use.delete({ service, purge: false });
    expect(removed).toEqual(['keys of wine', 'logs of wine']);
  });

  it('asked for twice at once is done once, and both are told it is done', async () => {
    const { stop, services, ...use } = await open();
    await stop({ service });
    const input = { service, purge: false };
    await Promise.all([use.delete(input), use.delete(input), use.delete(input)]);
    await expect(services.findDeletion(service)).resolves.toBeNull();
  });

  it('refuses a caller that looked at another revision', async () => {
    const { stop, ...use } = await open();
    const { service: wine } = await stop({ service });
    const stale = use.delete({ service, purge: false, revision: wine.revision - 1 });
    await expect(stale).rejects.toMatchObject({ kind: 'revision-conflict' });
  });
});
