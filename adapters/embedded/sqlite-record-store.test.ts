import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { REVISION_MEMORY_MS } from '../../core/shared/record-store';
import { recordStoreContract } from '../contracts/record-store.contract';
import { sqliteRecordStore } from './sqlite-record-store';

describe('SQLite record store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'records-'));
  const open: { close(): void }[] = [];
  let files = 0;
  const nextFile = () => join(folder, `${files++}.db`);
  const store = (file: string, now = () => new Date()) => {
    const opened = sqliteRecordStore(file, { now });
    open.push(opened);
    return opened;
  };
  afterEach(() => {
    for (const { close } of open.splice(0)) close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  recordStoreContract(async ({ now }) => {
    const file = nextFile();
    return [store(file, now), store(file, now)];
  });

  const key = { partition: 'p', sort: 'a' };

  it('finds by prefix exactly what starts with it, whatever the characters', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '\0', '%', 'é', '\ud7ff', '\ue000', '😀', '\u{10ffff}'),
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(text, { maxLength: 20 }), text, async (sorts, prefix) => {
        const records = store(':memory:');
        await records.transact([
          { ...key, partition: 'q', seen: 0, put: 1 },
          ...sorts.map((sort) => ({ ...key, sort, seen: 0, put: 1 })),
        ]);
        const found = await records.list({ partition: 'p', prefix, limit: 99 });
        const bytes = (a: string, b: string) => Buffer.from(a).compare(Buffer.from(b));
        expect(found.records.map(({ sort }) => sort)).toEqual(
          sorts.filter((sort) => sort.startsWith(prefix)).sort(bytes),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('keeps what was written when it is opened again', async () => {
    const file = nextFile();
    const first = sqliteRecordStore(file, { now: () => new Date() });
    await first.transact([{ ...key, seen: 0, put: { n: 1 } }]);
    first.close();
    await expect(store(file).get(key)).resolves.toMatchObject({ document: { n: 1 }, revision: 1 });
  });

  it('can be read and written by its owner only', async () => {
    const file = nextFile();
    await store(file).transact([{ ...key, seen: 0, put: 1 }]);
    const names = readdirSync(folder).filter((name) => join(folder, name).startsWith(file));
    expect(names).toHaveLength(3);
    for (const name of names) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it('refuses a file that a newer version wrote', () => {
    const file = nextFile();
    const newer = new DatabaseSync(file);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    expect(() => store(file)).toThrow(/newer Tidegate/);
  });

  it('empties what has expired and forgets it when nobody can hold its revision any more', async () => {
    let clock = Date.parse('2026-01-01T00:00:00Z');
    const file = nextFile();
    const records = store(file, () => new Date(clock));
    await records.transact([
      { ...key, seen: 0, put: 'secret', expiresAt: new Date(clock + 1000) },
      { ...key, sort: 'b', seen: 0, put: 'stays' },
    ]);
    const reader = new DatabaseSync(file);
    const rows = () => reader.prepare('SELECT sk, json FROM record ORDER BY sk').all();
    const touch = async (sort: string) =>
      records.transact([{ partition: 'other', sort, seen: 0, check: true }]);
    clock += 2 * 3600 * 1000;
    await touch('x');
    expect(rows()).toMatchObject([{ json: null }, { json: '"stays"' }]);
    clock += REVISION_MEMORY_MS;
    await touch('y');
    expect(rows()).toMatchObject([{ sk: 'b' }]);
    reader.close();
  });

  it('is as it was after a transaction that could not be written, and goes on', async () => {
    const records = store(':memory:');
    const unwritable = { ...key, seen: 0, put: { n: 1n } };
    await expect(
      records.transact([{ ...key, sort: 'b', seen: 0, put: 1 }, unwritable]),
    ).rejects.toThrow(TypeError);
    await expect(records.list({ partition: 'p', limit: 9 })).resolves.toEqual({ records: [] });
    await records.transact([{ ...key, seen: 0, put: 1 }]);
    await expect(records.get(key)).resolves.toMatchObject({ document: 1 });
  });
});
