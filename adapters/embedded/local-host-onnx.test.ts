import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Invocation, VersionPlan } from '../../core/inference/model-host';
import { checkExpected } from '../../core/models/expected-answers';
import { loadOnnxModel } from '../../model-server/onnx-model';
import { describePackage } from '../../model-server/package-reader';
import { tableOf } from '../../model-server/table-of';
import { fileArtifactStore } from './file-artifact-store';
import { localHost } from './local-host';
import { sumModel, until, versionPlan } from './local-host-fixture';

const root = join(__dirname, '../..');

describe('Local host: the wine models', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const open = async (loadInline: typeof loadOnnxModel) => {
    const folder = mkdtempSync(join(tmpdir(), 'host-onnx-'));
    const artifacts = fileArtifactStore(join(folder, 'artifacts'));
    const host = await localHost({
      artifacts,
      folder,
      loadInline,
      tableOf,
      checkAnswers: async ({ expected }, answer) =>
        expected ? checkExpected(expected, answer) : [],
      workerFile: join(root, '.build/model-worker.mjs'),
      environment: {},
      logs: { append: () => undefined },
      now: () => new Date(),
      newId: () => crypto.randomUUID(),
    });
    const versions: VersionPlan[] = [];
    for (const [name, place] of [
      ['v1', 'examples/wine/model'],
      ['v2', 'examples/wine/model-v2'],
    ] as const) {
      const { digest, size } = await artifacts.put(join(root, place));
      const described = describePackage(join(root, place));
      versions.push(versionPlan(sumModel(digest, { size, ...described }), { name }));
    }
    await host.apply({ service: 'wine', maxQueue: 9, versions });
    await until(() => host.states('wine').every(({ running }) => running === 1));
    const ask = (version: string, rows: number): Invocation => {
      const model = versions.find(({ name }) => name === version)?.model;
      const { columns = [], data = [] } = model?.expected?.input ?? {};
      const repeated = Array.from({ length: rows }, (_, i) => data[i % data.length] ?? []);
      const table = tableOf((model ?? sumModel('')).signature, columns, repeated);
      const body = () => new Uint8Array();
      const about = { service: 'wine', version, requestId: 'r-1', trace: null, params: null };
      return { ...about, table, body, timeoutMs: 10_000 };
    };
    closing.push(async () => {
      await host.close(1_000);
      rmSync(folder, { recursive: true, force: true });
    });
    return { host, ask };
  };

  it('answers the same in this thread and in a replica', async () => {
    const both = await open(loadOnnxModel);
    const replicas = await open(() => {
      throw new Error('in replicas only');
    });
    for (const version of ['v1', 'v2']) {
      const here = both.host.invoke(both.ask(version, 5));
      const there = replicas.host.invoke(replicas.ask(version, 5));
      expect([here instanceof Promise, there instanceof Promise]).toEqual([false, true]);
      const [a, b] = await Promise.all([here, there]);
      expect(Array.from(a.predictions)).toEqual(Array.from(b.predictions));
      expect(a.predictions).toHaveLength(5);
      expect(Array.from(a.probabilities?.values ?? [])).toEqual(
        Array.from(b.probabilities?.values ?? []),
      );
      expect(a.probabilities?.classes).toEqual(b.probabilities?.classes);
    }
  });
});
