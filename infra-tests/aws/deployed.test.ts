import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CloudFormationClient, ListStacksCommand } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { runProgram, tidegateFor } from '../clients/cli-process';
import { type Caller, caller, until } from '../support/api';
import { wineModelV2 } from '../support/platform';
import { describePython } from '../support/python';
import { example, registerWine, wineBody } from '../support/wine';
import { linesOf } from './captured-lines';
import { type Deployed, deployPlatform } from './deploy';
import { type Emulator, startEmulator } from './emulator/start';
import { runJourney } from './run-journey';

const DEPLOY_MS = 400_000;
const JOURNEY_MS = 240_000;
const PROMOTE = resolve(__dirname, '../../examples/pipeline/promote.mjs');

describePython('the platform in an AWS account', (python) => {
  const work = mkdtempSync(join(tmpdir(), 'tidegate-deployed-'));
  let emulator: Emulator;
  let deployed: Deployed;
  let url = '';
  let operator: Caller;

  beforeAll(async () => {
    emulator = await startEmulator({ python });
    deployed = await deployPlatform(emulator, { folder: work });
    ({ url, operator } = deployed);
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
      await runJourney('serving', deployed).catch(failing);
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
      // The stage's own bucket tells of what arrives.
      await until(
        () => operator('/api/services/kept/tables/status'),
        ({ body }) => typeof body.waiting_since === 'string',
      );
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
      await runJourney('serving', deployed).catch(failing);
      await emulator.iam(false);
    },
    JOURNEY_MS,
  );

  it(
    'has a model promoted by the example pipeline, and refuses one that fails its gate',
    async () => {
      const rows = join(work, 'rows.csv');
      writeFileSync(rows, [example.columns, ...example.data].map((row) => row.join()).join('\n'));
      const promote = async (folder: string) => {
        const quick = ['--watch', '1', '--every', '1', '--compute', 'ml.m5.large:1'];
        const given = ['--service', 'kept', '--package', folder, '--rows', rows, ...quick];
        const { code, stdout, stderr } = await runProgram(process.execPath, [PROMOTE, ...given], {
          env: { TIDEGATE_ENDPOINT: url, TIDEGATE_TOKEN: deployed.token, TIDEGATE_DATA: work },
        });
        return [code, stdout + stderr];
      };
      const wrong = join(work, 'wrong');
      cpSync(wineModelV2, wrong, { recursive: true });
      const predictions = example.data.map(() => 'none');
      writeFileSync(join(wrong, 'expected_output.json'), JSON.stringify({ predictions }));
      expect(await promote(wrong).catch(failing)).toEqual([
        1,
        expect.stringMatching(/refused at the start: [\s\S]*v2 is taken back/),
      ]);
      expect(await promote(wineModelV2).catch(failing)).toEqual([
        0,
        expect.stringMatching(/v2 gets 10 %[\s\S]*v2 gets all of the traffic/),
      ]);
      const { body } = await operator('/api/services/kept');
      expect(body).toMatchObject({ status: 'running', traffic: { v2: 100 } });
    },
    JOURNEY_MS,
  );

  it(
    'goes away with nothing left behind: first the stacks of services, which the CDK does not know',
    async () => {
      const cloudformation = new CloudFormationClient(emulator.clientOf());
      const stacks = async () => {
        const { StackSummaries = [] } = await cloudformation.send(new ListStacksCommand({}));
        return StackSummaries.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE').map(
          ({ StackName = '' }) => StackName,
        );
      };
      expect(await stacks()).toContain('tidegate-dev-service-kept');
      const destroyed = await tidegateFor(work, work)('destroy --stage dev --yes', {
        env: emulator.env,
      });
      expect(destroyed).toMatchObject({ code: 0 });
      const left = (await stacks()).filter((name) => name.includes('-service-'));
      expect(left).toEqual([]);
      await deployed.destroy();
      expect(await stacks()).toEqual(['CDKToolkit']);
      cloudformation.destroy();
    },
    DEPLOY_MS,
  );
});
