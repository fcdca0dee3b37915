import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileArtifactStore } from '../adapters/embedded/file-artifact-store';
import { localHost } from '../adapters/embedded/local-host';
import { versionPlan } from '../adapters/embedded/local-host-fixture';
import type { VersionPlan } from '../core/inference/model-host';
import { checkExpected } from '../core/models/expected-answers';
import type { ModelVersion } from '../core/models/model-version';
import type { LogLine } from '../core/services/log-store';
import { describePackage } from '../model-server/package-reader';
import { tableOf } from '../model-server/table-of';
import { describePython } from './support/python';

const MINUTES = 60_000;
const COLUMNS = ['a', 'b', 'c'];

interface Predicted {
  readonly data: readonly (readonly number[])[];
  readonly sklearn: readonly string[];
  readonly xgboost: readonly number[];
}

describePython('models logged with MLflow, served by its own scoring process', (python) => {
  const folder = mkdtempSync(join(tmpdir(), 'mlflow-flavors-'));
  const lines: LogLine[] = [];
  const problems: string[] = [];
  let predicted: Predicted;
  let host: Awaited<ReturnType<typeof localHost>>;

  const planOf = async (name: 'sklearn' | 'xgboost'): Promise<VersionPlan> => {
    const place = join(folder, name);
    const described = describePackage(place);
    const model: ModelVersion = {
      ...described,
      ...(await fileArtifactStore(join(folder, 'artifacts')).put(place)),
      model: name,
      version: 1,
      description: '',
      tags: {},
      source: { path: place },
      created_by: 'ann',
      created_at: '2026-01-01T12:00:00.000Z',
      // The package brings the rows; what its server must answer for them is known here.
      expected: {
        input: { columns: COLUMNS, data: predicted.data.map((row) => [...row]) },
        predictions: predicted[name],
        probabilities: null,
        origin: 'given',
      },
    };
    return versionPlan(model, { name });
  };

  beforeAll(async () => {
    const script = join(__dirname, 'support/flavors.py');
    const { status, stdout, stderr } = spawnSync(python, [script, folder], { encoding: 'utf8' });
    expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
    predicted = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    chmodSync(folder, 0o700);
    host = await localHost({
      artifacts: fileArtifactStore(join(folder, 'artifacts')),
      folder,
      tableOf,
      checkAnswers: async ({ expected }, answer) =>
        expected ? checkExpected(expected, answer) : [],
      environment: { ...process.env, TIDEGATE_PYTHON_VENV: dirname(dirname(python)) },
      workerFile: 'not-needed.mjs',
      loadInline: () => {
        throw new Error('not needed');
      },
      logs: { append: (_, line) => lines.push(line) },
      now: () => new Date(),
      newId: () => crypto.randomUUID(),
    });
    host.observe({
      stateChanged: () => undefined,
      happened: ({ type, message }) => {
        if (type !== 'started' && type !== 'not-isolated') problems.push(`${type}: ${message}`);
      },
    });
    const versions = [await planOf('sklearn'), await planOf('xgboost')];
    await host.apply({ service: 'flavors', maxQueue: 9, versions });
    for (const end = Date.now() + 3 * MINUTES; Date.now() < end; ) {
      const states = host.states('flavors');
      if (states.every(({ running }) => running === 1) || problems.length > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(problems).toEqual([]);
  }, 5 * MINUTES);

  afterAll(async () => {
    await host.close(5_000);
    rmSync(folder, { recursive: true, force: true });
  }, MINUTES);

  it.each(['sklearn', 'xgboost'] as const)('answers as the %s model does', async (name) => {
    const model = host.modelOf('flavors', name);
    if (!model) throw new Error(`${name} does not run`);
    const { data } = predicted;
    const reversed = data.toReversed().map((row) => [...row]);
    const { predictions } = await host.invoke({
      service: 'flavors',
      version: name,
      requestId: 'r-1',
      trace: null,
      table: tableOf(model.signature, COLUMNS, reversed),
      body: () =>
        Buffer.from(JSON.stringify({ dataframe_split: { columns: COLUMNS, data: reversed } })),
      params: null,
      timeoutMs: MINUTES,
    });
    const wanted = predicted[name].toReversed();
    expect(predictions).toHaveLength(wanted.length);
    for (const [row, answer] of Array.from(predictions).entries()) {
      const expected = wanted[row];
      if (typeof expected === 'number') expect(answer).toBeCloseTo(expected, 5);
      else expect(answer).toBe(expected);
    }
    expect(host.instances('flavors').find(({ version }) => version === name)).toMatchObject({
      status: 'running',
      restarts: 0,
    });
    expect(lines.filter(({ version }) => version === name).length).toBeGreaterThan(0);
  });

  it('says so when the model refuses a request, in the words that its server logs', async () => {
    const model = host.modelOf('flavors', 'sklearn');
    if (!model) throw new Error('sklearn does not run');
    const refused = Promise.resolve(
      host.invoke({
        service: 'flavors',
        version: 'sklearn',
        requestId: 'r-2',
        trace: null,
        table: tableOf(model.signature, COLUMNS, [[1, 2, 3]]),
        body: () => Buffer.from('{"dataframe_split": {"columns": ["a"], "data": [[1]]}}'),
        params: null,
        timeoutMs: MINUTES,
      }),
    );
    await expect(refused).rejects.toMatchObject({
      kind: 'model-error',
      cause: { message: expect.stringMatching(/^it answered 400/) },
    });
  });
});
