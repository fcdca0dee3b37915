import * as fc from 'fast-check';
import type { RecordStore } from '../../core/shared/record-store';

type Open = (needs: { now: () => Date }) => Promise<readonly [RecordStore, RecordStore]>;

const start = Date.parse('2026-01-01T12:00:00Z');
const key = { partition: 'p', sort: 'a' };
const conflict = { kind: 'revision-conflict' };

/** What every RecordStore promises. `open` gives two doors to one empty store: two processes. */
export const recordStoreContract = (open: Open): void => {
  let clock = start;
  const doors = () => open({ now: () => new Date(clock) });
  beforeEach(() => {
    clock = start;
  });

  it('has nothing where nothing was put', async () => {
    const [store] = await doors();
    await expect(store.get(key)).resolves.toBeUndefined();
    await expect(store.list({ partition: 'p', limit: 9 })).resolves.toEqual({ records: [] });
  });

  it('gives back what another door put, whatever JSON it is, one revision later', async () => {
    const [store, other] = await doors();
    const document = { text: 'né "☃"', n: [0, -1.5, 1e300, null], empty: '', deep: { yes: true } };
    await store.transact([{ ...key, seen: 0, put: document }]);
    await expect(other.get(key)).resolves.toEqual({ ...key, document, revision: 1 });
    await other.transact([{ ...key, seen: 1, put: 'next' }]);
    await expect(store.get(key)).resolves.toEqual({ ...key, document: 'next', revision: 2 });
  });

  it('refuses a writer that saw another revision, or one where there is none', async () => {
    const [store] = await doors();
    await expect(store.transact([{ ...key, seen: 1, put: 1 }])).rejects.toMatchObject(conflict);
    await store.transact([{ ...key, seen: 0, put: 1 }]);
    await expect(store.transact([{ ...key, seen: 0, put: 2 }])).rejects.toMatchObject(conflict);
    await expect(store.transact([{ ...key, seen: 2, remove: true }])).rejects.toMatchObject(
      conflict,
    );
    await expect(store.get(key)).resolves.toMatchObject({ document: 1, revision: 1 });
  });

  it('lets exactly one of many writers win that read the same revision', async () => {
    const stores = await doors();
    const writers = Array.from({ length: 12 }, (_, i) =>
      (stores[i % 2] ?? stores[0]).transact([{ ...key, seen: 0, put: i }]).then(() => i),
    );
    const outcomes = await Promise.allSettled(writers);
    const [winner, ...others] = outcomes.filter(({ status }) => status === 'fulfilled');
    const losers = outcomes.filter(({ status }) => status === 'rejected');
    expect(others).toEqual([]);
    expect(losers).toMatchObject(losers.map(() => ({ reason: conflict })));
    await expect(stores[0].get(key)).resolves.toMatchObject({
      document: winner && 'value' in winner ? winner.value : NaN,
      revision: 1,
    });
  });

  it('loses no update of writers that read, write and try again', async () => {
    const stores = await doors();
    const increment = async (store: RecordStore): Promise<void> => {
      const found = await store.get(key);
      const put = ((found?.document as number | undefined) ?? 0) + 1;
      await store
        .transact([{ ...key, seen: found?.revision ?? 0, put }])
        .catch((error) =>
          error.kind === conflict.kind ? increment(store) : Promise.reject(error),
        );
    };
    await Promise.all([...stores, ...stores, ...stores].map(increment));
    await expect(stores[0].get(key)).resolves.toMatchObject({ document: 6, revision: 6 });
  });

  it('applies all of a transaction or none of it', async () => {
    const [store, other] = await doors();
    const b = { ...key, sort: 'b' };
    const c = { ...key, sort: 'c' };
    await store.transact([
      { ...key, seen: 0, put: 1 },
      { ...b, seen: 0, put: 1 },
    ]);
    const rename = [
      { ...key, seen: 1, remove: true },
      { ...c, seen: 0, put: 1 },
      { ...b, seen: 2, check: true },
    ] as const;
    await expect(other.transact(rename)).rejects.toMatchObject(conflict);
    const { records } = await store.list({ partition: 'p', limit: 9 });
    expect(records.map(({ sort, revision }) => [sort, revision])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
  });

  it('refuses a transaction that DynamoDB could not make', async () => {
    const [store] = await doors();
    const put = { ...key, seen: 0, put: 1 };
    await expect(store.transact([put, put])).rejects.toThrow(RangeError);
    const many = Array.from({ length: 101 }, (_, i) => ({ ...put, sort: `${i}` }));
    await expect(store.transact(many)).rejects.toThrow(RangeError);
    await expect(store.transact([])).rejects.toThrow(RangeError);
    await expect(store.transact(many.slice(1))).resolves.toBeUndefined();
  });

  it('lists one partition by prefix, in byte order, page by page', async () => {
    const [store] = await doors();
    const sorts = ['v#1', 'v#10', 'v#2', 'v#é', 'v#😀', 'V#1', 'v%', 'v_', 'vz', 'w#1'];
    await store.transact([
      ...sorts.map((sort) => ({ partition: 'p', sort, seen: 0, put: sort })),
      { partition: 'other', sort: 'v#3', seen: 0, put: 'v#3' },
    ]);
    const pages: string[][] = [];
    let after: string | undefined;
    do {
      const page = { partition: 'p', prefix: 'v#', limit: 2, ...(after && { after }) };
      const { records, next } = await store.list(page);
      pages.push(records.map(({ sort }) => sort));
      after = next;
    } while (after);
    expect(pages).toEqual([['v#1', 'v#10'], ['v#2', 'v#é'], ['v#😀']]);

    const exactly = await store.list({ partition: 'p', prefix: 'v#', limit: 5 });
    expect(exactly).not.toHaveProperty('next');
    const literal = await store.list({ partition: 'p', prefix: 'v_', limit: 9 });
    expect(literal.records.map(({ sort }) => sort)).toEqual(['v_']);
  });

  it('forgets a record the moment it expires, and lets it be written anew', async () => {
    const [store] = await doors();
    const expiresAt = new Date(start + 60_000);
    const lasting = { ...key, sort: 'b' };
    await store.transact([
      ...['a', 'a1', 'a2'].map((sort) => ({ ...key, sort, seen: 0, put: 'brief', expiresAt })),
      { ...lasting, seen: 0, put: 'lasting' },
    ]);
    clock = start + 59_000;
    await expect(store.get(key)).resolves.toMatchObject({ document: 'brief' });
    clock = start + 60_000;
    await expect(store.get(key)).resolves.toBeUndefined();
    const { records, next } = await store.list({ partition: 'p', limit: 1 });
    expect([records.map(({ sort }) => sort), next]).toEqual([['b'], undefined]);
    await expect(store.transact([{ ...key, seen: 1, put: 2 }])).rejects.toMatchObject(conflict);
    await expect(store.transact([{ ...key, seen: 1, check: true }])).rejects.toMatchObject(
      conflict,
    );
    await store.transact([{ ...key, seen: 0, put: 'anew' }]);
    await expect(store.get(key)).resolves.toMatchObject({ document: 'anew', revision: 2 });
  });

  it('moves an expiry with each put, and takes it off with a put that names none', async () => {
    const [store] = await doors();
    const at = (seconds: number) => new Date(start + seconds * 1000);
    await store.transact([{ ...key, seen: 0, put: 1, expiresAt: at(10) }]);
    await store.transact([{ ...key, seen: 1, put: 2, expiresAt: at(20) }]);
    clock = start + 15_000;
    await expect(store.get(key)).resolves.toMatchObject({ document: 2 });
    await store.transact([{ ...key, seen: 2, put: 3 }]);
    clock = start + 3_600_000;
    await expect(store.get(key)).resolves.toMatchObject({ document: 3, revision: 3 });
  });

  it('never repeats a revision, also when the record was removed in between', async () => {
    const [store, other] = await doors();
    await store.transact([{ ...key, seen: 0, put: 'first' }]);
    await store.transact([{ ...key, seen: 1, remove: true }]);
    await other.transact([{ ...key, seen: 0, put: 'second' }]);
    const stale = { ...key, seen: 1, put: 'by one who read the first' };
    await expect(store.transact([stale])).rejects.toMatchObject(conflict);
    await expect(store.get(key)).resolves.toMatchObject({ document: 'second', revision: 2 });
  });

  it('hides what was removed: from get, from lists and their pages, from checks', async () => {
    const [store] = await doors();
    const sorts = ['a', 'b', 'c'];
    await store.transact(sorts.map((sort) => ({ ...key, sort, seen: 0, put: sort })));
    await store.transact(['a', 'c'].map((sort) => ({ ...key, sort, seen: 1, remove: true })));
    await expect(store.get(key)).resolves.toBeUndefined();
    const page = await store.list({ partition: 'p', limit: 1 });
    expect([page.records.map(({ sort }) => sort), page.next]).toEqual([['b'], undefined]);
    await expect(store.transact([{ ...key, seen: 0, check: true }])).resolves.toBeUndefined();
    await expect(store.transact([{ ...key, seen: 1, check: true }])).rejects.toMatchObject(
      conflict,
    );
    await expect(store.transact([{ ...key, seen: 1, remove: true }])).rejects.toMatchObject(
      conflict,
    );
  });

  it('checks that there is nothing without leaving anything', async () => {
    const [store] = await doors();
    const b = { ...key, sort: 'b' };
    await store.transact([
      { ...key, seen: 0, check: true },
      { ...b, seen: 0, put: 1 },
    ]);
    await store.transact([{ ...key, seen: 0, put: 1 }]);
    await expect(store.get(key)).resolves.toMatchObject({ revision: 1 });
    const both = [
      { ...key, seen: 0, check: true },
      { ...b, seen: 1, put: 2 },
    ] as const;
    await expect(store.transact(both)).rejects.toMatchObject(conflict);
    await expect(store.get(b)).resolves.toMatchObject({ document: 1 });
  });

  it('agrees with a plain model of itself, whatever is done in whatever order', async () => {
    const step = fc.record({
      sort: fc.constantFrom('a', 'b'),
      does: fc.constantFrom('put', 'brief', 'remove', 'check', 'wait'),
      stale: fc.integer({ min: 0, max: 3 }).map((n) => (n === 0 ? 1 : 0)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const [store] = await doors();
        const model = new Map<string, { live: boolean; revision: number; endsAt: number }>();
        for (const { sort, does, stale } of steps) {
          if (does === 'wait') {
            clock += 1000;
            continue;
          }
          const was = model.get(sort) ?? { live: false, revision: 0, endsAt: Number.NaN };
          const there = was.live && !(was.endsAt <= clock);
          const seen = (there ? was.revision : 0) + stale;
          const brief = { put: does, expiresAt: new Date(clock + 1000) };
          const what = {
            put: { put: does },
            brief,
            remove: { remove: true },
            check: { check: true },
          } as const;
          const done = store.transact([{ ...key, sort, seen, ...what[does] }]);
          if (stale) await expect(done).rejects.toMatchObject(conflict);
          else await done;
          if (!stale && does !== 'check') {
            const live = does !== 'remove';
            const endsAt = does === 'brief' ? clock + 1000 : Number.NaN;
            model.set(sort, { live, revision: was.revision + (live ? 1 : 0), endsAt });
          }
          const now = model.get(sort);
          const expected = now?.live && !(now.endsAt <= clock) ? now.revision : undefined;
          expect((await store.get({ ...key, sort }))?.revision).toBe(expected);
        }
      }),
      { numRuns: 30 },
    );
  });
};
