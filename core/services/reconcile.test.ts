import { newService, openServices, version } from './services-fixture';

const service = 'wine';

describe('bringing about what the records say', () => {
  it('plans every version, with no replica for one that is stopped', async () => {
    const { create, stopVersion, plans } = openServices();
    const many = { instances: { type: 'ml.m5.large', count: 3 } };
    const serverless = { serverless: { memory_mb: 2048, concurrency: 10 } };
    await create({
      ...newService(
        service,
        { ...version('v1'), compute: many, environment: { A: '1' } },
        { ...version('v2', 2), compute: serverless },
        version('v3'),
      ),
      max_queue: 7,
    });
    await stopVersion({ service, version: 'v3' });
    expect(plans.at(-1)).toMatchObject({
      service,
      maxQueue: 7,
      versions: [
        { name: 'v1', replicas: 3, environment: { A: '1' }, model: { model: 'wine', version: 1 } },
        { name: 'v2', replicas: 1, model: { model: 'wine', version: 2 } },
        { name: 'v3', replicas: 0 },
      ],
    });
  });

  it('gives one plan at a time, and the last one says what the records say', async () => {
    const { create, update, reconciler, host, plans } = openServices();
    await create(newService(service, version('v1')));
    let applying = 0;
    let most = 0;
    const { apply } = host;
    host.apply = async (plan) => {
      most = Math.max(most, ++applying);
      await new Promise((resume) => setImmediate(resume));
      await apply(plan);
      applying--;
    };
    await Promise.all(
      [1, 2, 3, 4, 5].map((max_queue) => update({ service, patch: { max_queue } })),
    );
    const { max_queue: last } = (await update({ service, patch: {} })).service;
    expect(most).toBe(1);
    expect(plans.at(-1)?.maxQueue).toBe(last);
    const before = plans.length;
    await Promise.all(Array.from({ length: 10 }, () => reconciler.changed(service)));
    expect(plans.length - before).toBe(2);
  });

  it('says of a version whose model is gone why it does not run, and runs the others', async () => {
    const { create, unregister, reconciler, plans } = openServices();
    await create(newService(service, version('v1'), version('v2', 2)));
    await unregister('wine', 2);
    await reconciler.changed(service);
    expect(plans.at(-1)?.versions.map(({ name }) => name)).toEqual(['v1']);
    expect(await reconciler.statesOf(service)).toMatchObject([
      { name: 'v1', status: 'running' },
      { name: 'v2', status: 'failed', reason: 'its model wine/2 is not registered any more' },
    ]);
  });

  it('survives a host that refuses, tells of it, and tries again with the next sweep', async () => {
    const { create, refuse, reconciler, host, reports, events } = openServices();
    const refusal = new Error('no memory');
    refuse(refusal);
    await create(newService(service, version('v1')));
    expect(reports).toEqual([refusal]);
    expect(host.states(service)).toEqual([]);
    refuse(null);
    await reconciler.sweep();
    expect(host.states(service)).toMatchObject([{ status: 'running' }]);
    await events.settled();
    const { items } = await events.list({ service, limit: 100 });
    expect(items).toContainEqual(expect.objectContaining({ type: 'apply-failed', level: 'error' }));
  });

  it('sweeps every service there is', async () => {
    const { create, reconciler, plans } = openServices();
    for (let i = 0; i < 105; i++) await create(newService(`wine-${i}`));
    plans.length = 0;
    await reconciler.sweep();
    expect(new Set(plans.map((plan) => plan.service)).size).toBe(105);
  });

  it('makes events of what the host tells and of every change of status', async () => {
    const { create, stop, fate, tell, events, advance } = openServices();
    await create(newService(service, version('v1')));
    fate(service, 'v1', 'failed', 'no such file');
    fate(service, 'v1', 'running');
    tell({ service, version: 'v1', level: 'warning', type: 'died', message: 'exit code 1' });
    advance(1000);
    await stop({ service });
    await events.settled();
    const { items } = await events.list({ service, limit: 100 });
    const told = items.map((event) => [
      `${event.resource_kind} ${event.resource_name}`,
      event.type,
      event.message,
      event.count,
    ]);
    expect(told).toEqual(
      expect.arrayContaining([
        ['version v1', 'running', 'It is running.', 2],
        ['version v1', 'failed', 'no such file', 1],
        ['version v1', 'died', 'exit code 1', 1],
        ['version v1', 'stopped', 'It is stopped.', 1],
        ['service wine', 'running', 'It is running.', 2],
        ['service wine', 'failed', 'v1 failed: no such file', 1],
        ['service wine', 'stopped', 'It is stopped.', 1],
      ]),
    );
    expect(items).toHaveLength(7);
  });

  it('removes what runs of a service that is gone', async () => {
    const { create, stop, host, ...use } = openServices();
    await create(newService(service, version('v1')));
    await stop({ service });
    await use.delete({ service, purge: false });
    expect(host.states(service)).toEqual([]);
  });
});
