import type { ExpectedAnswers } from '../../core/models/model-version';
import { ask, type OpenHost, openHost, sumModel, until, versionPlan } from './local-host-fixture';

describe('Local host: threads', () => {
  let test: OpenHost;
  const open = async (options: Parameters<typeof openHost>[0] = {}) => {
    test = await openHost(options);
    return test;
  };
  afterEach(() => test.close());

  const invoke = async (...about: Parameters<typeof ask>) => test.host.invoke(ask(...about));
  const sumOf = async (...about: Parameters<typeof ask>) =>
    Array.from((await invoke(...about)).predictions);
  const eventTypes = () => test.events.map(({ type }) => type);
  const expected = (prediction: number): ExpectedAnswers => ({
    input: { columns: ['a', 'b'], data: [[1, 2]] },
    predictions: [prediction],
    probabilities: null,
    origin: 'given',
  });

  describe('a cheap model', () => {
    it('answers at once, once a replica has shown that it is cheap', async () => {
      const { host, newPackage, run, inlined } = await open({ inline: true });
      const model = sumModel(newPackage({ factor: 2 }), { expected: expected(6) });
      await run(versionPlan(model));
      const before = inlined();
      const answer = host.invoke(ask([[1, 2]]));
      expect(answer).not.toBeInstanceOf(Promise);
      expect(await answer).toMatchObject({ predictions: [6], width: 1 });
      expect(inlined()).toBe(before + 1);
    });

    it('learns that it is cheap from its first answers when it has no example', async () => {
      const { host, newPackage, run, inlined } = await open({ inline: true });
      await run(versionPlan(sumModel(newPackage({}))));
      await expect(sumOf([[1, 2]])).resolves.toEqual([3]);
      expect(inlined()).toBe(0);
      await until(() => !(host.invoke(ask([[1, 2]])) instanceof Promise));
      expect(inlined()).toBeGreaterThan(0);
    });

    it('sends what would take long to a replica', async () => {
      const { newPackage, run, inlined } = await open({ inline: true });
      await run(versionPlan(sumModel(newPackage({ ms: 2 }))));
      for (let i = 0; i < 3; i += 1) await sumOf([[1, 2]]);
      expect(inlined()).toBe(0);
    });

    it('is not loaded here when it is large or slow to load', async () => {
      const { host, newPackage, run } = await open({ inline: true });
      await run(
        versionPlan(sumModel(newPackage({}), { size: 2 ** 30, expected: expected(3) })),
        versionPlan(sumModel(newPackage({ loadMs: 5_000 }), { expected: expected(3) }), {
          name: 'v2',
        }),
      );
      expect(host.invoke(ask([[1, 2]]))).toBeInstanceOf(Promise);
      expect(host.invoke(ask([[1, 2]], { version: 'v2' }))).toBeInstanceOf(Promise);
    });

    it('fails as in a replica, and keeps its words from the caller', async () => {
      const { newPackage, run } = await open({ inline: true });
      await run(versionPlan(sumModel(newPackage({}), { expected: expected(3) })));
      const refused = await invoke([[-1, 2]]).catch((error) => error);
      expect(refused).toMatchObject({
        kind: 'model-error',
        cause: { message: expect.stringMatching('Gather') },
      });
      expect(refused.message).not.toMatch('Gather');
    });

    it('goes on answering while its only replica is down', async () => {
      const { host, newPackage, run } = await open({
        inline: true,
        times: { firstPause: 10_000, longestPause: 10_000 },
      });
      await run(versionPlan(sumModel(newPackage({}), { expected: expected(3) })));
      // More rows than a cheap call has: the replica gets them, and dies.
      const many = Array.from({ length: 4_096 }, () => [-2, 0]);
      await expect(invoke(many, { timeoutMs: 500 })).rejects.toMatchObject({
        kind: 'model-timeout',
      });
      await expect(sumOf([[1, 2]])).resolves.toEqual([3]);
      expect(host.states('wine')).toMatchObject([{ status: 'running', running: 0 }]);
      expect(host.modelOf('wine', 'v1')).toMatchObject({ model: 'sum' });
    });
  });

  it('answers on when the model refuses a request', async () => {
    const { host, newPackage, run } = await open();
    await run(versionPlan(sumModel(newPackage({}))));
    const refused = await invoke([[-1, 0]]).catch((error) => error);
    expect(refused).toMatchObject({
      kind: 'model-error',
      cause: { message: expect.stringMatching('Gather') },
    });
    expect(refused.message).not.toMatch('Gather');
    await expect(sumOf([[1, 2]])).resolves.toEqual([3]);
    expect(host.instances('wine')).toMatchObject([{ restarts: 0 }]);
  });

  for (const [how, cell, why] of [
    ['exits', -2, /code 3/],
    ['throws', -5, /lost its mind/],
    ['runs out of memory', -4, /out of memory/],
  ] as const) {
    it(`tries a request on two replicas that ${how}, then refuses it, and recovers`, async () => {
      const { host, newPackage, run, events } = await open();
      await run(versionPlan(sumModel(newPackage({}))));
      await expect(invoke([[cell, 0]], { timeoutMs: 60_000 })).rejects.toMatchObject({
        kind: 'model-error',
      });
      await until(() => host.instances('wine')[0]?.restarts === 2 && host.isRunning('wine', 'v1'));
      await expect(sumOf([[1, 2]])).resolves.toEqual([3]);
      expect(eventTypes()).toEqual(['started', 'died', 'restarted', 'died', 'restarted']);
      expect(events[1]).toMatchObject({ level: 'warning', message: expect.stringMatching(why) });
    }, 60_000);
  }

  it('answers what waited behind a request that killed the replica', async () => {
    const { newPackage, run } = await open();
    await run(versionPlan(sumModel(newPackage({}))));
    const killer = invoke([[-2, 0]]).catch(({ kind }) => kind);
    const others = [1, 2, 3, 4].map((i) => sumOf([[i, 0]]));
    await expect(Promise.all(others)).resolves.toEqual([[1], [2], [3], [4]]);
    await expect(killer).resolves.toBe('model-error');
  });

  it('ends a replica that is stuck, answers the others, and starts another', async () => {
    const { host, newPackage, run, events } = await open();
    await run(versionPlan(sumModel(newPackage({}))));
    const stuck = invoke([[-3, 0]], { timeoutMs: 100 }).catch(({ kind }) => kind);
    const behind = sumOf([[1, 2]]);
    await expect(stuck).resolves.toBe('model-timeout');
    await expect(behind).resolves.toEqual([3]);
    expect(host.instances('wine')).toMatchObject([{ restarts: 1 }]);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'died', message: expect.stringMatching('longer than') }),
    );
  });

  it('refuses what does not fit the queue, answers what does, and recovers', async () => {
    const { host, newPackage } = await open();
    const plan = versionPlan(sumModel(newPackage({ ms: 20 })));
    await host.apply({ service: 'wine', maxQueue: 3, versions: [plan] });
    await until(() => host.isRunning('wine', 'v1'));
    const outcomes = await Promise.allSettled([0, 1, 2, 3, 4, 5, 6, 7].map((i) => sumOf([[i, 0]])));
    // Two are on the replica, three wait.
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 5 }, () => 'fulfilled'),
      ...Array.from({ length: 3 }, () => 'rejected'),
    ]);
    expect(outcomes[7]).toMatchObject({ reason: { kind: 'overloaded', retryAfterS: 1 } });
    await expect(sumOf([[1, 2]])).resolves.toEqual([3]);
  });

  it('counts the requests of all versions of a service against one queue', async () => {
    const { host, newPackage } = await open();
    const slow = sumModel(newPackage({ ms: 50 }));
    const plans = ['v1', 'v2'].map((name) => versionPlan(slow, { name }));
    await host.apply({ service: 'wine', maxQueue: 1, versions: plans });
    await until(() => host.isRunning('wine', 'v1') && host.isRunning('wine', 'v2'));
    const of = (version: string) => sumOf([[1, 2]], { version }).catch(({ kind }) => kind);
    const outcomes = await Promise.all(['v1', 'v1', 'v1', 'v2', 'v2', 'v2'].map(of));
    expect(outcomes).toEqual([[3], [3], [3], [3], [3], 'overloaded']);
  });

  it('gives up on a request that waited its time in the queue', async () => {
    const { newPackage, run, host } = await open();
    await run(versionPlan(sumModel(newPackage({ ms: 200 }))));
    const first = [sumOf([[1, 0]]), sumOf([[2, 0]])];
    await expect(sumOf([[3, 0]], { timeoutMs: 50 })).rejects.toMatchObject({
      kind: 'model-timeout',
    });
    await expect(Promise.all(first)).resolves.toEqual([[1], [2]]);
    expect(host.instances('wine')).toMatchObject([{ restarts: 0 }]);
  });

  it('finishes what it has when it is stopped', async () => {
    const { host, newPackage, run } = await open();
    const plan = versionPlan(sumModel(newPackage({ ms: 50 })));
    await run(plan);
    const answers = [1, 2, 3, 4].map((i) => sumOf([[i, 0]]));
    await host.apply({ service: 'wine', maxQueue: 100, versions: [{ ...plan, replicas: 0 }] });
    expect(host.states('wine')).toMatchObject([{ status: 'stopping' }]);
    await expect(invoke([[1, 2]])).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(Promise.all(answers)).resolves.toEqual([[1], [2], [3], [4]]);
    await until(() => host.states('wine')[0]?.status === 'stopped');
  });

  it('ends in time, although a replica is stuck', async () => {
    const { host, newPackage, run } = await open();
    await run(versionPlan(sumModel(newPackage({}))));
    const stuck = invoke([[-3, 0]]).catch(({ kind }) => kind);
    await host.close(400);
    await expect(stuck).resolves.toBe('unavailable');
    await expect(invoke([[1, 2]])).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('gives up for a while on a version that never comes up, and says why', async () => {
    const { host, newPackage, events } = await open();
    const plan = versionPlan(sumModel(newPackage({ failed: 'operator Foo is unknown' })));
    const plans = { service: 'wine', maxQueue: 9, versions: [plan] };
    await host.apply(plans);
    expect(host.states('wine')).toMatchObject([{ status: 'starting', reason: null }]);
    await until(() => host.states('wine')[0]?.status === 'failed');
    expect(host.states('wine')).toEqual([
      { name: 'v1', status: 'failed', reason: 'operator Foo is unknown', wanted: 1, running: 0 },
    ]);
    expect(host.instances('wine')).toMatchObject([{ status: 'failed', started_at: null }]);
    const told = ['start-failed', 'start-failed', 'start-failed', 'failed'];
    expect(eventTypes()).toEqual(told);
    expect(events[3]).toMatchObject({ level: 'error' });
    await host.apply(plans);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(eventTypes()).toEqual(told);
    await host.restart('wine', host.instances('wine')[0]?.id ?? '');
    await until(() => eventTypes().length === told.length + 1);
  });

  it('says what is wrong with a package that was changed, or is not there', async () => {
    const { host, newPackage, damage, run } = await open();
    const folder = newPackage({});
    await run(versionPlan(sumModel(folder)));
    damage(folder);
    const versions = [
      versionPlan(sumModel(folder)),
      versionPlan(sumModel(folder, { version: 2 }), { name: 'v2' }),
      versionPlan(sumModel('sha256:0'), { name: 'v3' }),
    ];
    await host.apply({ service: 'wine', maxQueue: 9, versions });
    await until(() => host.states('wine').filter((one) => one.status === 'failed').length === 2);
    expect(host.states('wine').map(({ status, reason }) => [status, reason])).toEqual([
      ['running', null],
      ['failed', 'behaviour.json is not what was stored'],
      ['failed', 'no package sha256:0'],
    ]);
    expect(eventTypes().filter((type) => type === 'digest-mismatch')).toHaveLength(3);
  });

  it('lets no model answer that does not reproduce its expected answers', async () => {
    const { host, newPackage } = await open();
    const model = sumModel(newPackage({ factor: 2 }), { expected: expected(3) });
    await host.apply({ service: 'wine', maxQueue: 9, versions: [versionPlan(model)] });
    await until(() => host.states('wine')[0]?.status === 'failed');
    expect(host.states('wine')[0]?.reason).toMatch(/not the expected ones: row 0: predicted 6/);
    await expect(invoke([[1, 2]])).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('gives up on a start that takes too long', async () => {
    const { host, newPackage } = await open({ times: { start: 200 } });
    const model = sumModel(newPackage({ ms: 2_000 }), { expected: expected(3) });
    await host.apply({ service: 'wine', maxQueue: 9, versions: [versionPlan(model)] });
    await until(() => host.states('wine')[0]?.status === 'failed');
    expect(host.states('wine')[0]?.reason).toMatch(/in time$/);
  });

  it('keeps the model that runs when the next one does not come up, and says so', async () => {
    const { host, newPackage, run } = await open();
    await run(versionPlan(sumModel(newPackage({}))));
    const next = sumModel(newPackage({ failed: 'operator Foo is unknown' }), { version: 2 });
    await host.apply({ service: 'wine', maxQueue: 9, versions: [versionPlan(next)] });
    await until(() => host.states('wine')[0]?.reason !== null);
    expect(host.states('wine')).toMatchObject([
      { status: 'running', reason: expect.stringMatching('operator Foo'), running: 1 },
    ]);
    expect(host.modelOf('wine', 'v1')).toMatchObject({ version: 1 });
    await expect(sumOf([[1, 2]])).resolves.toEqual([3]);
    await run(versionPlan(sumModel(newPackage({ factor: 3 }), { version: 3 })));
    await until(() => host.modelOf('wine', 'v1')?.version === 3);
    await expect(sumOf([[1, 2]])).resolves.toEqual([9]);
  });

  it('logs what its replicas print, with version and instance', async () => {
    const { host, newPackage, run, lines } = await open();
    await run(versionPlan(sumModel(newPackage({ factor: 7 }))));
    await until(() => lines.length >= 2);
    const from = { service: 'wine', version: 'v1', instance: host.instances('wine')[0]?.id };
    expect(lines).toContainEqual(
      expect.objectContaining({ ...from, level: 'info', message: 'factor 7' }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ ...from, level: 'warning', message: 'careful: a WARNING' }),
    );
  });

  it('sends rows that lie in a larger buffer, and leaves them to their owner', async () => {
    const { newPackage, run } = await open();
    await run(versionPlan(sumModel(newPackage({}))));
    const memory = new Float64Array(1_000_000).fill(5);
    const values = memory.subarray(100, 104);
    const cells = [0, 1].map((offset) => ({ values, offset, stride: 2 }));
    await expect(sumOf([], { table: { rows: 2, cells } })).resolves.toEqual([10, 10]);
    expect([memory.length, values.length]).toEqual([1_000_000, 4]);
  });
});
