import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { dynamoRecordStore } from '../../../adapters/aws/dynamo-record-store';
import { packagePrefix } from '../../../adapters/aws/s3-artifact-store';
import {
  ARTIFACTS_BUCKET,
  IMAGE,
  platformTemplate,
  SERVICE_ROLE,
} from '../../../adapters/aws/sagemaker-host/testing/platform-template';
import { sumModel } from '../../../adapters/embedded/local-host-fixture';
import { modelRecords } from '../../../core/models/model-records';
import { settled } from '../emulator/service-stack';
import { startEmulator } from '../emulator/start';
import { type Container, startContainer } from './container';
import { type FaultProxy, startFaultProxy } from './fault-proxy';
import { bundleFunctions } from './function-bundles';
import { controlEvent } from './gateway-events';
import { startLambdaFront } from './lambda-front';

const TABLE = 'tidegate-test-records';
const PREDICT_LOG_GROUP = 'predict';
const SCORING = join(__dirname, '../../../adapters/aws/sagemaker-host/fixtures/scoring.mjs');

/** Versions of the model `sum`: they answer `factor` times the sum of a row. */
export const FACTORS: Readonly<Record<number, number>> = { 1: 1, 2: 10 };

/** The functions of the AWS home in containers of their own, with a proxy between them and AWS. */
export interface FaultyHome {
  readonly proxy: FaultProxy;
  readonly s3: S3Client;
  readonly capturedBucket: string;
  /** A new container of a function. */
  start(name: string): Promise<Container>;
  /** Asks the control API as an administrator: of services, or of what `access` answers. */
  control(
    resource: string,
    parameters?: Readonly<Record<string, string>>,
    request?: { readonly method?: string; readonly body?: unknown },
  ): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
  /** Brings what a container of `predict` printed into its log group, as Lambda itself does. */
  keepLog(container: Container): Promise<void>;
  /** What the schedule does every minute. */
  minute(): Promise<void>;
  /** What EventBridge tells, by the detail of an event. */
  hear(detail: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

/** Starts an emulator, a proxy before it, and functions that know the proxy alone. */
export const openFaultyHome = async (python: string): Promise<FaultyHome> => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-faults-'));
  const command = [process.execPath, SCORING];
  const emulator = await startEmulator({ python, command, pingWithinMs: 5_000 });
  let reconciling: Container | undefined;
  const front = await startLambdaFront((event) => reconciling?.invoke(event) ?? Promise.resolve());
  const proxy = await startFaultProxy(emulator.endpoint, { lambda: front.endpoint });
  const s3 = new S3Client(emulator.clientOf());
  const containers: Container[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(containers.map((one) => one.stop()));
    await proxy.stop();
    await front.stop();
    s3.destroy();
    await emulator.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const bundled = bundleFunctions(
      folder,
      ...['predict', 'authorizer', 'services', 'access', 'reconcile'],
    );
    await preparePlatform(emulator.clientOf(), s3);
    const bundleOf = await bundled;
    const env = {
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      ...{ AWS_ENDPOINT_URL: proxy.endpoint, AWS_REGION: emulator.region },
      ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      ...{ AWS_LAMBDA_LOG_STREAM_NAME: 'stream', RECONCILE_FUNCTION: 'reconcile' },
      // There is none: hints for tables fail, and nothing else with them.
      TABLES_MACHINE: 'arn:aws:states:us-east-1:000000000000:stateMachine:none',
      PLATFORM: `ServerImage=${IMAGE}`,
      ...{ STAGE: 'test', RECORDS_TABLE: TABLE, SECRETS_PREFIX: 'tidegate-test/' },
      ...{ ARTIFACTS_BUCKET, TEMPLATES_BUCKET: ARTIFACTS_BUCKET },
      ...{ CAPTURED_BUCKET: 'tidegate-test-captured', SERVICE_ROLE_ARN: SERVICE_ROLE },
      ...{ ALLOWED_INSTANCE_TYPES: 'ml.m5.large', PREDICT_LOG_GROUP },
    };
    const start = async (name: string): Promise<Container> => {
      const started = await startContainer(bundleOf(name), env);
      containers.push(started);
      return started;
    };
    const [services, access, reconcile] = await Promise.all(
      ['services', 'access', 'reconcile'].map(start),
    );
    if (!services || !access || !reconcile) throw new Error('there are three');
    reconciling = reconcile;
    const signIn = controlEvent('/api/session/{role}', { role: 'admin' }, { method: 'POST' });
    const { token } = JSON.parse((await access.invoke(signIn)).answer.body);
    return {
      ...{ proxy, s3, start, close, capturedBucket: env.CAPTURED_BUCKET },
      async control(resource, parameters, request) {
        const isKeys = resource.includes('/keys');
        const headers = { authorization: `Bearer ${token}` };
        const event = controlEvent(resource, parameters, { ...request, headers });
        const { answer } = await (isKeys ? access : services).invoke(event);
        // Here what is wanted has been tried when it is answered: elsewhere it is a little later.
        await front.through();
        return { status: answer.statusCode, body: JSON.parse(answer.body || 'null') };
      },
      keepLog: (container) => keepLog(emulator.clientOf(), container.said()),
      async minute() {
        await reconcile.invoke<undefined>({ detail: {} });
      },
      async hear(detail) {
        await reconcile.invoke<undefined>({ detail });
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
};

type Reach = ReturnType<Awaited<ReturnType<typeof startEmulator>>['clientOf']>;

const keepLog = async (reach: Reach, said: string): Promise<void> => {
  const logs = new CloudWatchLogsClient(reach);
  const [logGroupName, logStreamName] = [PREDICT_LOG_GROUP, randomUUID()];
  await logs.send(new CreateLogGroupCommand({ logGroupName })).catch(() => undefined);
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  const lines = said.split('\n').filter((line) => line !== '');
  const logEvents = lines.map((message) => ({ timestamp: Date.now(), message }));
  await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
  logs.destroy();
};

/** What the platform's stacks would have made, and a model. */
const preparePlatform = async (reach: Reach, s3: S3Client): Promise<void> => {
  const cloudformation = new CloudFormationClient(reach);
  const db = new DynamoDBClient(reach);
  const StackName = 'tidegate-test-platform';
  const TemplateBody = JSON.stringify(platformTemplate());
  await cloudformation.send(new CreateStackCommand({ StackName, TemplateBody }));
  await db.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S' as const,
      })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  const status = await settled(cloudformation, StackName);
  if (status !== 'CREATE_COMPLETE') throw new Error(`the platform's stack is ${status}`);
  const models = modelRecords(dynamoRecordStore({ db, table: TABLE, now: () => new Date() }));
  for (const [version, factor] of Object.entries(FACTORS)) {
    const hash = createHash('sha256').update(version).digest('hex');
    const Key = `${packagePrefix(`sha256:${hash}`)}factor.txt`;
    await s3.send(new PutObjectCommand({ Bucket: ARTIFACTS_BUCKET, Key, Body: `${factor}` }));
    const made = sumModel(`sha256:${hash}`, { version: Number(version) });
    await models.add(made, await models.find('sum'));
  }
  cloudformation.destroy();
  db.destroy();
};
