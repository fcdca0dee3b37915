import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { dynamoRecordStore } from '../../adapters/aws/dynamo-record-store';
import { secretsManager } from '../../adapters/aws/secrets-manager';
import { digest, now } from '../../adapters/primitives';
import type { ServicePlan } from '../../core/inference/model-host';
import { modelRecords } from '../../core/models/model-records';
import { reconcile } from '../../core/services/reconcile';
import { serviceRecords } from '../../core/services/service-records';
import { serviceTemplate } from '../../core/services/service-template';
import { type Caller, caller, until } from '../support/api';
import { wineModel, wineModelV2 } from '../support/platform';
import { describePython } from '../support/python';
import { registerWine, wineBody } from '../support/wine';
import { cdk } from './deploy';
import { signedFor } from './emulator/as-root';
import { type Emulator, startEmulator } from './emulator/start';

const DEPLOY_MS = 480_000;
const STEP_MS = 60_000;
const IMAGE = '000000000000.dkr.ecr.us-east-1.amazonaws.com/model-server:1';
const STACK = 'tidegate-dev-service-wine';
const OWN_STACKS = ['tidegate-dev-packages', STACK];
/** A manifest of the wine model: `v1: [folder, weight]`. */
const manifestOf = (versions: Readonly<Record<string, readonly [string, number]>>): string =>
  [
    'services:',
    '  wine:',
    '    description: Quality of red wine',
    '    keys: [quickstart]',
    '    versions:',
    ...Object.entries(versions).map(
      ([name, [model, weight]]) =>
        `      ${name}: { model: ./${model}, weight: ${weight}, compute: { instances: { type: ml.m5.large, count: 1 } } }`,
    ),
  ].join('\n');

/** What the wine model does not answer to its example. */
const wrongAnswers = (): string => {
  const said = readFileSync(join(wineModel, 'expected_output.json'), 'utf8');
  return said.replaceAll(/\d+\.\d+/g, '99.5');
};

describePython('the services of a manifest in an AWS account', (python) => {
  const work = mkdtempSync(join(tmpdir(), 'tidegate-manifest-test-'));
  const manifest = join(work, 'tidegate.yaml');
  let emulator: Emulator;
  let operator: Caller;
  let url = '';
  let table = '';
  let deployments = 0;

  /** Synthesizes anew, and deploys everything at first, then what the manifest makes; answers what the CLI printed. */
  const deploy = async (own: readonly string[] = OWN_STACKS): Promise<string> => {
    deployments += 1;
    const outputs = join(work, 'outputs.json');
    const context = { stage: 'dev', modelServerImage: IMAGE, manifest };
    const assembly = { out: join(work, `cdk${deployments}`), context, timeoutMs: DEPLOY_MS };
    if (deployments === 1) {
      const { account, region } = emulator;
      await cdk(emulator, ['bootstrap', `aws://${account}/${region}`], assembly);
    }
    if (deployments > 1) return cdk(emulator, ['deploy', ...own, '--exclusively'], assembly);
    const printed = await cdk(emulator, ['deploy', '--all', '--outputs-file', outputs], assembly);
    const { RestApiId, RecordsTable } = JSON.parse(readFileSync(outputs, 'utf8'))[
      'tidegate-dev-api'
    ];
    url = `${emulator.endpoint}/restapis/${RestApiId}/v1/_user_request_`;
    table = RecordsTable;
    return printed;
  };

  const service = () => operator('/api/services/wine');
  const versions = () => operator('/api/services/wine/versions');
  const isRunning = async () => until(service, ({ body }) => body.status === 'running');
  const keptKey = async (): Promise<string> => {
    const client = new SecretsManagerClient(emulator.clientOf());
    const kept = await secretsManager({ client, prefix: 'tidegate-dev/' }).get('keys');
    client.destroy();
    return JSON.parse(kept ?? '{}').wine.quickstart;
  };

  /** Asks a version again and again until it is stopped; answers the different answers, in order. */
  const asking = (key: string, version: string, name = 'wine') => {
    const seen: string[] = [];
    let isOn = true;
    const end = (async () => {
      while (isOn) {
        const headers = { 'x-tidegate-version': version };
        const answer = await caller(url, key)(`/services/${name}/predict`, {
          body: wineBody,
          headers,
        });
        const one = `${answer.status} ${answer.body.model_version ?? answer.body.detail}`;
        if (!seen.includes(one)) seen.push(one);
        await sleep(100);
      }
    })();
    return async () => {
      isOn = false;
      await end;
      return seen;
    };
  };

  /** What the control function would make of the records as they are. */
  const templateOfRecords = async (): Promise<unknown> => {
    const db = new DynamoDBClient(emulator.clientOf());
    const records = dynamoRecordStore({ db, table, now });
    const plans: ServicePlan[] = [];
    await reconcile({
      services: serviceRecords(records),
      findModel: modelRecords(records).findVersion,
      host: {
        apply: async (plan) => void plans.push(plan),
        remove: async () => undefined,
        states: () => [],
      },
      events: { happened: () => undefined },
      report: (error) => {
        throw error;
      },
    }).changed('wine');
    db.destroy();
    const [plan] = plans;
    if (!plan) throw new Error('there is no service to plan');
    return JSON.parse(
      JSON.stringify(serviceTemplate({ stage: 'dev', digest, registries: [] })(plan).template),
    );
  };

  /** The id of a service's stack: another stack of the same name has another. */
  const stackOf = async (name: string): Promise<string | undefined> => {
    const client = new CloudFormationClient(emulator.clientOf());
    const StackName = `tidegate-dev-service-${name}`;
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
    client.destroy();
    return Stacks?.[0]?.StackId;
  };

  const deployedTemplate = async (): Promise<unknown> => {
    const client = new CloudFormationClient(emulator.clientOf());
    const command = new GetTemplateCommand({ StackName: STACK, TemplateStage: 'Original' });
    const { TemplateBody = '{}' } = await client.send(command);
    client.destroy();
    return JSON.parse(TemplateBody);
  };

  /** Has the function of the packages' stack do again what it did, told by us as by CloudFormation. */
  const shipAgain = async (): Promise<unknown> => {
    const [cloudformation, lambda] = [
      new CloudFormationClient(emulator.clientOf()),
      new LambdaClient(emulator.clientOf()),
    ];
    const { StackResources = [] } = await cloudformation.send(
      new DescribeStackResourcesCommand({ StackName: 'tidegate-dev-api' }),
    );
    const FunctionName = StackResources.find(
      ({ LogicalResourceId = '', ResourceType }) =>
        ResourceType === 'AWS::Lambda::Function' && LogicalResourceId.startsWith('Packages'),
    )?.PhysicalResourceId;
    const { TemplateBody = '{}' } = await cloudformation.send(
      new GetTemplateCommand({ StackName: 'tidegate-dev-packages' }),
    );
    const { Copies } = JSON.parse(TemplateBody).Resources.Packages.Properties;
    const { account, region } = emulator;
    const ResourceProperties = { From: `cdk-hnb659fds-assets-${account}-${region}`, Copies };
    const { server, told } = await listener();
    const { port } = server.address() as AddressInfo;
    const event = {
      ...{ RequestType: 'Update', ResponseURL: `http://127.0.0.1:${port}/`, ResourceProperties },
      ...{ StackId: 's', RequestId: 'r', LogicalResourceId: 'Packages' },
    };
    await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
    const answer = await told;
    server.close();
    for (const client of [cloudformation, lambda]) client.destroy();
    return answer;
  };

  const failing = (error: unknown): never => {
    throw new Error(`${error}\n${emulator.log().slice(-8_000)}`);
  };

  beforeAll(async () => {
    cpSync(wineModel, join(work, 'model'), { recursive: true });
    cpSync(wineModelV2, join(work, 'model-v2'), { recursive: true });
    cpSync(wineModelV2, join(work, 'model-v3'), { recursive: true });
    cpSync(wineModel, join(work, 'model-wrong'), { recursive: true });
    writeFileSync(join(work, 'model-wrong/expected_output.json'), wrongAnswers());
    writeFileSync(join(work, 'model-v3/README.md'), 'The second one, and a word about it.\n');
    writeFileSync(manifest, manifestOf({ v1: ['model', 90], v2: ['model-v2', 10] }));
    emulator = await startEmulator({ python });
    await deploy();
    const signedIn = await caller(url)('/api/session/admin', {
      method: 'POST',
      headers: signedFor('execute-api'),
    });
    operator = caller(url, signedIn.body.token);
  }, DEPLOY_MS);
  afterAll(async () => {
    await emulator.stop();
    rmSync(work, { recursive: true, force: true });
  }, STEP_MS);

  it(
    'run once they are deployed, as the manifest says, and open to the keys it names',
    async () => {
      const { body } = await isRunning().catch(failing);
      expect(body).toMatchObject({ managed_by: 'manifest', traffic: { v1: 90, v2: 10 } });
      const predict = (credential?: string) =>
        caller(url, credential)('/services/wine/predict', { body: wineBody });
      const key = await keptKey();
      const answered = await until(
        () => predict(key),
        ({ status }) => status === 200,
      );
      expect(answered.body.predictions).toHaveLength(wineBody.dataframe_split.data.length);
      expect((await predict()).status).toBe(401);
      const { body: model } = await operator('/api/models/wine/versions/1');
      expect(model).toMatchObject({ created_by: 'manifest', source: { path: 'model' } });
    },
    STEP_MS,
  );

  it('have the template that the control function would make, equal as JSON', async () => {
    expect(await deployedTemplate()).toEqual(await templateOfRecords());
    const client = new CloudFormationClient(emulator.clientOf());
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: STACK }));
    client.destroy();
    // So it had nothing to change, either.
    expect(Stacks).toMatchObject([{ StackStatus: 'CREATE_COMPLETE' }]);
  });

  it('are not changed by the API in what the manifest says', async () => {
    const refused = { status: 409, body: { type: 'urn:tidegate:managed-by-manifest' } };
    const patch = { method: 'PATCH', body: { description: 'other' } };
    expect(await operator('/api/services/wine', patch)).toMatchObject(refused);
    const added = { body: { name: 'v9', model: { name: 'wine', version: 1 } } };
    expect(await operator('/api/services/wine/versions', added)).toMatchObject(refused);
    expect(await operator('/api/services/wine', { method: 'DELETE' })).toMatchObject(refused);
  });

  it(
    'stop and start by the API, through the same stack',
    async () => {
      // With rights checked: the functions read what was deployed.
      await emulator.iam(true);
      const stop = await operator('/api/services/wine/stop', { method: 'POST' });
      expect(stop.status).toBe(200);
      await until(service, ({ body }) => body.status === 'stopped').catch(failing);
      await operator('/api/services/wine/start', { method: 'POST' });
      await isRunning().catch(failing);
      await emulator.iam(false);
      expect(await deployedTemplate()).toEqual(await templateOfRecords());
    },
    STEP_MS * 2,
  );

  it(
    'follow the manifest when it is deployed again, and keep their keys',
    async () => {
      const key = await keptKey();
      writeFileSync(
        manifest,
        manifestOf({ v1: ['model', 70], v2: ['model-v2', 10], v3: ['model-v3', 20] }),
      );
      await deploy();
      const isLive = ({ body }: { readonly body: { readonly items: { status: string }[] } }) =>
        body.items.length === 3 && body.items.every(({ status }) => status === 'running');
      const { body } = await until(versions, isLive).catch(failing);
      expect(body.items.map(({ name, traffic }: never) => [name, traffic])).toEqual([
        ['v1', 70],
        ['v2', 10],
        ['v3', 20],
      ]);
      const pinned = await until(
        () =>
          caller(url, key)('/services/wine/predict', {
            body: wineBody,
            headers: { 'x-tidegate-version': 'v3' },
          }),
        ({ status }) => status === 200,
      );
      expect(pinned.body).toMatchObject({ service_version: 'v3', model_version: 'wine/3' });
      expect(await keptKey()).toBe(key);
      expect(await deployedTemplate()).toEqual(await templateOfRecords());
    },
    DEPLOY_MS,
  );

  it(
    'get another model without a failed request, and are what the CDK would deploy then',
    async () => {
      const key = await keptKey();
      const asked = asking(key, 'v1');
      writeFileSync(
        manifest,
        manifestOf({ v1: ['model-v3', 70], v2: ['model-v2', 10], v3: ['model-v3', 20] }),
      );
      const printed = await deploy().catch(failing);
      // The platform has brought it about, and the CDK finds nothing to do.
      expect(printed).toContain(`${STACK} (no changes)`);
      const answers = await asked();
      expect(answers).toEqual(['200 wine/1', '200 wine/3']);
      expect(await deployedTemplate()).toEqual(await templateOfRecords());
    },
    DEPLOY_MS,
  );

  it(
    'stay as they are where the new model fails its gate, and the deployment says why',
    async () => {
      const key = await keptKey();
      const asked = asking(key, 'v1');
      const before = await deployedTemplate();
      const said = readFileSync(manifest, 'utf8');
      writeFileSync(
        manifest,
        manifestOf({ v1: ['model-wrong', 70], v2: ['model-v2', 10], v3: ['model-v3', 20] }),
      );
      await expect(deploy()).rejects.toThrow(/wine stays as it was: v1: .*not the expected ones/);
      writeFileSync(manifest, said);
      const settled = () => operator('/api/services/wine/versions/v1');
      const { body } = await until(settled, (found) => found.body.status_reason === null, STEP_MS);
      expect(body).toMatchObject({ status: 'running', model: { name: 'wine', version: 3 } });
      expect(await asked()).toEqual(['200 wine/3']);
      await until(deployedTemplate, (found) => isDeepStrictEqual(found, before), STEP_MS * 2);
    },
    DEPLOY_MS,
  );

  it(
    'come with packages that a function brings, with the rights that it has',
    async () => {
      await emulator.iam(true);
      const told = await shipAgain();
      await emulator.iam(false);
      expect(told).toMatchObject({ Status: 'SUCCESS', Reason: '' });
    },
    // What the deployment before left to be done is done first.
    STEP_MS * 2,
  );

  it(
    'are left as they are when nothing has changed',
    async () => {
      const printed = await deploy();
      for (const stack of OWN_STACKS) {
        expect(printed).toContain(`${stack} (no changes)`);
      }
    },
    DEPLOY_MS,
  );

  it(
    'take over one that the API has made, in the stack that it has, without a failed request',
    async () => {
      const version = await registerWine(operator, 'red');
      const compute = { instances: { type: 'ml.m5.large', count: 1 } };
      const versions = { v1: { model: { name: 'red', version }, compute } };
      expect((await operator('/api/services', { body: { name: 'red', versions } })).status).toBe(
        201,
      );
      const red = () => operator('/api/services/red');
      await until(red, ({ body }) => body.status === 'running', STEP_MS).catch(failing);
      const { body: mine } = await operator('/api/services/red/keys', { body: { name: 'mine' } });
      const predict = () => caller(url, mine.key)('/services/red/predict', { body: wineBody });
      await until(predict, ({ status }) => status === 200);
      const before = await stackOf('red');
      const asked = asking(mine.key, 'v1', 'red');
      const adopted =
        '  red:\n    versions:\n      v1: { model: ./model, weight: 100, compute: { instances: { type: ml.m5.large, count: 1 } } }\n';
      writeFileSync(manifest, `${readFileSync(manifest, 'utf8')}\n${adopted}`);
      await deploy([...OWN_STACKS, 'tidegate-dev-service-red']).catch(failing);
      const { body } = await until(red, (found) => found.body.managed_by === 'manifest');
      expect(body).toMatchObject({ status: 'running', traffic: { v1: 100 } });
      expect((await predict()).status).toBe(200);
      const answers = await asked();
      expect(answers.filter((answer) => !answer.startsWith('200 red/'))).toEqual([]);
      expect(await stackOf('red')).toBe(before);
    },
    DEPLOY_MS,
  );

  it(
    'go away with everything else, and do not come back by themselves',
    async () => {
      const assembly = { out: join(work, `cdk${deployments}`), timeoutMs: DEPLOY_MS };
      await cdk(emulator, ['destroy', '--all'], assembly);
      const client = new CloudFormationClient(emulator.clientOf());
      const { StackSummaries = [] } = await client.send(new ListStacksCommand({}));
      client.destroy();
      const left = StackSummaries.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
      expect(left.map(({ StackName }) => StackName)).toEqual(['CDKToolkit']);
    },
    DEPLOY_MS,
  );
});

/** Takes one answer, as CloudFormation would. */
const listener = async () => {
  const server = createServer();
  const told = new Promise<unknown>((resolve) => {
    server.once('request', async (request, response) => {
      resolve(JSON.parse(await textOf(request)));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, told };
};
