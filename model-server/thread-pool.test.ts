import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Signature } from '../core/models/signature';
import { tableOf } from './table-of';
import { type ThreadPool, threadPool } from './thread-pool';

const folder = mkdtempSync(join(tmpdir(), 'pool-'));
copyFileSync(join(__dirname, 'fixtures/loop.onnx'), join(folder, 'loop.onnx'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WORKER = join(__dirname, '../.build/model-worker.mjs');
type Needs = Parameters<typeof threadPool>[0];

/** The model counts to the number it is given, some 700 in a millisecond. */
const open = async (needs: Partial<Needs> & Pick<Needs, 'threads' | 'timeoutMs'>) => {
  const lines: string[] = [];
  const pool = threadPool({
    workerFile: WORKER,
    folder,
    device: 'cpu',
    maxQueue: 10,
    log: (_, message) => lines.push(message),
    ...needs,
  });
  const signature = await pool.loaded;
  return { pool, lines, count: counting(pool, signature) };
};
const counting = (pool: ThreadPool, signature: Signature) => async (to: number) => {
  const { predictions } = await pool.predict(tableOf(signature, ['x'], [[to]]));
  return predictions[0];
};
const until = async (is: () => boolean): Promise<void> => {
  const end = Date.now() + 15_000;
  while (!is()) {
    if (Date.now() > end) throw new Error('never so');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe('threads that hold a model', () => {
  it('give a call up that takes too long, and answer again once it is over', async () => {
    const { pool, lines, count } = await open({ threads: 1, timeoutMs: 300 });
    await expect(count(1_000_000)).rejects.toMatchObject({ kind: 'model-timeout' });
    expect(pool.isReady()).toBe(false);
    await expect(count(1)).rejects.toMatchObject({ kind: 'unavailable', retryAfterS: 1 });
    expect(lines.at(-1)).toMatch(/takes longer than 300 ms, and keeps its thread/);
    await until(pool.isReady);
    await expect(count(7)).resolves.toBe(7);
  });

  it('are replaced when they end, and fail nothing but what they worked on', async () => {
    const workerFile = join(__dirname, 'fixtures/mortal-worker.mjs');
    const { pool, lines, count } = await open({ workerFile, threads: 2, timeoutMs: 5_000 });
    await until(() => lines.length === 2);
    const calls = [13, 5, 6].map(count);
    await expect(calls[0]).rejects.toMatchObject({
      kind: 'model-error',
      cause: expect.stringMatching(/code 13/),
    });
    await expect(Promise.all(calls.slice(1))).resolves.toEqual([5, 6]);
    await expect(count(13)).rejects.toMatchObject({ kind: 'model-error' });
    expect(pool.isReady()).toBe(false);
    await until(pool.isReady);
    await expect(count(8)).resolves.toBe(8);
  });

  it('never work on a call that has waited too long', async () => {
    const { pool, lines, count } = await open({ threads: 1, timeoutMs: 300 });
    const calls = [count(1_000_000), count(1e12)];
    for (const call of calls) await expect(call).rejects.toMatchObject({ kind: 'model-timeout' });
    await until(pool.isReady);
    await expect(count(4)).resolves.toBe(4);
    expect(lines.filter((line) => /takes longer/.test(line))).toHaveLength(1);
  });

  it('hand a call to whichever is free first', async () => {
    const { lines, count } = await open({ threads: 2, timeoutMs: 15_000 });
    await until(() => lines.length === 2);
    const long = count(1_500_000);
    const short = [1, 2, 3].map(count);
    const first = await Promise.race([long, Promise.all(short)]);
    expect(first).toEqual([1, 2, 3]);
    await expect(long).resolves.toBe(1_500_000);
  });

  it('refuse what would wait behind too many', async () => {
    const { count } = await open({ threads: 1, timeoutMs: 15_000, maxQueue: 1 });
    const taken = [count(200_000), count(2)];
    await expect(count(3)).rejects.toMatchObject({ kind: 'overloaded', retryAfterS: 1 });
    await expect(Promise.all(taken)).resolves.toEqual([200_000, 2]);
    await expect(count(4)).resolves.toBe(4);
  });
});

it('says why no thread can load a package', async () => {
  const { loaded, isReady } = threadPool({
    workerFile: WORKER,
    folder: tmpdir(),
    device: 'cuda',
    threads: 2,
    maxQueue: 1,
    timeoutMs: 1_000,
    log: () => undefined,
  });
  await expect(loaded).rejects.toThrow(/the folder holds no MLmodel/);
  expect(isReady()).toBe(false);
});
