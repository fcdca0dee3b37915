import { serviceRecords } from './service-records';
import { newService, openServices, version } from './services-fixture';

describe('service records', () => {
  it('give each part a revision of its own, which moves with that part alone', async () => {
    const { create, services, updateVersion, update } = openServices();
    const { service, versions } = await create(newService('wine', version('v1'), version('v2')));
    expect(versions.map(({ revision }) => revision)).toEqual([service.revision, service.revision]);

    await updateVersion({ service: 'wine', version: 'v2', patch: { description: 'new' } });
    const after = await services.read('wine');
    expect(after?.service).toEqual(service);
    expect(after?.versions[0]).toEqual(versions[0]);
    expect(after?.versions[1]?.revision).toBeGreaterThan(service.revision);

    await update({ service: 'wine', patch: { description: 'red' } });
    await expect(services.find('wine')).resolves.toMatchObject({ description: 'red' });
    expect((await services.versionsOf('wine'))[1]).toEqual(after?.versions[1]);
  });

  it('move updated_at and the revision only when something changed', async () => {
    const { create, update, services, advance } = openServices();
    const created = await create(newService('wine'));
    advance(60_000);
    await update({ service: 'wine', patch: { description: '' } });
    await expect(services.read('wine')).resolves.toEqual(created);
    await update({ service: 'wine', patch: { description: 'red' } });
    await expect(services.find('wine')).resolves.toMatchObject({
      created_at: '2026-01-01T12:00:00.000Z',
      updated_at: '2026-01-01T12:01:00.000Z',
      revision: created.service.revision + 1,
    });
  });

  it('never give a name its old revisions again', async () => {
    const { create, services, ...use } = openServices();
    const first = await create(newService('wine'));
    await use.delete({ service: 'wine', purge: false });
    const second = await create(newService('wine', version('v1')));
    expect(second.service.revision).toBeGreaterThan(first.service.revision);
    await use.updateVersion({ service: 'wine', version: 'v1', patch: { description: 'x' } });
    await expect(services.find('wine')).resolves.toEqual(second.service);
  });

  it('tell of services whose tables may need columns, when they are there, and of no other change', async () => {
    const { store, create, services, updateVersion } = openServices();
    const beer = await create(newService('beer', version('v1')));
    const told: unknown[] = [];
    const telling = serviceRecords(store, async (name) => {
      told.push([name, (await telling.versionsOf(name)).length]);
    });
    await telling.create({ ...beer, service: { ...beer.service, name: 'wine' } });
    expect(told).toEqual([['wine', 1]]);
    const wine = await telling.read('wine');
    if (!wine) throw new Error('it was made');
    const described = { ...wine, service: { ...wine.service, description: 'red' } };
    const after = await telling.replace(wine, described, '2026-01-01T12:00:00.000Z');
    expect(told.length).toBe(1);
    await telling.replace(after, { ...after, versions: [] }, '2026-01-01T12:00:00.000Z');
    expect(told.length).toBe(2);
    // Whoever wants not to be told is not.
    await updateVersion({ service: 'beer', version: 'v1', patch: { description: 'x' } });
    expect((await services.read('beer'))?.versions.length).toBe(1);
    expect(told.length).toBe(2);
  });

  it('list services by name, page by page, without those that are being deleted', async () => {
    const { create, services } = openServices();
    for (const name of ['wine', 'beer', 'cider']) await create(newService(name));
    const cider = await services.read('cider');
    if (cider) await services.beginDeletion(cider, { purge: false });
    const first = await services.list({ limit: 1 });
    expect(first.items.map(({ name }) => name)).toEqual(['beer']);
    const rest = await services.list({ limit: 9, cursor: first.next_cursor ?? '' });
    expect(rest).toMatchObject({ items: [{ name: 'wine' }], next_cursor: null });
    await expect(services.find('cider')).resolves.toBeUndefined();
    await expect(services.guard('cider')).resolves.toBeUndefined();
  });
});
