import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, ListStacksCommand } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { type Caller, caller, until } from '../support/api';
import { describePython } from '../support/python';
import { registerWine, wineBody } from '../support/wine';
import { linesOf } from './captured-lines';
import { cdk } from './deploy';
import { type Emulator, startEmulator } from './emulator/start';

const ROOT = join(__dirname, '../..');
const DEPLOY_MS = 400_000;
const JOURNEY_MS = 240_000;
const IMAGE = '000000000000.dkr.ecr.us-east-1.amazonaws.com/model-server:1';

/** Runs a journey of the embedded home against another one, in a process of its own. */
const runJourney = (name: string, url: string, token: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const jest = spawn(
      join(ROOT, 'node_modules/.bin/jest'),
      ['-w', '1', '--selectProjects', 'journeys', '--testPathPatterns', `/${name}.journey`],
      { cwd: ROOT, env: { ...process.env, BASE_URL: url, OPERATOR_TOKEN: token } },
    );
    let printed = '';
    for (const stream of [jest.stdout, jest.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
    }
    jest.once('error', reject);
    jest.once('close', (code) => (code === 0 ? resolve(printed) : reject(new Error(printed))));
  });

/** What signs a request is checked by AWS alone: the emulator reads whose key it is. */
const SIGNED = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=0',
};

describePython('the platform in an AWS account', (python) => {
  const work = mkdtempSync(join(tmpdir(), 'tidegate-deployed-'));
  const outputs = join(work, 'outputs.json');
  const assembly = {
    out: join(work, 'cdk'),
    context: { stage: 'dev', manifest: 'none', modelServerImage: IMAGE },
    timeoutMs: DEPLOY_MS,
  };
  let emulator: Emulator;
  let url = '';
  let token = '';
  let operator: Caller;

  beforeAll(async () => {
    emulator = await startEmulator({ python });
    const { account, region } = emulator;
    await cdk(emulator, ['bootstrap', `aws://${account}/${region}`], assembly);
    await cdk(emulator, ['deploy', '--all', '--outputs-file', outputs], assembly);
    const { RestApiId } = JSON.parse(readFileSync(outputs, 'utf8'))['tidegate-dev-api'];
    url = `${emulator.endpoint}/restapis/${RestApiId}/v1/_user_request_`;
    const signedIn = await caller(url)('/api/session/admin', { method: 'POST', headers: SIGNED });
    expect(signedIn).toMatchObject({ status: 201, body: { operator: { role: 'admin' } } });
    token = signedIn.body.token;
    operator = caller(url, token);
  }, DEPLOY_MS);
  afterAll(async () => {
    await emulator.stop();
    rmSync(work, { recursive: true, force: true });
  }, 60_000);

  const failing = (error: unknown): never => {
    throw new Error(`${error}\n${emulator.log().slice(-8_000)}`);
  };

  it(
    'passes the journey of the embedded home',
    async () => {
      await runJourney('serving', url, token).catch(failing);
    },
    JOURNEY_MS,
  );

  it('answers as the contract has it where API Gateway answers by itself', async () => {
    const nobody = caller(url);
    const cases = [
      [await nobody('/services/wine/predict', { body: {} }), 401, 'missing-credentials'],
      [await nobody('/services', { body: {} }), 404, 'not-found'],
      [await nobody('/api/services'), 401, 'missing-credentials'],
      [await nobody('/api/services', { method: 'PATCH', body: {} }), 405, 'method-not-allowed'],
      [await nobody('/no/such/path'), 404, 'not-found'],
      [await nobody('/services/wine/nothing', { body: {} }), 404, 'not-found'],
      [await nobody('/services/wine/predict'), 405, 'method-not-allowed'],
    ] as const;
    for (const [{ status, body, headers }, wanted, type] of cases) {
      expect([status, body.type, body.status]).toEqual([wanted, `urn:tidegate:${type}`, wanted]);
      // Where it answers by itself the emulator says `application/json` first.
      expect(headers.get('content-type')).toMatch(/application\/problem\+json$/);
      expect(headers.get('x-request-id')).toBe(body.request_id);
    }
    expect(cases[3][0].headers.get('allow')).toBe('GET, POST');
    expect(cases[0][0].headers.get('www-authenticate')).toBeTruthy();
  });

  it(
    'has every request in S3, under its service and hour, with both bodies',
    async () => {
      const version = await registerWine(operator, 'kept');
      const versions = { v1: { model: { name: 'kept', version } } };
      await operator('/api/services', { body: { name: 'kept', auth: false, versions } });
      await until(
        () => operator('/api/services/kept'),
        ({ body }) => body.status === 'running',
      );
      const predict = (body: unknown) => caller(url)('/services/kept/predict', { body });
      const answered = await until(
        () => predict(wineBody),
        ({ status }) => status === 200,
      );
      const refused = await predict({ instances: [] });
      expect(refused.status).toBe(400);
      const s3 = new S3Client(emulator.clientOf());
      const lines = await until(
        () => linesOf(s3, 'requests/service=kept/'),
        (found) => found.some(({ request_id }) => request_id === refused.body.request_id),
      );
      const line = lines.find(({ request_id }) => request_id === answered.body.request_id);
      expect(line).toMatchObject({ service: 'kept', status_code: 200, requester: 'anonymous' });
      expect(JSON.parse(String(line?.request)).dataframe_split).toEqual(wineBody.dataframe_split);
      expect(JSON.parse(String(line?.response))).toEqual(answered.body);
      s3.destroy();
    },
    JOURNEY_MS,
  );

  it('tells of a service what happened to it', async () => {
    const { body } = await operator('/api/services/kept/events');
    const types = body.items.map(({ type }: { type: string }) => type);
    expect(types).toEqual(expect.arrayContaining(['starting', 'running']));
  });

  it('refuses an instance type that the stage does not allow', async () => {
    const compute = { instances: { type: 'ml.p5.48xlarge', count: 1 } };
    const added = await operator('/api/services/kept/versions', {
      body: { name: 'v2', model: { name: 'kept', version: 1 }, compute },
    });
    expect(added).toMatchObject({ status: 400, body: { type: 'urn:tidegate:bad-request' } });
    expect(added.body.detail).toContain('ml.m5.large');
  });

  it(
    'passes the journey with every right checked',
    async () => {
      await emulator.iam(true);
      await runJourney('serving', url, token).catch(failing);
      await emulator.iam(false);
    },
    JOURNEY_MS,
  );

  it(
    'goes away with nothing left behind',
    async () => {
      await operator('/api/services/kept/stop', { method: 'POST' });
      await until(
        () => operator('/api/services/kept'),
        ({ body }) => body.status === 'stopped',
      );
      expect((await operator('/api/services/kept', { method: 'DELETE' })).status).toBe(204);
      const cloudformation = new CloudFormationClient(emulator.clientOf());
      const stacks = async () => {
        const { StackSummaries = [] } = await cloudformation.send(new ListStacksCommand({}));
        return StackSummaries.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE').map(
          ({ StackName = '' }) => StackName,
        );
      };
      await until(stacks, (names) => !names.some((name) => name.includes('-service-')));
      await cdk(emulator, ['destroy', '--all'], assembly);
      expect(await stacks()).toEqual(['CDKToolkit']);
      cloudformation.destroy();
    },
    DEPLOY_MS,
  );
});
