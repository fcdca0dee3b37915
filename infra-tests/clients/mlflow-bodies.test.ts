import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Running, startPlatform, temporaryFolder } from '../support/platform';
import { describePython } from '../support/python';
import { type RecordedBody, recordedBodies } from './mlflow-bodies';
import { mlflowDeviations } from './mlflow-deviations';
import { type MlflowServer, serveWithMlflow } from './mlflow-server';

const MINUTE = 60_000;
type Model = RecordedBody['model'];

interface Outcome {
  readonly status: number;
  readonly text: string;
  /** One number or list per row; null when the answer is no JSON, or none of predictions. */
  readonly predictions: readonly unknown[] | null;
}

/** Both servers share a wire format but for one thing: MLflow answers ONNX models by output. */
const rowsOf = (predictions: unknown): readonly unknown[] | null => {
  if (Array.isArray(predictions)) return predictions;
  const [only] = Object.values(predictions ?? {});
  return Array.isArray(only) ? only.map((row) => (Array.isArray(row) ? row[0] : row)) : null;
};

const parsed = (text: string) => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const ask = async (
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  type: string | null,
): Promise<Outcome> => {
  const response = await fetch(`${url}/invocations`, {
    method: 'POST',
    // Bytes, because fetch names a type for text by itself.
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    headers: type === null ? {} : { 'content-type': type },
  });
  const text = await response.text();
  return { status: response.status, text, predictions: rowsOf(parsed(text)?.predictions) };
};

const expectSame = (ours: Outcome, mlflows: Outcome): void => {
  expect(ours.predictions).toHaveLength(mlflows.predictions?.length ?? -1);
  for (const [row, value] of (mlflows.predictions ?? []).entries()) {
    expect(ours.predictions?.[row]).toBeCloseTo(Number(value), 4);
  }
};

describePython("MLflow's own requests", (python) => {
  const models = temporaryFolder();
  const servers: Partial<Record<Model, MlflowServer>> = {};
  const platforms: Running[] = [];
  const mlflow = (model: Model): string => servers[model]?.url ?? '';
  const ours = (model: Model): string => `${platforms[0]?.url}/services/${model}`;

  beforeAll(async () => {
    const script = join(__dirname, 'mlflow_models.py');
    const made = spawnSync(python, [script, models], { encoding: 'utf8' });
    expect([made.status, made.status === 0 ? '' : made.stderr]).toEqual([0, '']);
    const serve = async (model: Model) => {
      servers[model] = await serveWithMlflow(python, join(models, model));
    };
    const service = (model: string) =>
      `{ auth: false, versions: { v1: { model: ${join(models, model)} } } }`;
    const start = async () => {
      const running = await startPlatform({
        manifest: `services:
  people: ${service('people-onnx')}
  visits: ${service('visits')}
  tensor: ${service('tensor')}
`,
        env: { TIDEGATE_PYTHON_VENV: dirname(dirname(python)) },
      });
      platforms.push(running);
    };
    await Promise.all([serve('people'), serve('visits'), serve('tensor'), start()]);
    await untilReady(`${ours('visits')}/v2/health/ready`);
  }, 2 * MINUTE);

  afterAll(async () => {
    const all = [...platforms, ...Object.values(servers)];
    await Promise.all(all.map((running) => running.stop()));
  }, MINUTE);

  it.each(recordedBodies.filter(({ deviation }) => deviation === null))(
    'are answered alike: $model, $name',
    async ({ model, body, type, statuses }) => {
      const theirs = await ask(mlflow(model), body, type);
      const own = await ask(ours(model), body, type);
      expect([theirs.status, own.status]).toEqual(statuses);
      if (own.status === 200) expectSame(own, theirs);
      else expectMlflowsError(own);
    },
  );

  it.each(recordedBodies.filter(({ deviation }) => deviation !== null))(
    'are answered otherwise ($deviation): $model, $name',
    async ({ model, body, type, statuses }) => {
      const theirs = await ask(mlflow(model), body, type);
      const own = await ask(ours(model), body, type);
      expect([theirs.status, own.status]).toEqual(statuses);
      if (own.status === 200) expect(own.predictions).not.toEqual(theirs.predictions);
      else expectMlflowsError(own);
    },
  );

  it('are answered otherwise (parquet): a Parquet file', async () => {
    const file = new Uint8Array(readFileSync(join(models, 'people.parquet')));
    const type = 'application/vnd.apache.parquet';
    expect((await ask(mlflow('people'), file, type)).status).toBe(200);
    const own = await ask(ours('people'), file, type);
    expect(own.status).toBe(415);
    expectMlflowsError(own);
  });

  it('show every deviation that is listed', () => {
    const shown = new Set<string>([
      'parquet',
      ...recordedBodies.map((body) => body.deviation ?? ''),
    ]);
    expect(Object.keys(mlflowDeviations).filter((name) => !shown.has(name))).toEqual([]);
  });

  it("are answered null where MLflow's answer is not even JSON", async () => {
    const body = '{"inputs": [[null, 2, 3]]}';
    expect((await ask(mlflow('tensor'), body, 'application/json')).text).toContain('NaN');
    const own = await ask(ours('tensor'), body, 'application/json');
    expect(own.predictions).toEqual([null]);
  });

  it("come from MLflow's client too, which reads our answers and errors", () => {
    const { refused: _, ...theirs } = runClient(python, mlflow('people'));
    const { refused, ...own } = runClient(python, ours('people'));
    for (const [form, predictions] of Object.entries(theirs)) {
      expect(predictions).toHaveLength(2);
      expect(own[form]).toEqual((predictions as number[]).map((value) => expect.closeTo(value, 4)));
    }
    expect(refused).toContain('column \\"age\\": this column is required');
    expect(refused).toContain('INVALID_PARAMETER_VALUE');
  }, 60_000);
});

/** MLflow's client takes a host and a port, behind which it takes a path. */
const runClient = (python: string, url: string) => {
  const { hostname, port, pathname } = new URL(url);
  const script = join(__dirname, 'mlflow_client.py');
  const place = [hostname, `${port}${pathname}`.replace(/\/$/, '')];
  const { status, stdout, stderr } = spawnSync(python, [script, ...place], { encoding: 'utf8' });
  expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
};

/** What MLflow's clients look for in an error. */
const expectMlflowsError = ({ text }: Outcome): void => {
  const { error_code, message, detail } = JSON.parse(text);
  expect(['BAD_REQUEST', 'INVALID_PARAMETER_VALUE']).toContain(error_code);
  expect(message).toBe(detail);
  expect(message).not.toBe('');
};

const untilReady = async (url: string): Promise<void> => {
  for (const end = Date.now() + MINUTE; !(await fetch(url)).ok; ) {
    if (Date.now() > end) throw new Error('it never became ready');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};
