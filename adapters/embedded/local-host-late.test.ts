import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostEvent, Invocation, VersionPlan } from '../../core/inference/model-host';
import { loadInlineModel } from '../../model-server/onnx-model';
import { describePackage } from '../../model-server/package-reader';
import { tableOf } from '../../model-server/table-of';
import { type LocalHost, localHost } from './local-host';
import { sumModel, until, versionPlan } from './local-host-fixture';

const root = join(__dirname, '../..');
/** Some 0.6 s of native work, beyond what a replica that leaves gets to finish. */
const LONG = 400_000;

/** A native call outlives what ends its replica; were its thread ended with it, this process would be. */
describe('Local host: a replica that is taken away in a native call', () => {
  const folder = mkdtempSync(join(tmpdir(), 'host-late-'));
  copyFileSync(join(root, 'model-server/fixtures/loop.onnx'), join(folder, 'loop.onnx'));
  const described = describePackage(folder);
  const plan = versionPlan(sumModel('sha256:loop', described));
  const events: HostEvent[] = [];
  let host: LocalHost;

  beforeEach(async () => {
    events.length = 0;
    host = await localHost({
      artifacts: { open: async () => folder },
      folder,
      loadInline: loadInlineModel,
      tableOf,
      checkAnswers: async () => [],
      workerFile: join(root, '.build/model-worker.mjs'),
      environment: {},
      logs: { append: () => undefined },
      now: () => new Date(),
      newId: () => crypto.randomUUID(),
      times: { firstPause: 20, longestPause: 100, drain: 200 },
    });
    host.observe({ stateChanged: () => undefined, happened: (event) => events.push(event) });
    await apply(plan);
    await until(() => host.isRunning('loop', 'v1'));
  });
  afterEach(() => host.close(5_000));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const apply = (...versions: VersionPlan[]) =>
    host.apply({ service: 'loop', maxQueue: 9, versions });
  const count = async (to: number): Promise<unknown> => {
    const table = tableOf(described.signature, ['x'], [[to]]);
    const about = { service: 'loop', version: 'v1', requestId: 'r-1', trace: null, params: null };
    const body = () => new Uint8Array();
    const ask: Invocation = { ...about, table, body, timeoutMs: 10_000 };
    const { predictions } = await host.invoke(ask);
    return predictions[0];
  };
  const outcome = (to: number) => count(to).catch(({ kind }) => kind);
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  /** Long enough for the call to have returned to its thread. */
  const returned = () => pause(1_500);

  const taken: Readonly<Record<string, () => Promise<unknown>>> = {
    'its version is stopped': () => apply({ ...plan, replicas: 0 }),
    'its version is removed': () => apply(versionPlan(plan.model, { name: 'v2' })),
    'its service is deleted': () => host.remove('loop'),
    'the host is closed': () => host.close(200),
  };
  for (const [when, take] of Object.entries(taken)) {
    it(`lets its call go when ${when}`, async () => {
      const long = outcome(LONG);
      await pause(50);
      await take();
      expect(await long).toBe('unavailable');
      await returned();
      expect(await outcome(3)).toBe('unavailable');
    });
  }

  it('hands over to another model, which answers the next call', async () => {
    const long = outcome(LONG);
    await pause(50);
    await apply({ ...plan, model: { ...plan.model, version: 2 } });
    await until(() => host.modelOf('loop', 'v1')?.version === 2);
    expect(await outcome(3)).toBe(3);
    expect(['unavailable', LONG]).toContain(await long);
    await returned();
    expect(await outcome(4)).toBe(4);
  });

  it('is restarted, and the call is given to the one that follows', async () => {
    const long = outcome(LONG);
    await pause(50);
    await host.restart('loop', host.instances('loop')[0]?.id ?? '');
    expect(await long).toBe(LONG);
    await until(() => events.some(({ type }) => type === 'restarted'));
    await returned();
    expect(await outcome(5)).toBe(5);
  });
});
