import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
  UpdateWorkGroupCommand,
} from '@aws-sdk/client-athena';
import { CloudFormationClient, ListStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { readParquet } from '../../cli/testing/read-parquet';
import { tidegateFor } from '../clients/cli-process';
import { type Caller, caller, until } from '../support/api';
import { describePython } from '../support/python';
import { registerWine, wineBody } from '../support/wine';
import type { Athena } from '../trino/athena';
import { describeTrino } from '../trino/describe-trino';
import { linesOf } from './captured-lines';
import { type Deployed, deployPlatform } from './deploy';
import { callAsRoot } from './emulator/as-root';
import { startAthenaStandIn } from './emulator/athena-stand-in';
import { defineDeployedTables } from './emulator/deployed-tables';
import { type Emulator, startEmulator } from './emulator/start';
import { ownPlace } from './own-place';
import { runJourney } from './run-journey';
import { runsOf } from './tables-runs';

const ACCOUNT = '000000000000';
const MACHINE = `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:tidegate-dev-tables`;
const [BUILDS, QUERIES] = ['tidegate-dev-builds', 'tidegate-dev-queries'];
/** The platform with a bucket of its owner's to capture into: that it makes one is what other tests deploy. */
const APP = 'tsx infra-tests/aws/own-bucket-app.ts';
const JOURNEYS = '(tables|captured)';
const DEPLOY_MS = 480_000;
/** Two of them, one after the other. */
const JOURNEYS_MS = 480_000;
const STEP_MS = 240_000;
const ROWS = wineBody.dataframe_split.data.length;
/** More than fits into a record of Firehose. */
const LARGE_BODY = JSON.stringify(wineBody).replace('{', `{${' '.repeat(1_100_000)}`);
/** A statement and what the state machine tries again. */
const ATTEMPTS = 5;

describePython('the tables of a platform in an AWS account', (python) => {
  describeTrino(
    'with SQL by Trino',
    (trino) => {
      const folder = mkdtempSync(join(tmpdir(), 'tidegate-tables-aws-'));
      const objects = join(folder, 's3');
      let emulator: Emulator;
      let athena: Athena;
      let deployed: Deployed;
      let operator: Caller;
      let clients: ReturnType<typeof clientsOf>;
      let runs: ReturnType<typeof runsOf>;
      /** The request whose body lies beside its line. */
      let large = '';

      beforeAll(async () => {
        athena = await startAthenaStandIn({
          ...{ trino, objects, account: ACCOUNT, emulator: () => emulator },
        });
        emulator = await startEmulator({ python, athena: { url: athena.url, objects } });
        clients = clientsOf(emulator);
        runs = runsOf(clients.states, emulator, MACHINE);
        await makeOwnBucket(clients.s3);
        deployed = await deployPlatform(emulator, { folder, app: APP });
        ({ operator } = deployed);
        await settleAtOnce(emulator);
        await defineDeployedTables({ emulator, run: inAthena, buckets: join(objects, ACCOUNT) });
        await emulator.iam(true);
      }, DEPLOY_MS);
      afterAll(async () => {
        for (const client of Object.values(clients)) client.destroy();
        await athena.stop();
        await emulator.stop();
        rmSync(folder, { recursive: true, force: true });
      }, 60_000);

      /** A statement as the account's root runs it, to its end. */
      const inAthena = async (QueryString: string): Promise<void> => {
        const start = new StartQueryExecutionCommand({ QueryString, WorkGroup: BUILDS });
        const { QueryExecutionId } = await clients.athena.send(start);
        const { QueryExecution } = await until(
          () => clients.athena.send(new GetQueryExecutionCommand({ QueryExecutionId })),
          (found) => !['QUEUED', 'RUNNING'].includes(found.QueryExecution?.Status?.State ?? ''),
        );
        expect(QueryExecution?.Status?.StateChangeReason).toBeUndefined();
      };
      const failing = (error: unknown): never => {
        throw new Error(`${error}\n${emulator.log().slice(-12_000)}`);
      };

      /** The command line, as an operator uses it. */
      const tidegate = (args: string, input = '') =>
        tidegateFor(folder, folder)(args, {
          input,
          env: { TIDEGATE_ENDPOINT: deployed.url, TIDEGATE_TOKEN: deployed.token },
        });
      const sql = (text: string, more = {}) =>
        operator('/api/query', { body: { sql: text, ...more } });
      const behind = async (): Promise<string | null> =>
        (await operator('/api/services/kept/tables/status')).body.waiting_since;
      /** Predicts, and waits until S3 has told of it. */
      const predicted = async (body: unknown = wineBody): Promise<string> => {
        const answered = await until(
          () => caller(deployed.url)('/services/kept/predict', { body }),
          ({ status }) => status === 200,
        );
        await until(behind, (since) => since !== null);
        return answered.body.request_id;
      };
      /** What the owner's bucket holds. */
      const ownKeys = async (Prefix = ''): Promise<readonly string[]> => {
        const asked = new ListObjectsV2Command({ Bucket: ownPlace.bucket, Prefix });
        return ((await clients.s3.send(asked)).Contents ?? []).map(({ Key = '' }) => Key);
      };
      const rowsOf = async (id: string): Promise<number> =>
        (await sql(`SELECT count(*) FROM inference.kept WHERE request_id = '${id}'`)).body
          .rows[0][0];

      it(
        'pass the journeys of the embedded home, with every right checked',
        async () => {
          await runJourney(JOURNEYS, deployed).catch(failing);
        },
        JOURNEYS_MS,
      );

      it(
        'are built when the schedule comes due, though Athena throttles and statements lose races, and then wait for nothing',
        async () => {
          const version = await registerWine(operator, 'kept');
          const versions = { v1: { model: { name: 'kept', version } } };
          await operator('/api/services', { body: { name: 'kept', auth: false, versions } });
          large = await predicted(LARGE_BODY);
          athena.inject({ kind: 'throttle' });
          athena.inject({ kind: 'commit-conflict', matching: /MERGE/, times: 2 });
          const built = await runs.tickBySchedule();
          expect(built).toMatchObject({ status: 'SUCCEEDED', input: '{"kind":"tick"}' });
          const done = { service: 'kept', done: expect.objectContaining({ rows: ROWS }) };
          expect(built.output.reports).toContainEqual(expect.objectContaining(done));
          expect([await behind(), await rowsOf(large)]).toEqual([null, ROWS]);
          const { body } = await operator(`/api/services/kept/requests/${large}`);
          expect(body.request).toBe(LARGE_BODY);
          expect((await runs.tick()).output).toEqual({ reports: [] });
        },
        STEP_MS,
      );

      it(
        'say when a statement fails to the end, with an alarm, and are built by the next run',
        async () => {
          const id = await predicted();
          athena.inject({ kind: 'commit-conflict', matching: /MERGE/, times: ATTEMPTS });
          const { status, cause } = await runs.tick();
          expect([status, cause]).toEqual([
            'FAILED',
            expect.stringMatching(/^kept: States.TaskFailed: ICEBERG_COMMIT_ERROR/),
          ]);
          const { MetricAlarms = [] } = await until(
            () => clients.watch.send(new DescribeAlarmsCommand({ StateValue: 'ALARM' })),
            (found) =>
              found.MetricAlarms?.some(({ MetricName }) => MetricName === 'TablesFailed') === true,
          );
          expect(MetricAlarms.map(({ AlarmDescription }) => AlarmDescription)).toContainEqual(
            expect.stringContaining('docs/runbook.md#tables-build-failed'),
          );
          expect(await behind()).not.toBeNull();
          expect(await runs.tick()).toMatchObject({ status: 'SUCCEEDED' });
          expect([await behind(), await rowsOf(id)]).toEqual([null, ROWS]);
        },
        STEP_MS,
      );

      it(
        'are built by one tick at a time, which goes on when its statement is stopped',
        async () => {
          const id = await predicted();
          athena.inject({ kind: 'never-ends', matching: /MERGE/ });
          const first = await runs.start();
          const hanging = await until(
            async () => athena.running().find(({ hangs }) => hangs),
            (found) => found !== undefined,
          );
          expect((await runs.tick()).output).toEqual({ reports: [] });
          await clients.athena.send(
            new StopQueryExecutionCommand({ QueryExecutionId: hanging?.id }),
          );
          expect(await runs.ended(first)).toMatchObject({ status: 'SUCCEEDED' });
          expect(await rowsOf(id)).toBe(ROWS);
        },
        STEP_MS,
      );

      it(
        'lose a request that is erased over HTTP, wherever it lies',
        async () => {
          const [gone, stays] = [await predicted(), await predicted()];
          expect(await ownKeys(`${ownPlace.prefix}spill/service=kept/`)).toEqual([
            expect.stringContaining(large),
          ]);
          // There is more to do than one statement does, more often than failures are tried again.
          athena.inject({ kind: 'more-runs', matching: /^VACUUM/, times: ATTEMPTS + 1 });
          athena.inject({ kind: 'more-runs', matching: /^OPTIMIZE/ });
          const erased = await operator('/api/services/kept/erasures', {
            body: { request_ids: [large, gone] },
          });
          expect([200, 202]).toContain(erased.status);
          const id = erased.body.erasure_id ?? erased.body.run_id;
          const run = await until(
            () => operator(`/api/services/kept/tables/runs/${id}`),
            ({ body }) => body.status !== 'running',
            STEP_MS,
          );
          expect(run.body).toMatchObject({
            ...{ run_id: id, kind: 'erasure', status: 'succeeded', requests: 2, error: null },
          });
          await runs.tick();
          const left = [await rowsOf(large), await rowsOf(gone), await rowsOf(stays)];
          expect(left).toEqual([0, 0, ROWS]);
          expect(await ownKeys(`${ownPlace.prefix}spill/`)).toEqual([]);
          const lines = await linesOf(
            ...[clients.s3, `${ownPlace.prefix}requests/service=kept/`, ownPlace.bucket],
          );
          const ids = lines.map(({ request_id }) => request_id);
          expect([ids.includes(gone), ids.includes(stays)]).toEqual([false, true]);
          expect((await operator(`/api/services/kept/requests/${gone}`)).status).toBe(404);
        },
        STEP_MS,
      );

      it(
        'are what the command line says: labels pushed, built on demand, asked with what it costs',
        async () => {
          const id = await predicted();
          const truth = ['request_id,row,name,label', `${id},0,,6`, `${id},1,sold,true`].join('\n');
          const pushed = await tidegate('labels push kept -', truth);
          expect(pushed).toMatchObject({ code: 0, stdout: expect.stringContaining('2') });
          const behindNow = await tidegate('tables status kept --json');
          expect(JSON.parse(behindNow.stdout)).toMatchObject({ waiting_since: expect.any(String) });
          const refreshed = await tidegate('tables refresh kept --json');
          expect([refreshed.code, refreshed.stderr]).toEqual([0, '']);
          expect(JSON.parse(refreshed.stdout)).toMatchObject({ status: 'succeeded' });
          const built = await tidegate('tables status kept --json');
          expect(JSON.parse(built.stdout)).toMatchObject({ waiting_since: null });
          const of = `FROM inference.kept WHERE request_id = '${id}' ORDER BY row_index LIMIT 2`;
          const csv = await tidegate('sql --csv', `SELECT label, sold ${of}`);
          expect(csv).toMatchObject({ code: 0, stdout: '"label","sold"\n"6.0",\n,"true"\n' });
          // The bytes that the statement scanned, and their price.
          const { stdout, stderr } = await tidegate('sql', `SELECT label, sold ${of}`);
          expect(stdout + stderr).toMatch(/2 rows in .* scanned.* \(\$0\.\d+\)/);
          const gone = await tidegate(`tables erase kept --request-id ${id} --yes --json`);
          expect(JSON.parse(gone.stdout)).toMatchObject({ requests: 1, rows: ROWS, labels: 2 });
          expect(await rowsOf(id)).toBe(0);
        },
        STEP_MS,
      );

      it(
        'are asked by statements that end at their limit, or when they are cancelled',
        async () => {
          const all = 'SELECT * FROM inference.kept';
          const limit = (BytesScannedCutoffPerQuery: number) =>
            clients.athena.send(
              new UpdateWorkGroupCommand({
                WorkGroup: QUERIES,
                ConfigurationUpdates: { BytesScannedCutoffPerQuery },
              }),
            );
          await limit(10);
          const refused = await sql(all);
          expect(refused).toMatchObject({
            status: 400,
            body: { type: 'urn:tidegate:invalid-input' },
          });
          expect(refused.body.detail).toMatch(/limit/i);
          await limit(1e9);

          athena.inject({ kind: 'never-ends' });
          const asked = await sql(all, { wait_s: 0 });
          expect(asked.status).toBe(202);
          const path = `/api/queries/${asked.body.query_id}`;
          expect((await operator(path, { method: 'DELETE' })).status).toBe(204);
          await until(
            () => operator(path),
            ({ body }) => body.status === 'cancelled',
          );

          const { body } = await sql(`${all} ORDER BY example_id`, { max_rows: 1 });
          expect([body.rows.length, body.truncated]).toEqual([1, true]);
          const whole = await operator(`/api/queries/${body.query_id}/result?format=csv`);
          expect([whole.status, whole.text.split('\n')[0]]).toEqual([
            200,
            expect.stringContaining('example_id'),
          ]);
          const parquet = join(folder, 'kept.parquet');
          const taken = await tidegate(`sql --parquet ${parquet}`, all);
          expect(taken).toMatchObject({ code: 0, stderr: expect.stringMatching(/^wrote /) });
          const read = await readParquet(parquet, 'request_time, request_date, row_index');
          expect(read.columns.map(([, type]) => type)).toEqual(['TIMESTAMP', 'DATE', 'INTEGER']);
          expect(read.rows).toHaveLength(whole.text.trimEnd().split('\n').length - 1);
        },
        STEP_MS,
      );

      it(
        'go away with the platform, and leave nothing but what the owner of the bucket has in it',
        async () => {
          await deleteServices(operator);
          // The description of a service's tables is the last to go.
          await until(
            () => operator('/api/services/kept/tables/status'),
            ({ status }) => status === 404,
            STEP_MS,
          ).catch(failing);
          const counted = await sql(
            `SELECT count_if(service = 'kept'), count(*) > 0 FROM inference.requests`,
          );
          expect(counted.body.rows).toEqual([[0, true]]);
          const keys = await ownKeys();
          expect(keys).not.toEqual([]);
          const others = new RegExp(
            `^${ownPlace.prefix}(requests|labels)/service=(remembered|known)-`,
          );
          expect(keys.filter((key) => !others.test(key))).toEqual([]);
          await emulator.iam(false);
          await deployed.destroy();
          const { StackSummaries = [] } = await clients.stacks.send(new ListStacksCommand({}));
          const left = StackSummaries.filter(
            ({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE',
          );
          expect(left.map(({ StackName }) => StackName)).toEqual(['CDKToolkit']);
          const { Buckets = [] } = await clients.s3.send(new ListBucketsCommand({}));
          const stay = Buckets.filter(({ Name }) => !Name?.startsWith('cdk-'));
          expect(stay.map(({ Name }) => Name)).toEqual([ownPlace.bucket]);
          const { DatabaseList } = await callAsRoot(emulator, 'glue', 'AWSGlue.GetDatabases', {});
          expect(DatabaseList).toEqual([]);
        },
        DEPLOY_MS,
      );
    },
    ['406'],
  );
});

/** Deletes all, one of them with what was captured of it. */
const deleteServices = async (operator: Caller): Promise<void> => {
  const { body } = await operator('/api/services');
  await Promise.all(
    body.items.map(async ({ name }: { name: string }) => {
      await operator(`/api/services/${name}/stop`, { method: 'POST' });
      await until(
        () => operator(`/api/services/${name}`),
        ({ body: service }) => service.status === 'stopped',
        STEP_MS,
      );
      const purge = name === 'kept' ? '?purge=true' : '';
      await operator(`/api/services/${name}${purge}`, { method: 'DELETE' });
      await until(
        () => operator(`/api/services/${name}`),
        ({ status }) => status === 404,
        STEP_MS,
      );
    }),
  );
};

/**
 * Has an erasure wait a second where it waits 45 minutes: for statements that may have been under way
 * when it began.
 */
const settleAtOnce = async (emulator: Emulator): Promise<void> => {
  const lambda = new LambdaClient(emulator.clientOf());
  const FunctionName = 'tidegate-dev-build';
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const Variables = { ...Environment?.Variables, QUIET_SECONDS: '1' };
  await lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }),
  );
  const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName }));
  await lambda.send(
    new UpdateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: Version }),
  );
  lambda.destroy();
};

/** As an owner does: it is there, and it tells EventBridge what arrives. */
const makeOwnBucket = async (s3: S3Client): Promise<void> => {
  const { bucket: Bucket } = ownPlace;
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration: { EventBridgeConfiguration: {} },
    }),
  );
};

const clientsOf = (emulator: Emulator) => {
  const options = emulator.clientOf();
  return {
    athena: new AthenaClient(options),
    stacks: new CloudFormationClient(options),
    watch: new CloudWatchClient(options),
    s3: new S3Client(options),
    states: new SFNClient(options),
  };
};
