import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import * as fc from 'fast-check';
import { isDomainError } from '../core/shared/domain-error';
import { packageChecks } from './package-checks';
import { describePackage } from './package-reader';
import { tableOf } from './table-of';
import type { WorkerCall, WorkerMessage, WorkerStart } from './worker-protocol';

const WORKER = join(__dirname, '../.build/model-worker.mjs');
const WINE = join(__dirname, '../examples/wine/model');
const WINE_V2 = join(__dirname, '../examples/wine/model-v2');
const made: string[] = [];
const temporary = (): string => {
  const root = mkdtempSync(join(tmpdir(), 'worker-'));
  made.push(root);
  return root;
};

afterAll(() => {
  for (const root of made) rmSync(root, { recursive: true, force: true });
});

describe('a replica in a thread', () => {
  const { signature, expected } = describePackage(WINE_V2);
  const replicas: Worker[] = [];
  afterEach(() => Promise.all(replicas.splice(0).map((replica) => replica.terminate())));

  const start = (data: WorkerStart) => {
    const replica = new Worker(WORKER, { workerData: data });
    replicas.push(replica);
    const said: WorkerMessage[] = [];
    let heard: () => void = () => undefined;
    replica.on('message', (message: WorkerMessage) => {
      said.push(message);
      heard();
    });
    const next = async (): Promise<WorkerMessage | undefined> => {
      if (said.length === 0)
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      return said.shift();
    };
    return { replica, next };
  };

  it('says when it is ready and answers calls in their order', async () => {
    const { replica, next } = start({ folder: WINE_V2, signature });
    await expect(next()).resolves.toMatchObject({ type: 'ready', loadMs: expect.any(Number) });
    const table = tableOf(signature, expected?.input.columns ?? [], expected?.input.data ?? []);
    for (const id of [7, 8, 9]) replica.postMessage({ id, table } satisfies WorkerCall);
    for (const id of [7, 8, 9]) {
      const message = await next();
      expect(message).toMatchObject({ type: 'answer', id });
      const answer = message?.type === 'answer' ? message.answer : undefined;
      expect(Array.from(answer?.predictions ?? [])).toEqual(expected?.predictions);
      expect(answer?.probabilities?.values).toHaveLength(30);
    }
  });

  it('tells of a call that fails and goes on', async () => {
    const { replica, next } = start({ folder: WINE_V2, signature });
    await next();
    replica.postMessage({ id: 1, table: { rows: 1, cells: [] } });
    await expect(next()).resolves.toMatchObject({ type: 'error', id: 1 });
    const table = tableOf(signature, expected?.input.columns ?? [], expected?.input.data ?? []);
    replica.postMessage({ id: 2, table });
    await expect(next()).resolves.toMatchObject({ type: 'answer', id: 2 });
  });

  it('says why it cannot load, without naming folders of this machine', async () => {
    const folder = temporary();
    const { next } = start({ folder, signature });
    const message = await next();
    expect(message).toMatchObject({ type: 'failed', reason: expect.stringMatching(/no MLmodel/) });
    expect(JSON.stringify(message)).not.toContain(folder);
  });
});

describe('trying a package in a process of its own', () => {
  const checks = packageChecks({ workerFile: WORKER });
  const copy = (from: string): string => {
    const root = temporary();
    cpSync(from, root, { recursive: true });
    return root;
  };

  it('describes it as the same code does here', async () => {
    await expect(checks.inspect(WINE)).resolves.toEqual(describePackage(WINE));
  });

  it('lets through what reproduces its label and its probability', async () => {
    for (const folder of [WINE, WINE_V2]) {
      const described = await checks.inspect(folder);
      await expect(checks.gate(folder, described)).resolves.toEqual(described.expected);
    }
  });

  it('keeps the first answers of a package that came without', async () => {
    const folder = copy(WINE_V2);
    rmSync(join(folder, 'expected_output.json'));
    const described = await checks.inspect(folder);
    expect(described.expected).toMatchObject({ predictions: null, origin: 'recorded' });
    const kept = await checks.gate(folder, described);
    expect(kept).toMatchObject({ predictions: [5, 6, 6, 5, 6], origin: 'recorded' });
    expect(kept?.probabilities?.[0]?.['5']).toBeCloseTo(0.6179, 3);
  });

  it('refuses a model that answers something else, even when only a probability differs', async () => {
    const folder = copy(WINE_V2);
    const file = join(folder, 'expected_output.json');
    const given = JSON.parse(readFileSync(file, 'utf8'));
    given.probabilities[2]['6'] += 0.001;
    writeFileSync(file, JSON.stringify(given));
    const described = await checks.inspect(folder);
    await expect(checks.gate(folder, described)).rejects.toMatchObject({
      kind: 'bad-request',
      message: expect.stringMatching(/row 2: probability of 6 is/),
    });
  });

  it('leaves a package of another runtime for the host to try', async () => {
    const described = { ...(await checks.inspect(WINE)), runtime: 'mlflow' as const };
    await expect(checks.gate('/nowhere', described)).resolves.toBe(described.expected);
  });

  it('ends what takes too long', async () => {
    const hasty = packageChecks({ workerFile: WORKER, timeoutMs: 1 });
    await expect(hasty.inspect(WINE)).rejects.toMatchObject({
      kind: 'bad-request',
      message: expect.stringMatching(/took more than 0.001 s/),
    });
  });

  it('tells a package at fault from a process that cannot even start', async () => {
    const lost = packageChecks({ workerFile: join(temporary(), 'lost.mjs') });
    await expect(lost.inspect(WINE)).rejects.toMatchObject({
      message: expect.stringMatching(/ended its process/),
    });
    await expect(checks.inspect('/nowhere')).rejects.toMatchObject({
      message: expect.stringMatching(/could not be tried/),
    });
  });

  it('survives every broken model file: described, or refused with a reason', async () => {
    const files = ['zipmap-int.onnx', 'named.onnx', 'external/model.onnx'];
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), flips, async (name, changes) => {
        const bytes = readFileSync(join(__dirname, 'fixtures', name));
        for (const [place, value] of changes) bytes[place % bytes.length] = value;
        const folder = temporary();
        writeFileSync(join(folder, 'model.onnx'), bytes);
        copyFileSync(join(__dirname, 'fixtures/external/weights.bin'), join(folder, 'weights.bin'));
        const outcome = await checks.inspect(folder).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(isDomainError(outcome)).toBe(true);
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});
