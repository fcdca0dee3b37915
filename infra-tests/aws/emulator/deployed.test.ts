import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { until } from '../../support/api';
import { describePython } from '../../support/python';
import { cdk } from '../deploy';
import { putService, serviceTemplate, settled } from './service-stack';
import { type Emulator, startEmulator } from './start';

const DEPLOY_MS = 180_000;
const TEST_MS = 40_000;
const ROOMY = { 'x-plan': 'tidegate-test-roomy-usage-key' };
const TIGHT = { 'x-plan': 'tidegate-test-tight-usage-key' };
const version = { name: 'v1', environment: { FACTOR: '2' } };

describePython('an app that the CDK deploys to the emulator', (python) => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-deployed-'));
  const assembly = {
    app: 'tsx infra-tests/aws/emulator/fixtures/sample-app.ts',
    out: join(folder, 'cdk'),
  };
  let emulator: Emulator;
  let outputs: Readonly<Record<string, string>>;
  let url: string;

  beforeAll(async () => {
    const command = [process.execPath, join(__dirname, 'fixtures/double.mjs')];
    emulator = await startEmulator({ python, command });
    await cdk(emulator, ['bootstrap', `aws://${emulator.account}/${emulator.region}`], assembly);
    const file = join(folder, 'outputs.json');
    await cdk(emulator, ['deploy', '--all', '--outputs-file', file], assembly);
    outputs = JSON.parse(readFileSync(file, 'utf8')).Sample;
    url = `${emulator.endpoint}/restapis/${outputs.ApiId}/v1/_user_request_`;
  }, DEPLOY_MS);
  afterAll(async () => {
    await emulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }, TEST_MS);

  const keys = async (): Promise<readonly string[]> => {
    const s3 = new S3Client(emulator.clientOf());
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket: outputs.BucketName }),
    );
    return Contents.map(({ Key = '' }) => Key);
  };
  const invoke = async (FunctionName: string | undefined, input: object) => {
    const lambda = new LambdaClient(emulator.clientOf());
    const { Payload = [] } = await lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(input) }),
    );
    return JSON.parse(Buffer.from(Payload).toString());
  };
  const logOf = async (name: string | undefined): Promise<string> => {
    const logs = new CloudWatchLogsClient(emulator.clientOf());
    const { events = [] } = await logs.send(
      new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: 'HEARD' }),
    );
    return events.map(({ message }) => message).join('\n');
  };

  it(
    'streams what a function writes when it writes it, and lets it run on',
    async () => {
      const answer = await fetch(`${url}/works?key=allowed/one`, { headers: ROOMY });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([201, 'text/plain']);
      expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
      const chunks: string[] = [];
      const times: number[] = [];
      for await (const chunk of answer.body ?? []) {
        chunks.push(Buffer.from(chunk).toString());
        times.push(Date.now());
      }
      expect(chunks).toEqual(['first ', 'é']);
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(200);
      expect(await keys()).not.toContain('allowed/one');
      await until(keys, (found) => found.includes('allowed/one'));
    },
    TEST_MS,
  );

  it(
    'answers 502 for a stream that fails before it begins, and cuts one that dies',
    async () => {
      const failed = await fetch(`${url}/fails`, { headers: ROOMY });
      expect([failed.status, await failed.json()]).toEqual([
        502,
        { message: 'Internal server error' },
      ]);
      const died = await fetch(`${url}/dies`, { method: 'POST', headers: ROOMY });
      expect(died.status).toBe(201);
      await expect(died.text()).rejects.toThrow();
    },
    TEST_MS,
  );

  it(
    'takes the key of a usage plan from the authorizer alone, and throttles by it',
    async () => {
      const sent = { 'x-api-key': ROOMY['x-plan'] };
      expect((await fetch(`${url}/works`, { headers: sent })).status).toBe(403);
      const burst = Array.from({ length: 6 }, () => fetch(`${url}/fails`, { headers: TIGHT }));
      const answers = await Promise.all(burst);
      const throttled = answers.filter(({ status }) => status === 429);
      expect(throttled.length).toBeGreaterThan(0);
      expect(await throttled[0]?.json()).toEqual({ status: 429 });
      await Promise.all(answers.map(({ body, bodyUsed }) => (bodyUsed ? null : body?.cancel())));
    },
    TEST_MS,
  );

  it(
    'tells functions how stacks and endpoints change, and counts the metrics in their logs',
    async () => {
      const stacks = new CloudFormationClient(emulator.clientOf());
      expect(await putService(stacks, 'heard', [version])).toBe('CREATE_COMPLETE');
      const wanted = [
        'CREATE_IN_PROGRESS',
        'heard CREATING',
        'heard IN_SERVICE',
        'CREATE_COMPLETE',
      ];
      await until(
        () => logOf(outputs.ListenName),
        (log) => wanted.every((line) => log.includes(`HEARD ${line}`)),
      );
      const answer = await fetch(emulator.endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization:
            'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0',
        },
        body: 'Action=ListMetrics&Version=2010-08-01&Namespace=Sample',
      });
      expect(await answer.text()).toContain('<MetricName>Heard</MetricName>');
    },
    TEST_MS,
  );

  it(
    'holds functions and stacks to the rights of their roles, once IAM is on',
    async () => {
      await emulator.iam(true);
      const allowed = await fetch(`${url}/works?key=allowed/two`, { headers: ROOMY });
      const other = await fetch(`${url}/works?key=other/two`, { headers: ROOMY });
      await Promise.all([allowed.text(), other.text()]);
      await until(keys, (found) => found.includes('allowed/two'));

      const RoleARN = outputs.ServiceRole;
      const stackOf = (StackName: string, instanceType: string) => ({
        StackName,
        TemplateBody: serviceTemplate(StackName, [{ ...version, instanceType }]),
      });
      const cheap = stackOf('cheap', 'ml.m5.large');
      const denied = await invoke(outputs.ControlName, cheap);
      expect(denied).toMatchObject({ errorType: expect.stringContaining('AccessDenied') });
      expect(await invoke(outputs.ControlName, { ...cheap, RoleARN })).toBe('asked');
      const dear = stackOf('dear', 'ml.p5.48xlarge');
      expect(await invoke(outputs.ControlName, { ...dear, RoleARN })).toBe('asked');
      const stacks = new CloudFormationClient(emulator.clientOf());
      expect(await settled(stacks, 'cheap')).toBe('CREATE_COMPLETE');
      expect(await settled(stacks, 'dear')).toBe('ROLLBACK_COMPLETE');
      expect(await keys()).not.toContain('other/two');

      const stored = { ...version, data: `s3://${outputs.BucketName}/allowed/` };
      const readable = { ...stored, role: outputs.ExecutionRole };
      expect(await putService(stacks, 'readable', [readable])).toBe('CREATE_COMPLETE');
      expect(await putService(stacks, 'unreadable', [stored])).toBe('ROLLBACK_COMPLETE');
      await emulator.iam(false);
    },
    TEST_MS,
  );

  it(
    'goes away with cdk destroy',
    async () => {
      await cdk(emulator, ['destroy', '--all'], assembly);
      const stacks = new CloudFormationClient(emulator.clientOf());
      expect(await settled(stacks, 'Sample')).toBe('GONE');
    },
    DEPLOY_MS,
  );
});
