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
    // uvicorn closes idle connections at a moment that a client cannot know.
    headers: { connection: 'close', ...(type !== null && { 'content-type': type }) },
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
  let platform: Running;
  const servers: Partial<Record<Model, MlflowServer>> = {};
  const mlflow = (model: Model): string => servers[model]?.url ?? '';
  const ours = (model: Model): string => `${platform.url}/services/${model}`;

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
      platform = await startPlatform({
        manifest: `services:
  people: ${service('people-onnx')}
  visits: ${service('visits')}
  tensor: ${service('tensor')}
`,
        env: { TIDEGATE_PYTHON_VENV: dirname(dirname(python)) },
      });
    };
    await Promise.all([serve('people'), serve('visits'), serve('tensor'), start()]);
    await until(async () => (await fetch(`${ours('visits')}/v2/health/ready`)).ok);
  }, 2 * MINUTE);

  afterAll(async () => {
    await Promise.all([platform?.stop(), ...Object.values(servers).map((server) => server.stop())]);
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

  it(
    "come from MLflow's client too, which reads our answers and errors",
    () => {
      const { host } = new URL(platform.url);
      const [name = '', port = ''] = host.split(':');
      const script = join(__dirname, 'mlflow_client.py');
      const run = (where: string) =>
        spawnSync(python, [script, name, where], { encoding: 'utf8', timeout: MINUTE });
      const { status, stdout, stderr } = run(`${port}/services/people`);
      expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
      const got = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
      const rows = [expect.closeTo(16.805, 2), expect.closeTo(11.2, 2)];
      expect(got).toMatchObject({ frame: rows, params: rows, records: rows });
      expect(got.refused).toContain('column \\"age\\": this column is required');
      expect(got.refused).toContain('INVALID_PARAMETER_VALUE');
    },
    MINUTE,
  );
});

/** What MLflow's clients look for in an error. */
const expectMlflowsError = ({ text }: Outcome): void => {
  const { error_code, message, detail } = JSON.parse(text);
  expect(['BAD_REQUEST', 'INVALID_PARAMETER_VALUE']).toContain(error_code);
  expect(message).toBe(detail);
  expect(message).not.toBe('');
};

const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  for (const end = Date.now() + MINUTE; !(await isSo()); ) {
    if (Date.now() > end) throw new Error('it never became ready');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};
