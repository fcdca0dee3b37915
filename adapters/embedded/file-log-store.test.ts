import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogLine } from '../../core/services/log-store';
import { logStoreContract } from '../contracts/log-store.contract';
import { fileLogStore } from './file-log-store';

const now = () => new Date('2026-01-01T12:00:00Z');
const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'tidegate-logs-'));
  folders.push(made);
  return made;
};
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

const line = (message: string): LogLine => ({
  time: now().toISOString(),
  level: 'info',
  version: 'v1',
  instance: null,
  message,
});

const all = { service: 'wine', from: 0, to: Number.POSITIVE_INFINITY, limit: 1_000_000 };

describe('log store on files', () => {
  logStoreContract(async () => {
    const needs = { folder: folder(), now, report: fail };
    return { store: fileLogStore(needs), reopen: async () => fileLogStore(needs) };
  });

  it('keeps the newest lines within its bounds', async () => {
    const path = folder();
    const limits = { fileBytes: 2000, files: 3, pendingBytes: 1e6 };
    const store = fileLogStore({ folder: path, now, report: fail, limits });
    for (let i = 0; i < 30; i++) {
      for (let j = 0; j < 5; j++) store.append('wine', line(`line ${i * 5 + j}`));
      await store.find(all);
    }
    const files = readdirSync(join(path, 'wine'));
    expect(files).toHaveLength(3);
    for (const file of files) {
      expect(statSync(join(path, 'wine', file)).size).toBeLessThanOrEqual(2000);
    }
    const { items } = await store.find(all);
    const numbers = items.map(({ message }) => Number(message.slice(5)));
    expect(numbers.at(-1)).toBe(149);
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i));
  });

  it('goes on with the oldest line that is left when the cursor is of a file that is gone', async () => {
    const limits = { fileBytes: 200, files: 2, pendingBytes: 1e6 };
    const store = fileLogStore({ folder: folder(), now, report: fail, limits });
    store.append('wine', line('first'));
    const { next_cursor } = await store.find(all);
    for (let i = 0; i < 9; i++) {
      store.append('wine', line(`line ${i}`));
      await store.find(all);
    }
    const { items } = await store.find({ ...all, cursor: next_cursor });
    const kept = await store.find(all);
    expect(items).toEqual(kept.items);
    expect(items.at(-1)?.message).toBe('line 8');
  });

  it('drops and counts what comes faster than it can be written', async () => {
    const limits = { fileBytes: 1e9, files: 8, pendingBytes: 100_000 };
    const store = fileLogStore({ folder: folder(), now, report: fail, limits });
    for (let i = 0; i < 100_000; i++) store.append('wine', line(`line ${i}`));
    const { items } = await store.find(all);
    const gap = items.at(-1);
    expect(gap).toMatchObject({ level: 'warning', version: null });
    const missing = Number(/^\d+/.exec(gap?.message ?? '')?.[0]);
    expect(missing + items.length - 1).toBe(100_000);
    expect(items.length).toBeLessThan(2000);
    store.append('wine', line('after'));
    expect((await store.find(all)).items.at(-1)?.message).toBe('after');
  });

  it('cuts a line that has no end', async () => {
    const store = fileLogStore({ folder: folder(), now, report: fail });
    store.append('wine', line('x'.repeat(1e6)));
    expect((await store.find(all)).items[0]?.message.length).toBeLessThan(20_000);
  });

  it('skips a line that a crash cut off, and what is no line at all', async () => {
    const needs = { folder: folder(), now, report: fail };
    const store = fileLogStore(needs);
    store.append('wine', line('whole'));
    await store.close();
    appendFileSync(join(needs.folder, 'wine', '00000001.ndjson'), '42\nnull\n{"time":"2026-01');
    const again = fileLogStore(needs);
    await expect(again.find(all)).resolves.toMatchObject({ items: [{ message: 'whole' }] });
    again.append('wine', line('next'));
    const { items } = await again.find(all);
    expect(items.map(({ message }) => message)).toEqual(['whole', 'next']);
  });

  it('reports once that it cannot write, counts the lines and goes on when it can', async () => {
    const path = folder();
    writeFileSync(join(path, 'wine'), 'a file where the folder should be');
    const reports: unknown[] = [];
    const store = fileLogStore({ folder: path, now, report: (error) => reports.push(error) });
    const append = async (message: string) => {
      store.append('wine', line(message));
      await store.close();
    };
    await append('one');
    await append('two');
    expect(reports).toHaveLength(1);
    rmSync(join(path, 'wine'));
    await append('three');
    const { items } = await store.find(all);
    expect(items.map(({ message }) => message)).toEqual([
      'three',
      expect.stringMatching(/^2 lines are missing here/),
    ]);
  });

  it('takes no name that would lead out of its folder', async () => {
    const store = fileLogStore({ folder: folder(), now, report: fail });
    expect(() => store.append('../wine', line('x'))).toThrow(RangeError);
    await expect(store.remove('..')).rejects.toThrow(RangeError);
  });

  it('lets only its owner read', async () => {
    const path = folder();
    const store = fileLogStore({ folder: path, now, report: fail });
    store.append('wine', line('secret'));
    await store.close();
    expect(statSync(join(path, 'wine')).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, 'wine', '00000001.ndjson')).mode & 0o777).toBe(0o600);
  });
});

function fail(error: unknown): never {
  throw error;
}
