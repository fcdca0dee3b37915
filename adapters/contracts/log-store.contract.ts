import type { LogLine, LogQuery, LogStore } from '../../core/services/log-store';

/** A store, and the same one opened anew after it was closed. */
export interface OpenedLogStore {
  readonly store: LogStore;
  readonly reopen: () => Promise<LogStore>;
}

const start = Date.parse('2026-01-01T12:00:00Z');

const line = (second: number, more: Partial<LogLine> = {}): LogLine => ({
  time: new Date(start + second * 1000).toISOString(),
  level: 'info',
  version: 'v1',
  instance: 'v1-1',
  message: `line ${second}`,
  ...more,
});

const all: LogQuery = { service: 'wine', from: 0, to: Number.POSITIVE_INFINITY, limit: 100 };

/** What every LogStore promises. `open` gives an empty store. */
export const logStoreContract = (open: () => Promise<OpenedLogStore>): void => {
  const messages = async (store: LogStore, query: Partial<LogQuery> = {}) => {
    const { items } = await store.find({ ...all, ...query });
    return items.map(({ message }) => message);
  };

  it('has nothing of a service that printed nothing', async () => {
    const { store } = await open();
    await expect(store.find(all)).resolves.toMatchObject({ items: [] });
  });

  it('gives lines back as they were, oldest first, also those just appended', async () => {
    const { store } = await open();
    const lines = [
      line(0, { level: 'error', message: 'née "☃" 😀\n\ttab\u0000 \\ \u2028' }),
      line(1, { version: null, instance: null, message: '' }),
    ];
    for (const one of lines) store.append('wine', one);
    const { items } = await store.find(all);
    expect(items).toEqual(lines);
  });

  it('keeps lines when it is closed', async () => {
    const { store, reopen } = await open();
    store.append('wine', line(0));
    await store.close();
    const again = await reopen();
    again.append('wine', line(1));
    await expect(messages(again)).resolves.toEqual(['line 0', 'line 1']);
  });

  it('keeps services apart', async () => {
    const { store } = await open();
    store.append('wine', line(0));
    store.append('beer', line(1));
    await expect(messages(store)).resolves.toEqual(['line 0']);
  });

  it('finds by time, from the first moment up to but not including the last', async () => {
    const { store } = await open();
    for (let i = 0; i < 5; i++) store.append('wine', line(i));
    const range = { from: start + 1000, to: start + 3000 };
    await expect(messages(store, range)).resolves.toEqual(['line 1', 'line 2']);
  });

  it('finds by version, instance and text whatever its case', async () => {
    const { store } = await open();
    store.append('wine', line(0, { message: 'Out of MEMORY' }));
    store.append('wine', line(1, { instance: 'v1-2', message: 'memory is fine' }));
    store.append('wine', line(2, { version: 'v2', instance: 'v2-1', message: 'a.*b "quoted"' }));
    await expect(messages(store, { version: 'v1', q: 'memory' })).resolves.toHaveLength(2);
    await expect(messages(store, { instance: 'v1-2' })).resolves.toEqual(['memory is fine']);
    await expect(messages(store, { version: 'v2', q: 'MEMORY' })).resolves.toEqual([]);
    await expect(messages(store, { q: '.*B "Q' })).resolves.toEqual(['a.*b "quoted"']);
    await expect(messages(store, { q: '.' })).resolves.toHaveLength(1);
  });

  it('pages without losing or repeating a line', async () => {
    const { store } = await open();
    for (let i = 0; i < 25; i++) store.append('wine', line(i));
    const seen: string[] = [];
    let cursor: string | undefined;
    for (;;) {
      const page = await store.find({ ...all, limit: 10, cursor });
      seen.push(...page.items.map(({ message }) => message));
      cursor = page.next_cursor;
      if (page.items.length === 0) break;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `line ${i}`));
  });

  it('continues at a cursor with the lines that came later', async () => {
    const { store } = await open();
    store.append('wine', line(0));
    const first = await store.find(all);
    const none = await store.find({ ...all, cursor: first.next_cursor });
    expect(none.items).toEqual([]);
    store.append('wine', line(1));
    const later = await store.find({ ...all, cursor: none.next_cursor });
    expect(later.items.map(({ message }) => message)).toEqual(['line 1']);
  });

  it('can be followed from before the first line', async () => {
    const { store } = await open();
    const { next_cursor } = await store.find(all);
    store.append('wine', line(0));
    await expect(messages(store, { cursor: next_cursor })).resolves.toEqual(['line 0']);
  });

  it('follows the new log of a name whose old log was removed', async () => {
    const { store } = await open();
    for (let i = 0; i < 9; i++) store.append('wine', line(i));
    const { next_cursor } = await store.find(all);
    await store.remove('wine');
    store.append('wine', line(9));
    await expect(messages(store, { cursor: next_cursor })).resolves.toEqual(['line 9']);
  });

  it('refuses a cursor that it never gave', async () => {
    const { store } = await open();
    store.append('wine', line(0));
    const bad = store.find({ ...all, cursor: '../../etc/passwd' });
    await expect(bad).rejects.toMatchObject({ kind: 'bad-request' });
  });

  it('forgets a service that is removed, once and for all', async () => {
    const { store } = await open();
    store.append('wine', line(0));
    await store.find(all);
    store.append('wine', line(1));
    await store.remove('wine');
    await store.remove('wine');
    await expect(messages(store)).resolves.toEqual([]);
    store.append('wine', line(2));
    await expect(messages(store)).resolves.toEqual(['line 2']);
  });
};
