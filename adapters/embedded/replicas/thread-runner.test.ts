import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Invocation } from '../../../core/inference/model-host';
import { describePackage } from '../../../model-server/package-reader';
import { tableOf } from '../../../model-server/table-of';
import { sumModel, versionPlan } from '../local-host-fixture';
import { isReplicaGone } from './runner';
import { type ThreadRunner, threadRunner } from './thread-runner';

const root = join(__dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'thread-'));
copyFileSync(join(root, 'model-server/fixtures/loop.onnx'), join(folder, 'loop.onnx'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const described = describePackage(folder);
const version = versionPlan(sumModel('', described));

/** The model counts to the number it is given, some 700 in a millisecond: nothing can interrupt it. */
const counting = (to: number): Invocation => ({
  service: 'loop',
  version: 'v1',
  requestId: 'r-1',
  trace: null,
  table: tableOf(described.signature, ['x'], [[to]]),
  body: () => new Uint8Array(),
  params: null,
  timeoutMs: 500,
});
/** What came of a call. */
const outcomeOf = (runner: ThreadRunner, invocation: Invocation): Promise<unknown> =>
  runner.predict(invocation).then(
    ({ predictions }) => predictions[0],
    (error: unknown) => (isReplicaGone(error) ? 'gone' : error),
  );
/** Node's timers are early by up to this much. */
const EARLY_MS = 2;
/** Whether it ended within the time; it says nothing about it itself. */
const endsWithin = async (runner: ThreadRunner, ms: number): Promise<boolean> => {
  const since = performance.now();
  await runner.end(ms);
  return performance.now() - since < ms - EARLY_MS;
};

describe('a thread that runs a model', () => {
  const launch = threadRunner({ workerFile: join(root, '.build/model-worker.mjs') });
  const start = (signal = new AbortController().signal) =>
    launch({
      ...{ version, folder, signal, instance: 'i-1' },
      ...{ log: () => undefined, tell: () => undefined },
    });

  it('is gone at once when its call is late, and ends after that call', async () => {
    const runner = await start();
    const late = counting(3_000_000);
    const outcome = outcomeOf(runner, late);
    await new Promise((resolve) => setTimeout(resolve, 200));
    runner.overdue(late);
    await expect(runner.gone).resolves.toMatch(/longer than its limit/);
    await expect(outcome).resolves.toBe('gone');
    await expect(runner.predict(counting(1))).rejects.toThrow('its thread has ended');
    expect(await endsWithin(runner, 100)).toBe(false);
    expect(await endsWithin(runner, 60_000)).toBe(true);
  }, 90_000);

  it('works on nothing that waited behind a call that was late', async () => {
    const runner = await start();
    const late = counting(300_000);
    const outcomes = [late, counting(1e17)].map((one) => outcomeOf(runner, one));
    runner.overdue(late);
    await expect(Promise.all(outcomes)).resolves.toEqual(['gone', 'gone']);
    expect(await endsWithin(runner, 15_000)).toBe(true);
  }, 30_000);

  it('goes on when the one who gave up was not its turn yet', async () => {
    const runner = await start();
    const [first, second] = [counting(100_000), counting(7)];
    const outcomes = [first, second].map((one) => outcomeOf(runner, one));
    runner.overdue(second);
    await expect(Promise.all(outcomes)).resolves.toEqual([100_000, 7]);
    expect(await endsWithin(runner, 15_000)).toBe(true);
  });

  it('ends when its start is given up', async () => {
    const giveUp = new AbortController();
    const started = start(giveUp.signal);
    giveUp.abort();
    await expect(started).rejects.toThrow('it was stopped while it started');
  });

  it('settles every call and ends, whenever it is told to', async () => {
    const calls = fc.array(fc.integer({ min: 1, max: 30_000 }), { maxLength: 4 });
    const told = fc.record({ afterMs: fc.integer({ max: 60, min: 0 }), isLate: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(calls, told, async (counts, { afterMs, isLate }) => {
        const runner = await start();
        const invocations = counts.map(counting);
        const outcomes = invocations.map((one) => outcomeOf(runner, one));
        await new Promise((resolve) => setTimeout(resolve, afterMs));
        if (isLate) for (const one of invocations) runner.overdue(one);
        expect(await endsWithin(runner, 15_000)).toBe(true);
        const found = await Promise.all(outcomes);
        const answered = found.filter((one) => one !== 'gone');
        expect(answered).toEqual(counts.slice(0, answered.length));
      }),
      { numRuns: 20 },
    );
  }, 60_000);
});
