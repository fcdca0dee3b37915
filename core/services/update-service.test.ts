import { newService, openServices } from './services-fixture';

describe('changing a service', () => {
  it('changes what is given and keeps the rest, also inside its parts', async () => {
    const { create, update } = openServices();
    await create({
      ...newService('wine'),
      capture: { sample: 1, columns: { user_id: 'hash' }, client_ip: false, when: 'before' },
    });
    const { service } = await update({
      service: 'wine',
      patch: { auth: false, capture: { sample: 0.5 }, throttle: { rate: 7 } },
    });
    expect(service).toMatchObject({
      auth: false,
      max_rows: 512,
      capture: { sample: 0.5, columns: { user_id: 'hash' }, client_ip: false, when: 'before' },
      throttle: { rate: 7, burst: 200, quota: null },
    });
  });

  it('refuses a caller that looked at another revision', async () => {
    const { create, update } = openServices();
    const { service } = await create(newService('wine'));
    const guarded = (revision: number) =>
      update({ service: 'wine', patch: { description: `${revision}` }, revision });
    await guarded(service.revision);
    await expect(guarded(service.revision)).rejects.toMatchObject({ kind: 'revision-conflict' });
  });

  it('loses none of many changes made at once', async () => {
    const { create, update, services } = openServices();
    await create(newService('wine'));
    await Promise.all([
      update({ service: 'wine', patch: { description: 'red' } }),
      update({ service: 'wine', patch: { max_rows: 10 } }),
      update({ service: 'wine', patch: { retention: { rows_days: 30 } } }),
      update({ service: 'wine', patch: { retention: { labels_days: 31 } } }),
      update({ service: 'wine', patch: { positional: true } }),
    ]);
    await expect(services.find('wine')).resolves.toMatchObject({
      description: 'red',
      max_rows: 10,
      retention: { requests_days: null, rows_days: 30, labels_days: 31 },
      positional: true,
    });
  });

  it('says so when there is no such service', async () => {
    const { update } = openServices();
    await expect(update({ service: 'wine', patch: {} })).rejects.toMatchObject({
      kind: 'service-not-found',
    });
  });
});
