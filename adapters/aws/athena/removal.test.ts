import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { S3Client } from '@aws-sdk/client-s3';
import type { Retention } from '../../../core/services/service';
import { ambiguousLabels } from '../../../core/tables/ambiguous-labels';
import { hourOfKey } from '../../../core/tables/arrival-key';
import { dirtyHours } from '../../../core/tables/dirty-hours';
import { rawTables } from '../../../core/tables/raw-tables';
import { tableRecords } from '../../../core/tables/table-records';
import { upkeepRecords } from '../../../core/tables/upkeep-records';
import { until } from '../../../infra-tests/support/api';
import { temporaryFolder } from '../../../infra-tests/support/platform';
import { type Athena, startAthena } from '../../../infra-tests/trino/athena';
import { describeTrino } from '../../../infra-tests/trino/describe-trino';
import { sqliteRecordStore } from '../../embedded/sqlite-record-store';
import { asked, idOf, lineOf } from '../../embedded/tables/tables-fixture';
import type { Chore } from './chore';
import type { Run } from './run';
import { sweep } from './sweep';
import { tableBuilder } from './table-builder';
import { filesUnder, startFolderS3 } from './testing/folder-s3';
import { runWork } from './testing/run-works';
import { storedLine } from './testing/stored-line';

const DAY_MS = 86_400_000;
const now = () => new Date();
/** Athena's clock tells how old files are, so that it all happened lately. */
const daysAgo = (days: number): string =>
  `${new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10)}T10:00:00.000Z`;
/** Its next hour is another day's. */
const T = daysAgo(2).replace('T10:00', 'T23:30');
const LONG_AGO = daysAgo(9);
/** What arrived is kept for 30 days. */
const OUTLIVED = daysAgo(40);
const DATE = T.slice(0, 10);

const of = (who: string, n: number) => asked(['who', 'n'], [[who, n]], [n]);

describeTrino(
  'taking out of tables on Athena',
  (trino) => {
    const store = sqliteRecordStore(':memory:', { now });
    const hours = dirtyHours(store);
    const tables = tableRecords(store);
    const places = { database: trino.schema, rawDatabase: `${trino.schema}_raw` };
    const folder = temporaryFolder();
    const buckets = Object.fromEntries(
      ['captured', 'tables', 'results'].map((name) => [name, join(folder, name)]),
    );
    let emulation: Athena;
    let objects: Awaited<ReturnType<typeof startFolderS3>>;
    let athena: AthenaClient;
    let s3: S3Client;
    let retention: Retention | undefined;
    let running: readonly { readonly execution: string; readonly started: Date }[] = [];
    let executions = 0;
    /** What happens when something was taken out of what arrived, once. */
    let meanwhile: (() => Promise<void>) | undefined;

    const builder = () =>
      tableBuilder({
        ...{ athena, hours, tables, upkeep: upkeepRecords(store), places, bucket: 'tables', now },
        ...{ captured: 's3://captured/', capturedDays: 30, quietSeconds: 1 },
        ambiguous: ambiguousLabels(store, now),
        retentionOf: async () => retention,
        runs: { running: async () => running, isTickRunning: async () => false },
      });
    /** One execution, which ends after so many steps of its last work. */
    const execute = async (run: Run, dieAfter?: number) => {
      executions += 1;
      const execution = `execution-${executions}`;
      const sweeping = sweep({
        ...{ s3, capturedBucket: 'captured', capturedPrefix: '', resultsBucket: 'results' },
      });
      const needs = {
        ...{ athena, builder: builder(), workGroup: 'builds', execution },
        sweep: async (chore: Chore) => {
          const result = await sweeping(chore);
          const happens = meanwhile;
          meanwhile = undefined;
          await happens?.();
          return result;
        },
      };
      const works = (await builder().plan(run, execution)).flatMap((one) => one.works);
      const reports = [];
      for (const [n, work] of works.entries()) {
        const report = await runWork(needs)(work, n === works.length - 1 ? dieAfter : undefined);
        reports.push({ kind: work.item.kind, ...report });
      }
      return reports;
    };
    const tick = () => execute({ kind: 'tick' });
    const erase = async (what: Extract<Run, { kind: 'erasure' }>['what'], dieAfter?: number) =>
      (await execute({ kind: 'erasure', service: 'wine', what }, dieAfter)).at(-1);
    const query = async (sql: string) =>
      (await trino.client().query(sql.replaceAll('inference.', `${places.database}.`))).rows;
    const numbers = async (table: string) =>
      (
        await query(
          `SELECT CAST(substr(request_id, 36) AS integer) FROM inference.${table} ORDER BY 1`,
        )
      ).map(([n]) => n);
    const put = async (key: string, lines: readonly object[]): Promise<void> => {
      const path = join(folder, 'captured', key);
      mkdirSync(dirname(path), { recursive: true });
      const text = lines.map((line) => `${storedLine(JSON.stringify(line))}\n`).join('');
      writeFileSync(path, key.endsWith('.gz') ? gzipSync(text) : text);
      const hour = hourOfKey(key, '');
      if (hour) await hours.mark(hour, now());
    };
    const requests = (name: string, lines: readonly object[], service = 'wine') =>
      put(`requests/service=${service}/dt=${DATE}/hour=11/${name}.gz`, lines);
    const label = (position: number, over: object, received = T) => ({
      ...{ service: 'wine', example_id: null, request_id: null, client_request_id: null },
      ...{ row_index: null, label: '6', labelled_at: T, received_at: received, batch_id: 'b1' },
      ...{ position, ...over },
    });
    const HOUR = `service=wine/dt=${DATE}/hour=11`;
    const arrivedIds = (name: string, hour = HOUR): readonly unknown[] =>
      gunzipSync(readFileSync(join(folder, 'captured/requests', hour, `${name}.gz`)))
        .toString()
        .split('\n')
        .flatMap((line) => (line ? [Number(String(JSON.parse(line).request_id).slice(-1))] : []));
    /**
     * Files with rows in a table's folder which the table does not name. What a delete file says, which has
     * no column of the table, is at which place of a file a row is gone.
     */
    const strayFiles = async (table: string): Promise<readonly string[]> => {
      const named = (await query(`SELECT file_path FROM inference."${table}$files"`)).map(
        ([path]) => String(path).split('/').at(-1),
      );
      const there = filesWith(table, 'request_id').filter((file) => file.endsWith('.parquet'));
      expect(there.length).toBeGreaterThan(0);
      return there.filter((file) => !named.includes(file.split('/').at(-1) ?? ''));
    };
    const filesWith = (table: string, text: string): readonly string[] => {
      const at = join(folder, 'tables/tables', table);
      return filesUnder(at).filter((file) => readFileSync(join(at, file)).includes(text));
    };

    beforeAll(async () => {
      for (const at of Object.values(buckets)) mkdirSync(at);
      for (const raw of ['requests', 'labels', 'spill']) mkdirSync(join(folder, 'captured', raw));
      objects = await startFolderS3(buckets);
      emulation = await startAthena({
        ...{ trino, buckets, workGroups: { builds: { output: 's3://results/builds/' } } },
      });
      const client = {
        ...{ region: 'eu-central-1', maxAttempts: 1 },
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      };
      athena = new AthenaClient({ ...client, endpoint: emulation.url });
      s3 = new S3Client({ ...client, endpoint: objects.url, forcePathStyle: true });
      await trino.client().query(`CREATE SCHEMA IF NOT EXISTS iceberg.${places.rawDatabase}`);
      for (const { name, partitions, location, properties } of rawTables('s3://captured/')) {
        const pairs = Object.entries(properties).map(([key, value]) => `'${key}' = '${value}'`);
        const start = new StartQueryExecutionCommand({
          WorkGroup: 'builds',
          QueryString: `CREATE EXTERNAL TABLE \`${places.rawDatabase}\`.\`${name}\` (\`line\` string)
PARTITIONED BY (${partitions.map((partition) => `\`${partition}\` string`).join(', ')})
ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\001' STORED AS TEXTFILE
LOCATION '${location}' TBLPROPERTIES (${pairs.join(', ')})`,
        });
        const { QueryExecutionId: id = '' } = await athena.send(start);
        const { QueryExecution } = await until(
          () => athena.send(new GetQueryExecutionCommand({ QueryExecutionId: id })),
          (found) => ['SUCCEEDED', 'FAILED'].includes(found.QueryExecution?.Status?.State ?? ''),
          60_000,
        );
        expect(QueryExecution?.Status?.StateChangeReason).toBeUndefined();
      }
      const inputs = [
        { name: 'who', type: 'string', required: true },
        { name: 'n', type: 'double', required: true },
      ] as const;
      const output = { type: 'double', width: 1, classes: null } as const;
      for (const service of ['wine', 'red']) {
        await tables.ensure(
          service,
          { model: 'wine', version: 1, signature: { inputs, output } },
          new Set(),
        );
      }
      const spilled = { ...lineOf(T, 4, of('ann', 4)), request: null, response: null };
      const key = `spill/service=wine/dt=${DATE}/hour=23/${idOf(T, 4)}.json`;
      const { request, response } = of('ann', 4) as Readonly<Record<string, unknown>>;
      const body = { request: JSON.stringify(request), response: JSON.stringify(response) };
      await put(key, [body]);
      // Of lines that were lost: no record names their bodies.
      const [sameHour, next] = [`${DATE}/hour=23`, `${daysAgo(1).slice(0, 10)}/hour=00`];
      await put(`spill/service=wine/dt=${sameHour}/${idOf(T, 1)}.json`, [body]);
      await put(`spill/service=wine/dt=${next}/${idOf(T, 2)}.json`, [body]);
      await requests('a', [
        lineOf(T, 1, { ...of('ann', 1), client_request_id: 'a' }),
        lineOf(T, 2, { ...of('ann', 1), role: 'shadow', primary_request_id: idOf(T, 1) }),
        lineOf(T, 3, { ...of('bob', 3), client_request_id: 'b' }),
        { ...spilled, spill_uri: `s3://captured/${key}` },
        lineOf(LONG_AGO, 5, of('bob', 5)),
      ]);
      await requests('b', [
        lineOf(T, 6, of('eve', 6)),
        lineOf(T, 7, { ...of('eve', 7), row_count: 2 }),
      ]);
      await requests('c', [{ ...lineOf(T, 8, of('ann', 8)), service: 'red' }], 'red');
      await put(`labels/service=wine/dt=${DATE}/hour=12/b1.ndjson`, [
        label(0, { example_id: `${idOf(T, 1)}-0` }),
        label(1, { client_request_id: 'b', row_index: 0 }),
        label(2, { request_id: idOf(T, 6), row_index: 0 }),
        label(3, { client_request_id: 'a', row_index: 0 }),
      ]);
    }, 180_000);
    afterAll(async () => {
      for (const client of [athena, s3]) client.destroy();
      objects.stop();
      await emulation.stop();
    });

    it('begins with tables that hold what came', async () => {
      await tick();
      expect(await numbers('requests')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(await numbers('wine')).toEqual([1, 2, 3, 4, 5, 6]);
      expect(await numbers('wine_errors')).toEqual([7]);
    }, 180_000);

    it('erases by a value, wherever the first execution was killed, from tables and from what arrived', async () => {
      const what = { column: 'who', value: 'ann' };
      // Requests are out, rows are not.
      expect(await erase(what, 8)).toMatchObject({ kind: 'erase' });
      expect([await numbers('requests'), await numbers('wine')]).toEqual([
        [3, 5, 6, 7, 8],
        [1, 2, 3, 4, 5, 6],
      ]);
      expect(await erase(what)).toMatchObject({ requests: 0, rows: 3, errors: 0, labels: 2 });
      expect(await numbers('requests')).toEqual([3, 5, 6, 7, 8]);
      expect(await numbers('wine')).toEqual([3, 5, 6]);
      expect(arrivedIds('a.rewritten')).toEqual([3, 5]);
      expect(arrivedIds('b')).toEqual([6, 7]);
      expect(filesUnder(join(folder, 'captured/spill'))).toEqual([]);
      const labels = readFileSync(
        join(folder, `captured/labels/service=wine/dt=${DATE}/hour=12/b1.ndjson`),
      );
      expect(labels.toString().match(/"position":\d/g)).toEqual(['"position":1', '"position":2']);
      for (const table of ['requests', 'wine', 'wine_errors', 'labels']) {
        expect([table, await strayFiles(table)]).toEqual([table, []]);
        expect([table, filesWith(table, idOf(T, 1))]).toEqual([table, []]);
      }
    }, 240_000);

    it('erases nothing a second time', async () => {
      expect(await erase({ column: 'who', value: 'ann' })).toMatchObject({
        requests: 0,
        rows: 0,
        labels: 0,
      });
      const impossible = 'ffffffff-ffff-7000-8000-000000000000';
      const ids = [idOf(T, 1), idOf(T, 2), impossible];
      expect(await erase({ request_ids: ids })).toMatchObject({ requests: 0, rows: 0 });
      expect(await erase({ request_ids: [impossible] })).toMatchObject({ requests: 0, rows: 0 });
    }, 240_000);

    it('keeps out what arrives late of what was erased', async () => {
      await requests('late', [
        lineOf(T, 1, { ...of('ann', 1), client_request_id: 'a' }),
        lineOf(T, 9, { ...of('ann', 1), role: 'compare', primary_request_id: idOf(T, 1) }),
      ]);
      await put(`labels/service=wine/dt=${DATE}/hour=13/b2.ndjson`, [
        label(0, { example_id: `${idOf(T, 1)}-0`, batch_id: 'b2' }),
        label(1, { client_request_id: 'a', row_index: 0, batch_id: 'b2' }),
      ]);
      const reports = await tick();
      expect(reports.filter(({ kind }) => !kind.endsWith('upkeep'))).toMatchObject([
        { kind: 'requests', requests: 0, rows: 0, errors: 0 },
        { kind: 'labels', labels: 0 },
      ]);
      expect(await numbers('wine')).toEqual([3, 5, 6]);
    }, 120_000);

    it('erases what came since when it is asked again, and another erasure leaves its labels', async () => {
      const today = now().toISOString();
      const hour = `service=wine/dt=${today.slice(0, 10)}/hour=${today.slice(11, 13)}`;
      await put(`labels/${hour}/b3.ndjson`, [
        label(0, { example_id: `${idOf(T, 1)}-0`, batch_id: 'b3' }, today),
        label(1, { client_request_id: 'a', row_index: 0, batch_id: 'b3' }, today),
      ]);
      await tick();
      const since = async () =>
        (await query(`SELECT position FROM inference.labels WHERE batch_id = 'b3'`)).length;
      expect(await erase({ request_ids: [idOf(T, 99)] })).toMatchObject({ requests: 0, labels: 0 });
      expect(await since()).toBe(2);

      const late = [lineOf(T, 1, of('ann', 1)), lineOf(T, 3, of('bob', 3))];
      await requests('late-2', late);
      // Firehose still holds it back.
      meanwhile = () => put(`requests/${hour}/late-3.gz`, late);
      // It would be gone by now, had it not been written anew.
      const outlived = `requests/service=wine/dt=${OUTLIVED.slice(0, 10)}/hour=11/o.rewritten.gz`;
      await put(
        outlived,
        [1, 2].map((n) => lineOf(OUTLIVED, n, of('ann', n))),
      );
      expect(await erase({ request_ids: [idOf(T, 1), idOf(OUTLIVED, 1)] })).toMatchObject({
        ...{ requests: 0, rows: 0, labels: 2 },
      });
      expect(filesUnder(join(folder, 'captured', dirname(outlived)))).toEqual([]);
      expect(await since()).toBe(0);
      expect(arrivedIds('late-2.rewritten')).toEqual([3]);
      expect(arrivedIds('late-3.rewritten', hour)).toEqual([3]);
    }, 240_000);

    it('waits for executions that began before, and two erasures not for each other', async () => {
      const what = { client_request_ids: ['b'] };
      const old = new Date(Date.now() - 60_000);
      running = [{ execution: 'a-tick', started: old }];
      const plan = await builder().plan({ kind: 'erasure', service: 'wine', what }, 'waiting');
      const work = plan[0]?.works.at(-1);
      if (!work) throw new Error('no work');
      const ids: string[] = [];
      for (;;) {
        const advice = await builder().next(
          work,
          ids.map((id) => ({ query: id })),
          'waiting',
        );
        if (!('statement' in advice)) {
          expect(advice).toEqual({ wait: 15 });
          break;
        }
        const start = new StartQueryExecutionCommand({
          QueryString: advice.statement.sql,
          WorkGroup: 'builds',
        });
        const { QueryExecutionId: id = '' } = await athena.send(start);
        await until(
          () => athena.send(new GetQueryExecutionCommand({ QueryExecutionId: id })),
          (found) => found.QueryExecution?.Status?.State === 'SUCCEEDED',
          60_000,
        );
        ids.push(id);
      }
      // The other one goes on, with what this one has begun.
      running = [{ execution: 'waiting', started: old }];
      const later = lineOf(new Date(Date.now() + 600_000).toISOString(), 4, {
        ...of('bob', 4),
        client_request_id: 'b',
      });
      await requests('later', [later]);
      expect(await erase({ request_ids: [idOf(T, 6)] })).toMatchObject({
        ...{ requests: 2, rows: 2, errors: 0, labels: 2 },
      });
      running = [];
      expect(await numbers('wine')).toEqual([4, 5]);
    }, 240_000);

    it('takes out what is kept no longer, and packs what was written, once a day', async () => {
      retention = { requests_days: null, rows_days: 5, labels_days: null };
      await store.transact([
        {
          partition: 'tables-upkeep',
          sort: 'wine',
          seen: (await store.get({ partition: 'tables-upkeep', sort: 'wine' }))?.revision ?? 0,
          put: {
            done: daysAgo(1).slice(0, 10),
            days: { requests: [DATE], rows: [DATE], labels: [DATE] },
            awaited: [],
          },
        },
      ]);
      const reports = await tick();
      expect(reports.map(({ kind }) => kind)).toEqual(['upkeep', 'shared-upkeep']);
      expect(await numbers('wine')).toEqual([4]);
      expect(await numbers('requests')).toContain(5);
      expect(await tick()).toEqual([]);
    }, 120_000);

    it('purges a service, whatever comes later, and no other', async () => {
      await requests('before', [lineOf(T, 1, of('ann', 1))]);
      // Firehose still holds it back.
      meanwhile = () => requests('held', [lineOf(T, 1, of('ann', 1))]);
      const [report] = await execute({ kind: 'purge', service: 'wine' });
      expect(report).toMatchObject({ kind: 'purge', requests: 3, rows: 1, errors: 1, labels: 0 });
      expect(await numbers('requests')).toEqual([8]);
      expect(await numbers('red')).toEqual([8]);
      await expect(query('SELECT 1 FROM inference.wine')).rejects.toThrow('does not exist');
      expect(filesUnder(join(folder, 'captured/requests'))).toEqual([
        expect.stringContaining('service=red'),
      ]);
      expect(filesUnder(join(folder, 'tables/tables/wine'))).toEqual([]);
      expect(await strayFiles('requests')).toEqual([]);
      await tables.remove('wine');
      await requests('late', [lineOf(T, 1, of('ann', 1))]);
      await tick();
      expect(await numbers('requests')).toEqual([8]);
      expect((await execute({ kind: 'purge', service: 'wine' })).at(-1)).toMatchObject({
        requests: 0,
        rows: 0,
      });
    }, 240_000);
    // The golden cases hold the statements to both releases; what is around them takes minutes.
  },
  ['406'],
);
