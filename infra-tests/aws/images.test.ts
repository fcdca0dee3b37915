import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { runProgram } from '../clients/cli-process';
import { type Caller, caller, until } from '../support/api';
import { describePython } from '../support/python';
import { registerWine } from '../support/wine';
import { linesOf } from './captured-lines';
import { deployPlatform } from './deploy';
import { type Emulator, startEmulator } from './emulator/start';

const ROOT = resolve(__dirname, '../..');
const MINUTES = 60_000;
const REGISTRY = '000000000000.dkr.ecr.us-east-1.amazonaws.com';
const imageOf = (name: string): string =>
  `${REGISTRY}/${name}@sha256:${Buffer.from(name).toString('hex').padEnd(64, '0')}`;
const [MLFLOW, PRODUCT] = [imageOf('mlflow'), imageOf('product')];
/** Of the registry outside ECR that the deployed stage names. */
const OUTSIDE = PRODUCT.replace(REGISTRY, 'registry.example.com:5000');
const compute = { instances: { type: 'ml.m5.large', count: 1 } };
/** What MLflow's own image does with `/opt/ml/model`, as a process: no image can be built here. */
const mlflowServing = (python: string): readonly string[] => [
  '/bin/sh',
  '-c',
  `PATH="${dirname(python)}:$PATH" exec "${python}" -m mlflow models serve --env-manager local -h 127.0.0.1 -p "$SAGEMAKER_BIND_TO_PORT" -m "$TIDEGATE_MODEL_FOLDER"`,
];

interface Predicted {
  readonly data: readonly (readonly number[])[];
  readonly sklearn: readonly string[];
}

const signature = {
  inputs: ['a', 'b'].map((name) => ({ name, type: 'double' })),
  outputs: [{ type: 'double' }],
};
const rows = { columns: ['a', 'b'], data: [[2, 3]] };

describePython('container images as models in an AWS account', (python) => {
  const work = mkdtempSync(join(tmpdir(), 'tidegate-images-'));
  let emulator: Emulator;
  let url = '';
  let token = '';
  let operator: Caller;
  let predicted: Predicted;

  const tidegate = (...args: readonly string[]) =>
    runProgram(join(ROOT, 'node_modules/.bin/node'), [join(ROOT, '.build/tidegate.mjs'), ...args], {
      cwd: work,
      env: { TIDEGATE_ENDPOINT: url, TIDEGATE_TOKEN: token },
    });
  const register = (model: string, image: object, more: object = {}) =>
    operator(`/api/models/${model}/versions`, { body: { source: { image }, ...more } });
  const serve = async (name: string, version = 1) => {
    const versions = { v1: { model: { name, version }, compute } };
    return operator('/api/services', { body: { name, auth: false, versions } });
  };
  const settled = (name: string) =>
    until(
      () => operator(`/api/services/${name}/versions/v1`),
      ({ body }) => body.status === 'running' || body.status === 'failed',
      3 * MINUTES,
    ).catch((error: unknown) => {
      throw new Error(`${error}\n${emulator.log().slice(-8_000)}`);
    });
  const predict = (name: string, body: unknown) =>
    until(
      () => caller(url)(`/services/${name}/predict`, { body }),
      ({ status }) => status !== 409,
    );

  beforeAll(async () => {
    const script = join(ROOT, 'infra-tests/support/flavors.py');
    const made = spawnSync(python, [script, work], { encoding: 'utf8' });
    expect([made.status, made.status === 0 ? '' : made.stderr]).toEqual([0, '']);
    predicted = JSON.parse(made.stdout.trim().split('\n').at(-1) ?? '');
    const product = [process.execPath, join(__dirname, 'emulator/fixtures/product.mjs')];
    const images = { [MLFLOW]: mlflowServing(python), [PRODUCT]: product, [OUTSIDE]: product };
    emulator = await startEmulator({ python, images });
    const modelServerImage = imageOf('model-server');
    const app = 'tsx infra-tests/aws/private-registry-app.ts';
    const given = { folder: work, app, modelServerImage };
    ({ url, token, operator } = await deployPlatform(emulator, given));
  }, 7 * MINUTES);
  afterAll(async () => {
    await emulator.stop();
    rmSync(work, { recursive: true, force: true });
  }, MINUTES);

  it(
    'serve an MLflow model that is not ONNX, by the way that its refusal names',
    async () => {
      const folder = join(work, 'sklearn');
      const refused = await tidegate('models', 'register', 'churn', folder);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/build-and-push-container.*push it to ECR.*--image URI/);

      const registered = await tidegate('models', 'register', 'churn', folder, '--image', MLFLOW);
      expect([registered.stderr, registered.code]).toEqual([expect.any(String), 0]);
      await serve('churn');
      expect((await settled('churn')).body).toMatchObject({ status: 'running' });

      const columns = ['c', 'ignored', 'b', 'a'];
      const data = predicted.data.map(([a, b, c]) => [c, 'x', b, a]);
      const answered = await predict('churn', { dataframe_split: { columns, data } });
      expect(answered).toMatchObject({ status: 200, body: { model_version: 'churn/1' } });
      expect(answered.body.predictions).toEqual(predicted.sklearn);
      const { body: version } = await operator('/api/models/churn/versions/1');
      expect(version).toMatchObject({
        container: { image: MLFLOW, environment_names: [], data: true },
        // What its first replica answered for the example of the package.
        expected: { origin: 'recorded', predictions: predicted.sklearn },
      });
      const refusedRow = await predict('churn', { dataframe_records: [{ a: 1, b: 'x' }] });
      expect(refusedRow).toMatchObject({
        status: 400,
        body: { type: 'urn:tidegate:invalid-input' },
      });

      const s3 = new S3Client(emulator.clientOf());
      const lines = await until(
        () => linesOf(s3, 'requests/service=churn/'),
        (found) => found.some(({ request_id }) => request_id === answered.body.request_id),
      );
      const line = lines.find(({ request_id }) => request_id === answered.body.request_id);
      expect(line).toMatchObject({ service: 'churn', status_code: 200, model_version: 1 });
      s3.destroy();
    },
    5 * MINUTES,
  );

  it(
    'serve any container that keeps the contract, with its variables, and with every right checked',
    async () => {
      await emulator.iam(true);
      const environment = { SCALE: '10' };
      const expected = { input: rows, predictions: [60] };
      const registered = await register(
        'product',
        { uri: PRODUCT, environment, signature },
        { expected },
      );
      expect(registered).toMatchObject({
        status: 201,
        body: {
          ...{ flavor: 'container', runtime: 'image', source: { image: { uri: PRODUCT } } },
          container: { image: PRODUCT, environment_names: ['SCALE'], data: false },
        },
      });
      await serve('product');
      expect((await settled('product')).body).toMatchObject({ status: 'running' });
      await emulator.iam(false);
      const answered = await predict('product', { instances: [{ b: 5, a: 2 }] });
      expect(answered).toMatchObject({ status: 200, body: { predictions: [100] } });
    },
    3 * MINUTES,
  );

  it(
    'may lie outside ECR, where the role of models may ask for the login, and run on instances alone',
    async () => {
      const expected = { input: rows, predictions: [6] };
      const registered = await register('outside', { uri: OUTSIDE, signature }, { expected });
      expect(registered).toMatchObject({ status: 201, body: { container: { image: OUTSIDE } } });
      const serverless = { serverless: { memory_mb: 2048, concurrency: 5 } };
      const versions = { v1: { model: { name: 'outside', version: 1 }, compute: serverless } };
      const refused = await operator('/api/services', { body: { name: 'outside', versions } });
      expect(refused).toMatchObject({ status: 400, body: { type: 'urn:tidegate:bad-request' } });
      expect(refused.body.detail).toMatch(/outside ECR.*on instances alone/);

      await emulator.iam(true);
      await serve('outside');
      expect((await settled('outside')).body).toMatchObject({ status: 'running' });
      await emulator.iam(false);
      const answered = await predict('outside', { instances: [{ b: 5, a: 2 }] });
      expect(answered).toMatchObject({ status: 200, body: { predictions: [10] } });
    },
    3 * MINUTES,
  );

  it(
    'get no traffic when they answer other than expected, and say so',
    async () => {
      const expected = { input: rows, predictions: [7] };
      await register('wrong', { uri: PRODUCT, signature }, { expected });
      await serve('wrong');
      expect((await settled('wrong')).body).toMatchObject({
        status: 'failed',
        status_reason: expect.stringMatching(/row 0: predicted 6, expected 7/),
      });
      expect((await predict('wrong', { instances: [{ a: 1, b: 1 }] })).status).not.toBe(200);
    },
    3 * MINUTES,
  );

  it.each([
    ['by a tag', { uri: `${REGISTRY}/product:1`, signature }, /by its digest.*describe-images/],
    [
      'of another account',
      { uri: PRODUCT.replace('000000000000', '111122223333'), signature },
      /models may use images of 000000000000\.dkr.*imageRegistries/,
    ],
    ['of another registry', { uri: 'ghcr.io/a/b', signature }, /push it to ECR.*privateRegistries/],
    [
      'by a tag outside ECR',
      { uri: 'registry.example.com:5000/product:1', signature },
      /by its digest.*imagetools inspect/,
    ],
    ['without a signature', { uri: PRODUCT }, /what the image takes and answers/],
    ['with a command', { uri: PRODUCT, command: ['serve'] }, /gives containers a command/],
    ['with data that is not there', { uri: PRODUCT, data: { upload: 'a' } }, /no such upload/],
  ])('are refused %s, with the way out', async (_, image, why) => {
    const refused = await register('refused', image);
    expect(refused).toMatchObject({ status: 400, body: { type: 'urn:tidegate:bad-request' } });
    expect(refused.body.detail).toMatch(why);
    expect((await operator('/api/models/refused')).status).toBe(404);
  });

  it('are what runs on GPUs where the stage has no image of the model server for them', async () => {
    const onGpu = { instances: { type: 'ml.g5.xlarge', count: 1 } };
    const version = await registerWine(operator, 'wine');
    const versions = { v1: { model: { name: 'wine', version }, compute: onGpu } };
    const refused = await operator('/api/services', { body: { name: 'wine', versions } });
    expect(refused).toMatchObject({ status: 400, body: { type: 'urn:tidegate:bad-request' } });
    expect(refused.body.detail).toMatch(/no image of the model server for GPUs.*gpu: true/);
    const added = {
      name: 'v2',
      model: { name: 'product', version: 1 },
      compute: onGpu,
      start: false,
    };
    expect((await operator('/api/services/product/versions', { body: added })).status).toBe(201);
    const other = { model: { name: 'wine', version } };
    const patched = operator('/api/services/product/versions/v2', { method: 'PATCH', body: other });
    expect((await patched).body.detail).toMatch(/no image of the model server for GPUs/);
  });
});
