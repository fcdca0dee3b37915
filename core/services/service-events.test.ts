import { MAX_EVENTS } from './service-events';
import { newService, openServices } from './services-fixture';

const oom = {
  service: 'wine',
  level: 'error',
  resource_kind: 'version',
  resource_name: 'v1',
  type: 'died',
  message: 'out of memory',
} as const;

describe('events of a service', () => {
  const open = async () => {
    const opened = openServices();
    await opened.create(newService('wine'));
    await opened.events.settled();
    await opened.events.removeOf('wine');
    const list = (limit = 1000, cursor?: string) =>
      opened.events.list({ service: 'wine', limit, cursor });
    return { ...opened, list };
  };

  it('count the same thing and remember when it was first and last seen', async () => {
    const { events, advance, list } = await open();
    events.happened(oom);
    advance(1000);
    events.happened(oom);
    await events.settled();
    advance(1000);
    events.happened(oom);
    await events.settled();
    const { service: _, ...what } = oom;
    await expect(list()).resolves.toEqual({
      items: [
        {
          first_seen: '2026-01-01T12:00:00.000Z',
          last_seen: '2026-01-01T12:00:02.000Z',
          ...what,
          count: 3,
        },
      ],
      next_cursor: null,
    });
  });

  it.each([{ type: 'late' }, { message: 'no such file' }, { resource_name: 'v2' }])(
    'are apart when they differ in %j',
    async (other) => {
      const { events, list } = await open();
      events.happened(oom);
      events.happened({ ...oom, ...other });
      await events.settled();
      expect((await list()).items.map(({ count }) => count)).toEqual([1, 1]);
    },
  );

  it('are listed last seen first, page by page', async () => {
    const { events, advance, list } = await open();
    for (const message of ['a', 'b', 'c', 'a']) {
      events.happened({ ...oom, message });
      await events.settled();
      advance(1000);
    }
    const first = await list(2);
    expect(first.items.map(({ message }) => message)).toEqual(['a', 'c']);
    const second = await list(2, first.next_cursor ?? '');
    expect(second.items.map(({ message }) => message)).toEqual(['b']);
    expect(second.next_cursor).toBeNull();
    const from = Date.parse('2026-01-01T12:00:02Z');
    const range = await events.list({ service: 'wine', limit: 9, from, to: from + 1000 });
    expect(range.items.map(({ message }) => message)).toEqual(['c']);
  });

  it('are bounded: what was not seen for the longest goes', async () => {
    const { events, advance, list } = await open();
    events.happened({ ...oom, message: 'oldest' });
    await events.settled();
    advance(1000);
    for (let i = 0; i < MAX_EVENTS + 100; i++) events.happened({ ...oom, message: `message ${i}` });
    await events.settled();
    const { items } = await list();
    expect(items).toHaveLength(MAX_EVENTS);
    expect(items.map(({ message }) => message)).not.toContain('oldest');
  });

  it('have bounded messages', async () => {
    const { events, list } = await open();
    events.happened({ ...oom, message: 'x'.repeat(1e6) });
    await events.settled();
    expect((await list()).items[0]?.message).toHaveLength(1000);
  });

  it('of a service that is gone or never was are not kept', async () => {
    const { events, store, reports } = await open();
    events.happened({ ...oom, service: 'beer' });
    await events.settled();
    await expect(store.list({ partition: 'events#beer', limit: 9 })).resolves.toEqual({
      records: [],
    });
    expect(reports).toEqual([]);
  });

  it('do not outlive a service that is deleted while they are written', async () => {
    const deleting: (() => Promise<unknown>)[] = [];
    const opened = openServices((store) => ({
      ...store,
      transact: async (changes) => {
        if (changes.some(({ partition }) => partition === 'events#wine')) await deleting.pop()?.();
        await store.transact(changes);
      },
    }));
    await opened.create(newService('wine'));
    await opened.events.settled();
    await opened.events.removeOf('wine');
    deleting.push(async () => {
      const found = await opened.services.read('wine');
      if (found) await opened.services.beginDeletion(found, { purge: false });
    });
    opened.events.happened(oom);
    await opened.events.settled();
    await expect(opened.services.find('wine')).resolves.toBeUndefined();
    const kept = await opened.store.list({ partition: 'events#wine', limit: 9 });
    expect(kept.records).toEqual([]);
  });

  it('never fail: what cannot be written is reported once a try, waits and is written later', async () => {
    const broken = new Error('disk full');
    const failures: Error[] = [];
    const opened = openServices((store) => ({
      ...store,
      transact: async (changes) => {
        for (const failure of failures) throw failure;
        await store.transact(changes);
      },
    }));
    const { events, advance, reports } = opened;
    await opened.create(newService('wine'));
    await events.settled();
    await events.removeOf('wine');
    failures.push(broken);
    events.happened({ ...oom, count: 5 });
    await events.settled();
    for (let second = 1; second < 4; second += 1) {
      advance(1000);
      events.happened(oom);
      events.happened({ ...oom, type: 'late' });
    }
    await events.settled();
    expect(reports).toEqual([broken]);
    opened.retry();
    await Promise.resolve();
    await events.settled();
    expect(reports).toEqual([broken, broken]);
    failures.pop();
    opened.retry();
    await Promise.resolve();
    await events.settled();
    const { items } = await events.list({ service: 'wine', limit: 9 });
    expect(items).toMatchObject([
      { type: 'late', count: 3 },
      {
        type: 'died',
        count: 8,
        first_seen: '2026-01-01T12:00:00.000Z',
        last_seen: '2026-01-01T12:00:03.000Z',
      },
    ]);
  });

  it('of a deleted service that could not be written do not come to the next one of its name', async () => {
    const disk: { full: Promise<never> | null } = { full: null };
    const opened = openServices((store) => ({
      ...store,
      transact: async (changes) => {
        if (changes.some(({ partition }) => partition === 'events#wine')) await disk.full;
        await store.transact(changes);
      },
    }));
    const { events, create } = opened;
    await create(newService('wine'));
    await events.settled();
    let fail = (_: Error): void => undefined;
    disk.full = new Promise((_, reject) => {
      fail = reject;
    });
    events.happened(oom);
    const deleted = opened.delete({ service: 'wine', purge: false });
    await new Promise((resume) => setImmediate(resume));
    fail(new Error('disk full'));
    disk.full = null;
    await deleted;
    await create(newService('wine'));
    opened.retry();
    await Promise.resolve();
    await events.settled();
    const { items } = await events.list({ service: 'wine', limit: 9 });
    expect(items.map(({ type }) => type)).toEqual(['draft']);
  });
});
