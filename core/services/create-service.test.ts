import { newService, openServices, version } from './services-fixture';

describe('creating a service', () => {
  it('makes a draft that has no version yet', async () => {
    const { create, services } = openServices();
    await create(newService('wine'));
    await expect(services.find('wine')).resolves.toMatchObject({
      name: 'wine',
      traffic: {},
      wanted: 'running',
      managed_by: 'api',
      created_by: 'ann',
    });
  });

  it('gives the first of its versions all traffic and starts them', async () => {
    const { create, host } = openServices();
    const created = await create(newService('wine', version('v2'), version('v1', 2)));
    expect(created.service.traffic).toEqual({ v2: 100 });
    expect(host.states('wine').map(({ name, status }) => [name, status])).toEqual([
      ['v2', 'running'],
      ['v1', 'running'],
    ]);
  });

  it.each(['requests', 'labels', 'tidegate-wine', 'wine-errors'])(
    'refuses the name %s, which would collide with the tables',
    async (name) => {
      const { create } = openServices();
      await expect(create(newService(name))).rejects.toMatchObject({ kind: 'bad-request' });
    },
  );

  it('refuses llm services', async () => {
    const { create } = openServices();
    const chat = { ...newService('chat'), kind: 'llm' as const };
    await expect(create(chat)).rejects.toMatchObject({ kind: 'bad-request' });
  });

  it('refuses a name that is taken, to all but one of those who ask at once', async () => {
    const { create } = openServices();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, () => create(newService('wine'))),
    );
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toMatchObject(
      Array.from({ length: 4 }, () => ({ reason: { kind: 'already-exists' } })),
    );
  });

  it('refuses a model that is not registered', async () => {
    const { create } = openServices();
    await expect(create(newService('wine', version('v1', 9)))).rejects.toMatchObject({
      kind: 'not-found',
      message: 'no model wine/9: register it first',
    });
  });

  it.each([3, 4])(
    'refuses versions that answer differently (wine/1 and wine/%i)',
    async (other) => {
      const { create, services } = openServices();
      const mixed = newService('wine', version('v1'), version('v2', other));
      await expect(create(mixed)).rejects.toMatchObject({ kind: 'incompatible-signature' });
      await expect(services.find('wine')).resolves.toBeUndefined();
    },
  );

  it('refuses more than ten versions', async () => {
    const { create } = openServices();
    const many = Array.from({ length: 11 }, (_, i) => version(`v${i}`));
    await expect(create(newService('wine', ...many))).rejects.toMatchObject({ kind: 'in-use' });
  });
});
