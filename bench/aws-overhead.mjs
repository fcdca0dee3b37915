// What authorizer and predict add to a warm request, beside the endpoint's own time:
//   TIDEGATE_PYTHON_VENV=<venv with MiniStack> node bench/aws-overhead.mjs [rounds] [calls]
// It deploys the platform onto the emulator, makes a service of the wine model, and runs the functions
// as they were uploaded, each in a process of its own, with what their stack tells them. The endpoint
// is the real model server behind the stub of SageMaker; DynamoDB and Firehose are MiniStack's.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListEndpointsCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { create } from 'tar';
import { require as load } from 'tsx/cjs/api';
import build from '../bin/build.mjs';

const { startEmulator } = load('../infra-tests/aws/emulator/start.ts', import.meta.url);
const { cdk } = load('../infra-tests/aws/deploy.ts', import.meta.url);

const root = fileURLToPath(new URL('..', import.meta.url));
const [rounds, calls] = [process.argv[2] ?? 10, process.argv[3] ?? 50].map(Number);
const WARM_UP = 50;
const IMAGE = '000000000000.dkr.ecr.us-east-1.amazonaws.com/model-server:1';
const work = mkdtempSync(join(tmpdir(), 'tidegate-overhead-'));
const out = join(work, 'cdk');
const resources = (template) => Object.entries(template.Resources);

/** Deploys, and answers with the functions by name: their bundles, and what they are told. */
const deploy = async (emulator) => {
  const assembly = { out, context: { stage: 'dev', manifest: 'none', modelServerImage: IMAGE } };
  await cdk(emulator, ['bootstrap', `aws://${emulator.account}/${emulator.region}`], assembly);
  const outputs = join(work, 'outputs.json');
  await cdk(emulator, ['deploy', '--all', '--outputs-file', outputs], assembly);
  const { RestApiId } = JSON.parse(readFileSync(outputs, 'utf8'))['tidegate-dev-api'];
  const template = JSON.parse(readFileSync(join(out, 'tidegate-dev-api.template.json'), 'utf8'));
  const bundles = resources(template)
    .filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
    .map(([, { Properties }]) => {
      const { POWERTOOLS_SERVICE_NAME: name } = Properties.Environment.Variables;
      const folder = `asset.${Properties.Code.S3Key.replace('.zip', '')}`;
      return [name, join(out, folder, 'index.mjs')];
    });
  const url = `${emulator.endpoint}/restapis/${RestApiId}/v1/_user_request_`;
  return { url, bundles: Object.fromEntries(bundles) };
};

/** What the functions of the platform were told by their stack, by name. */
const toldTo = async (emulator) => {
  const lambda = new LambdaClient(emulator.clientOf());
  const { Functions } = await lambda.send(new ListFunctionsCommand({}));
  lambda.destroy();
  const variables = Functions.map(({ Environment }) => Environment?.Variables ?? {});
  return Object.fromEntries(variables.map((one) => [one.POWERTOOLS_SERVICE_NAME, one]));
};

const caller = (url, headers) => async (path, method, body) => {
  const response = await fetch(path.startsWith('http') ? path : url + path, {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
};

/** Makes the service `wine` with a key, and waits until it runs. */
const makeService = async (url) => {
  const scope = 'Credential=test/20261121/us-east-1/execute-api/aws4_request';
  const signed = `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host;x-amz-date, Signature=0`;
  const { token } = await caller(url, { authorization: signed })('/api/session/admin', 'POST');
  const operator = caller(url, { authorization: `Bearer ${token}` });
  const file = join(work, 'model.tar.gz');
  await create({ gzip: true, file, cwd: join(root, 'examples/wine/model') }, ['.']);
  const upload = await operator('/api/uploads', 'POST');
  const sent = await fetch(upload.url, { method: 'PUT', body: readFileSync(file) });
  if (!sent.ok) throw new Error(`the upload was answered with ${sent.status}`);
  const source = { upload: upload.upload_id };
  const { version } = await operator('/api/models/wine/versions', 'POST', { source });
  const compute = { instances: { type: 'ml.m5.large', count: 1 } };
  const versions = { v1: { model: { name: 'wine', version }, compute } };
  await operator('/api/services', 'POST', { name: 'wine', versions });
  const { key } = await operator('/api/services/wine/keys', 'POST', { name: 'bench' });
  for (let tries = 0; tries < 600; tries += 1) {
    const { status } = await operator('/api/services/wine', 'GET');
    if (status === 'running') return key;
    await sleep(200);
  }
  throw new Error('the service does not run');
};

/** Where the one endpoint that there is answers. */
const addressOf = async (emulator) => {
  const sagemaker = new SageMakerClient(emulator.clientOf());
  const { Endpoints } = await sagemaker.send(new ListEndpointsCommand({}));
  sagemaker.destroy();
  return `${emulator.endpoint}/endpoints/${Endpoints[0].EndpointName}/invocations`;
};

const running = [];
/** Starts one; answers with how it is asked. */
const start = async (target, env) => {
  const child = spawn(process.execPath, [join(root, 'bench/aws-runner.mjs'), target], {
    env: { PATH: process.env.PATH, ...env },
    // What functions log is not what is looked at here.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  running.push(child);
  await once(child, 'message');
  return async (event, count) => {
    child.send({ event, count });
    const [answer] = await once(child, 'message');
    return answer;
  };
};

const example = readFileSync(join(root, 'examples/wine/model/serving_input_example.json'), 'utf8');
const eventOf = (headers, requestContext) => ({
  ...{ type: 'REQUEST', resource: '/services/{service}/{proxy+}', httpMethod: 'POST' },
  methodArn: 'arn:aws:execute-api:us-east-1:000000000000:api/v1/POST/services',
  pathParameters: { service: 'wine', proxy: 'predict' },
  headers: { ...headers, 'content-type': 'application/json' },
  ...{ multiValueHeaders: {}, queryStringParameters: null, isBase64Encoded: false },
  body: example,
  requestContext: { requestId: 'bench', identity: { sourceIp: '127.0.0.1' }, ...requestContext },
});

/** What callers are answered to the very request that the endpoint is asked. */
const statusOf = ({ statusCode, policyDocument }) =>
  statusCode ?? (policyDocument?.Statement[0].Effect === 'Allow' ? 200 : 403);

const at = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

const measure = async (emulator) => {
  const { url, bundles } = await deploy(emulator);
  const key = await makeService(url);
  const told = await toldTo(emulator);
  const reach = {
    ...{ AWS_ENDPOINT_URL: emulator.endpoint, AWS_REGION: emulator.region },
    ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    AWS_LAMBDA_LOG_STREAM_NAME: 'bench',
  };
  const [authorizer, predict, endpoint] = await Promise.all([
    start(bundles.authorizer, { ...told.authorizer, ...reach }),
    start(bundles.predict, { ...told.predict, ...reach }),
    start(await addressOf(emulator), {}),
  ]);
  const headers = { authorization: `Bearer ${key}` };
  const admitted = await authorizer(eventOf(headers, {}), WARM_UP);
  const signed = 'AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/sagemaker/aws4_request';
  const direct = {
    body: example,
    headers: { authorization: signed, 'content-type': 'application/json' },
  };
  const asked = {
    authorizer: [authorizer, eventOf(headers, {})],
    predict: [predict, eventOf({}, { authorizer: admitted.last.context })],
    endpoint: [endpoint, direct],
  };
  for (const [name, [ask, event]] of Object.entries(asked)) {
    const status = statusOf((await ask(event, WARM_UP)).last);
    if (status !== 200) throw new Error(`${name} answers ${status}`);
  }
  const times = { authorizer: [], predict: [], endpoint: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, [ask, event]] of Object.entries(asked)) {
      times[name].push(...(await ask(event, calls)).times);
    }
  }
  return times;
};

const shown = (name, values) =>
  `${name.padEnd(44)} ${[0.5, 0.99].map((share) => at(values, share).toFixed(2).padStart(6)).join(' ')}`;

let emulator;
try {
  await build();
  emulator = await startEmulator({ python: join(process.env.TIDEGATE_PYTHON_VENV, 'bin/python') });
  const { authorizer, predict, endpoint } = await measure(emulator);
  const through = (values) => values.map((one) => one.through);
  const answered = predict.map((one) => one.answered);
  console.log(
    `milliseconds, ${rounds} rounds of ${calls} warm calls${' '.repeat(13)} median    p99`,
  );
  console.log(shown('authorizer', through(authorizer)));
  console.log(shown('the endpoint, asked directly', through(endpoint)));
  console.log(shown('predict, until the answer is out', answered));
  console.log(shown('predict, until its record is delivered', through(predict)));
  const over = [0.5, 0.99].map((share) => at(answered, share) - at(through(endpoint), share));
  console.log(`predict adds ${over.map((ms) => ms.toFixed(2)).join(' and ')} ms to the endpoint`);
} finally {
  for (const child of running) child.kill();
  await emulator?.stop();
  rmSync(work, { recursive: true, force: true });
}
