import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { ambiguousLabels } from '../../../core/tables/ambiguous-labels';
import { hourOfKey } from '../../../core/tables/arrival-key';
import { dirtyHours } from '../../../core/tables/dirty-hours';
import { tableRecords } from '../../../core/tables/table-records';
import { upkeepRecords } from '../../../core/tables/upkeep-records';
import { until } from '../../../infra-tests/support/api';
import { temporaryFolder } from '../../../infra-tests/support/platform';
import { type Athena, startAthena } from '../../../infra-tests/trino/athena';
import { describeTrino } from '../../../infra-tests/trino/describe-trino';
import { sqliteRecordStore } from '../../embedded/sqlite-record-store';
import { asked, idOf, lineOf } from '../../embedded/tables/tables-fixture';
import { athenaQueries } from './athena-queries';
import { tableBuilder } from './table-builder';
import { runWork } from './testing/run-works';
import { storedLine } from './testing/stored-line';

const T = '2026-11-20T10:00:00.000Z';
const now = () => new Date('2026-11-21T12:00:00.000Z');
const bodies = (n: number) => asked(['alcohol', 'pH'], [[n, 3]], [5]);

describeTrino(
  'tables on Athena, from objects in S3 to rows in SQL',
  (trino) => {
    const store = sqliteRecordStore(':memory:', { now });
    const hours = dirtyHours(store);
    const tables = tableRecords(store);
    const upkeep = upkeepRecords(store);
    const places = { database: trino.schema, rawDatabase: `${trino.schema}_raw` };
    const folder = temporaryFolder();
    let emulation: Athena;
    let athena: AthenaClient;

    const needs = () => ({
      athena,
      workGroup: 'builds',
      builder: tableBuilder({
        ...{ athena, hours, tables, upkeep, places, bucket: 'tables', now },
        ...{ captured: 's3://captured/', capturedDays: 30, quietSeconds: 1 },
        ambiguous: ambiguousLabels(store, now),
        retentionOf: async () => undefined,
        runs: { running: async () => [], isTickRunning: async () => false },
      }),
      sweep: async () => ({ rows: [], written: null }),
    });
    const queries = () =>
      athenaQueries({ athena, store, now, database: places.database, workGroup: 'queries' });

    const define = async (sql: string): Promise<void> => {
      const start = new StartQueryExecutionCommand({ QueryString: sql, WorkGroup: 'builds' });
      const { QueryExecutionId: id = '' } = await athena.send(start);
      const { QueryExecution } = await until(
        () => athena.send(new GetQueryExecutionCommand({ QueryExecutionId: id })),
        (found) => ['SUCCEEDED', 'FAILED'].includes(found.QueryExecution?.Status?.State ?? ''),
        60_000,
      );
      expect(QueryExecution?.Status?.StateChangeReason).toBeUndefined();
    };
    /** As the stack defines them for Glue. */
    const defineRaw = (table: string) =>
      define(`CREATE EXTERNAL TABLE \`${places.rawDatabase}\`.\`${table}\` (\`line\` string)
PARTITIONED BY (\`service\` string, \`dt\` string, \`hour\` string)
ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\001' STORED AS TEXTFILE
LOCATION 's3://captured/${table}/'
TBLPROPERTIES ('projection.enabled' = 'true', 'projection.service.type' = 'injected',
  'projection.dt.type' = 'date', 'projection.dt.format' = 'yyyy-MM-dd', 'projection.dt.range' = '2026-01-01,NOW',
  'projection.hour.type' = 'integer', 'projection.hour.range' = '0,23', 'projection.hour.digits' = '2',
  'projection.dt.interval' = '1', 'projection.dt.interval.unit' = 'DAYS')`);

    beforeAll(async () => {
      for (const bucket of ['tables', 'results']) mkdirSync(join(folder, bucket));
      for (const raw of ['requests', 'labels', 'spill']) {
        mkdirSync(join(folder, 'captured', raw), { recursive: true });
      }
      emulation = await startAthena({
        trino,
        buckets: {
          captured: join(folder, 'captured'),
          tables: join(folder, 'tables'),
          results: join(folder, 'results'),
        },
        workGroups: {
          builds: { output: 's3://results/builds/' },
          queries: { output: 's3://results/queries/' },
          thrifty: { output: 's3://results/queries/', bytesScannedCutoffPerQuery: 10 },
        },
      });
      athena = new AthenaClient({
        ...{ endpoint: emulation.url, region: 'eu-central-1', maxAttempts: 1 },
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      });
      await trino.client().query(`CREATE SCHEMA IF NOT EXISTS iceberg.${places.rawDatabase}`);
      for (const table of ['requests', 'labels', 'spill']) await defineRaw(table);
      const inputs = ['pH', 'alcohol'].map(
        (name) => ({ name, type: 'double', required: true }) as const,
      );
      const output = { type: 'double', width: 1, classes: null } as const;
      const version = { model: 'wine', version: 1, signature: { inputs, output } };
      await tables.ensure('wine', version, new Set());
    }, 120_000);
    afterAll(async () => {
      athena.destroy();
      await emulation.stop();
    });

    /** An object is put, as Firehose does, and S3 tells of it. */
    const put = async (key: string, lines: readonly string[]): Promise<void> => {
      const path = join(folder, 'captured', key);
      mkdirSync(dirname(path), { recursive: true });
      const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      writeFileSync(path, key.endsWith('.gz') ? gzipSync(text) : text);
      const hour = hourOfKey(key, '');
      if (hour) await hours.mark(hour, now());
    };
    const requests = (name: string, lines: readonly object[]) =>
      put(
        `requests/service=wine/dt=2026-11-20/hour=10/${name}.gz`,
        lines.map((line) => storedLine(JSON.stringify(line))),
      );
    /** Builds alone: what is done once a day is another test's. */
    const works = async () =>
      (await needs().builder.plan({ kind: 'tick' }, 'a-tick'))
        .flatMap((one) => one.works)
        .filter(({ item }) => !item.kind.endsWith('upkeep'));
    const buildAll = async () => {
      const reports = [];
      for (const work of await works()) reports.push(await runWork(needs())(work));
      return reports;
    };
    const rowsOf = async (sql: string) => {
      const id = await queries().startQuery(
        sql.replaceAll('inference.', `${places.database}.`),
        100,
      );
      const state = await queries().queryState(id, 30_000);
      if (state?.status !== 'succeeded') throw new Error(JSON.stringify(state));
      return state.result.rows;
    };
    it('makes the tables of a service, and again without harm', async () => {
      const [prepare, ...others] = await works();
      expect([prepare?.item.kind, others]).toEqual(['tables', []]);
      if (!prepare) throw new Error('nothing to make');
      await runWork(needs())(prepare);
      await runWork(needs())(prepare);
      expect(await works()).toEqual([]);
      expect(await rowsOf('SELECT count(*), sum(ph) FROM inference.wine')).toEqual([[0, null]]);
    }, 120_000);

    it('adds columns once though two runs find at once that they are missing', async () => {
      const output = { type: 'double', width: 1, classes: null } as const;
      const describe = (model: string, names: readonly string[]) => {
        const inputs = names.map((name) => ({ name, type: 'double', required: true }) as const);
        return tables.ensure(
          'ale',
          { model, version: 1, signature: { inputs, output } },
          new Set(),
        );
      };
      const work = async () => (await works()).find(({ item }) => item.service === 'ale');
      const make = async () => {
        const one = await work();
        if (!one) throw new Error('nothing to make');
        await Promise.all([runWork(needs())(one), runWork(needs())(one)]);
      };
      await describe('ale', ['hops']);
      await make();
      await describe('stout', ['hops', 'malt', 'yeast']);
      await make();
      expect(await work()).toBeUndefined();
      expect(await rowsOf('SELECT count(*), sum(hops + malt + yeast) FROM inference.ale')).toEqual([
        [0, null],
      ]);
    }, 240_000);

    it('brings what has arrived into rows, each once, though a statement is throttled and another loses a race', async () => {
      await requests('a', [
        lineOf(T, 1, bodies(9)),
        lineOf(T, 2, bodies(10)),
        lineOf(T, 1, bodies(9)),
      ]);
      emulation.inject({ kind: 'throttle' });
      emulation.inject({ kind: 'commit-conflict', matching: /MERGE/, times: 2 });
      expect(await buildAll()).toMatchObject([{ requests: 2, rows: 2, errors: 0 }]);
      expect(await works()).toEqual([]);
      expect(
        await rowsOf('SELECT request_id, alcohol, ph, prediction FROM inference.wine ORDER BY 1'),
      ).toEqual([
        [idOf(T, 1), 9, 3, 5],
        [idOf(T, 2), 10, 3, 5],
      ]);
    }, 120_000);

    it('ends right wherever a build is killed, and when two run at once', async () => {
      for (const [n, steps] of [1, 2, 4].entries()) {
        await requests(`killed-${n}`, [lineOf(T, 10 + n, bodies(n))]);
        const [work] = await works();
        if (!work) throw new Error('nothing to build');
        expect(await runWork(needs())(work, steps)).toBeNull();
        expect(await works()).toHaveLength(1);
      }
      const [work] = await works();
      if (!work) throw new Error('nothing to build');
      await Promise.all([runWork(needs())(work), runWork(needs())(work)]);
      expect(await works()).toEqual([]);
      expect(
        await rowsOf('SELECT count(*), count(DISTINCT example_id) FROM inference.wine'),
      ).toEqual([[5, 5]]);
    }, 180_000);

    it('keeps an hour dirty for which more arrives while it is built', async () => {
      await requests('before', [lineOf(T, 30, bodies(1))]);
      const [work] = await works();
      if (!work) throw new Error('nothing to build');
      await requests('meanwhile', [lineOf(T, 31, bodies(1))]);
      await runWork(needs())(work);
      expect(await works()).toHaveLength(1);
      await buildAll();
      expect(
        await rowsOf(
          `SELECT count(*) FROM inference.requests WHERE request_id >= '${idOf(T, 30)}'`,
        ),
      ).toEqual([[2]]);
    }, 120_000);

    it('joins bodies back that lay in objects of their own', async () => {
      // More hours of them than one statement reads.
      const places = ['19/hour=22', '19/hour=23', '20/hour=00', '20/hour=08', '20/hour=09'];
      const spilled = places.map((place, n) => {
        const { request, response, ...line } = lineOf(T, 40 + n, bodies(7 + n));
        const key = `spill/service=wine/dt=2026-11-${place}/${idOf(T, 40 + n)}.json`;
        const [asked, answered] = [JSON.stringify(request), JSON.stringify(response)];
        const body = JSON.stringify({ request: asked, response: answered });
        const spill_uri = `s3://captured/${key}`;
        return { key, body, line: { ...line, spill_uri, request: null, response: null }, asked };
      });
      for (const { key, body } of spilled) await put(key, [body]);
      const beside = lineOf(T, 46, bodies(13));
      await requests('spilled', [...spilled.map(({ line }) => line), beside]);
      expect(await buildAll()).toMatchObject([{ requests: 6, rows: 6, errors: 0 }]);
      expect(
        await rowsOf(
          `SELECT w.alcohol, r.request, r.spill_uri FROM inference.wine w JOIN inference.requests r ON r.request_id = w.request_id WHERE w.request_id BETWEEN '${idOf(T, 40)}' AND '${idOf(T, 46)}' ORDER BY 1`,
        ),
      ).toEqual([
        ...spilled.map(({ asked, line }, n) => [7 + n, asked, line.spill_uri]),
        [13, JSON.stringify(beside.request), null],
      ]);
    }, 120_000);

    const label = (position: number, over: object): string =>
      JSON.stringify({
        ...{
          service: 'wine',
          example_id: null,
          request_id: null,
          client_request_id: null,
          row_index: null,
        },
        ...{
          label: '6',
          labelled_at: '2026-11-20T12:00:00.000Z',
          received_at: '2026-11-20T12:30:00.000Z',
        },
        ...{ batch_id: 'b1', position },
        ...over,
      });
    const labels = (hour: string, name: string, lines: readonly string[]) =>
      put(`labels/service=wine/dt=2026-11-20/hour=${hour}/${name}.ndjson`, lines);
    const labelled = () =>
      rowsOf(
        `SELECT request_id, label, labelled_at FROM inference.wine WHERE label IS NOT NULL ORDER BY 1`,
      );

    it('gives labels to their rows: the latest, then the latest received, each way of naming a row', async () => {
      await requests('client', [lineOf(T, 50, { ...bodies(1), client_request_id: 'mine' })]);
      await buildAll();
      await labels('12', 'b1', [
        label(0, { example_id: `${idOf(T, 1)}-0` }),
        label(1, { request_id: idOf(T, 2), row_index: 0, label: '7.5' }),
        label(2, { client_request_id: 'mine', row_index: 0, label: '8' }),
        label(3, {
          example_id: `${idOf(T, 1)}-0`,
          label: '4',
          labelled_at: '2026-11-20T11:00:00.000Z',
        }),
        label(4, { example_id: `${idOf(T, 60)}-0`, label: '9' }),
      ]);
      expect(await buildAll()).toMatchObject([{ labels: 5, labelled: 3, ambiguous: 0 }]);
      const at = '2026-11-20T12:00:00.000Z';
      expect(await labelled()).toEqual([
        [idOf(T, 1), 6, at],
        [idOf(T, 2), 7.5, at],
        [idOf(T, 50), 8, at],
      ]);
    }, 120_000);

    it('corrects a label, lets no older one replace it, and writes nothing a second time', async () => {
      const one = {
        example_id: `${idOf(T, 1)}-0`,
        batch_id: 'b2',
        received_at: '2026-11-20T13:30:00.000Z',
      };
      await labels('13', 'b2', [
        label(0, { ...one, label: '3', labelled_at: '2026-11-20T13:00:00.000Z' }),
        label(1, {
          ...one,
          example_id: `${idOf(T, 2)}-0`,
          labelled_at: '2026-11-20T09:00:00.000Z',
        }),
      ]);
      expect(await buildAll()).toMatchObject([{ labels: 2, labelled: 1 }]);
      await labels('13', 'b2', [
        label(0, { ...one, label: '3', labelled_at: '2026-11-20T13:00:00.000Z' }),
      ]);
      expect(await buildAll()).toMatchObject([{ labels: 0, labelled: 0 }]);
      expect((await labelled()).map(([, value]) => value)).toEqual([3, 7.5, 8]);
    }, 120_000);

    it('has a label wait for its row, and counts one that means several requests', async () => {
      await requests('late', [
        lineOf(T, 60, bodies(1)),
        lineOf(T, 61, { ...bodies(1), client_request_id: 'mine' }),
      ]);
      // Both were received within the last week, and the second is another request of that client's id.
      expect(await buildAll()).toMatchObject([{ rows: 2, labelled: 2, ambiguous: 1 }]);
      await labels('14', 'b3', [
        label(0, {
          client_request_id: 'mine',
          row_index: 0,
          batch_id: 'b3',
          received_at: '2026-11-20T14:30:00.000Z',
          labelled_at: '2026-11-20T14:00:00.000Z',
        }),
      ]);
      expect(await buildAll()).toMatchObject([{ labels: 1, labelled: 2, ambiguous: 1 }]);
      await hours.mark({ service: 'wine', kind: 'labels', date: '2026-11-20', hour: '14' }, now());
      expect(await buildAll()).toMatchObject([{ labels: 0, labelled: 0, ambiguous: 0 }]);
    }, 120_000);

    it('counts the labels that have waited for their rows in vain', async () => {
      await labels('15', 'b4', [
        label(0, { example_id: `${idOf(T, 99)}-0`, batch_id: 'b4' }),
        label(1, { client_request_id: 'nobody', row_index: 0, batch_id: 'b4' }),
        label(2, { example_id: 'ffffffff-ffff-7000-8000-000000000000-0', batch_id: 'b4' }),
      ]);
      expect(await buildAll()).toMatchObject([{ labels: 3, labelled: 0 }]);
      const days = { requests: [], rows: [], labels: [] };
      const of = { kind: 'upkeep', service: 'wine', keep: {} } as const;
      const item = { ...of, days, late: ['2026-11-20'] };
      const work = { item, at: '2026-11-28T00:10:00.000Z', found: [] };
      expect(await runWork(needs())(work)).toMatchObject({ unmatched: 3, labelled: 0 });
    }, 120_000);

    describe('statements that callers give', () => {
      it('are answered with typed values, and with no more rows than were asked for', async () => {
        const id = await queries().startQuery(
          `SELECT * FROM (VALUES (1, 1.5e0, true, 'a'), (2, nan(), null, 'b')) t (n, x, b, s) ORDER BY n`,
          1,
        );
        expect(await queries().queryState(id, 20_000)).toMatchObject({
          status: 'succeeded',
          result: {
            columns: [
              { name: 'n', type: 'integer' },
              { name: 'x', type: 'double' },
              { name: 'b' },
              { name: 's', type: 'varchar' },
            ],
            rows: [[1, 1.5, true, 'a']],
            truncated: true,
          },
          scanned_bytes: expect.any(Number),
        });
      }, 60_000);

      it('fail with what is wrong with them', async () => {
        const id = await queries().startQuery('SELECT nothing FROM nowhere', 10);
        expect(await queries().queryState(id, 20_000)).toMatchObject({
          status: 'failed',
          error: { kind: 'invalid-input', message: expect.stringMatching(/nowhere|nothing/) },
        });
        await expect(queries().startQuery('DROP TABLE wine', 10)).rejects.toMatchObject({
          kind: 'invalid-input',
        });
      }, 60_000);

      it('go on while their caller waits no longer, and end when they are cancelled', async () => {
        emulation.inject({ kind: 'never-ends', matching: /forever/ });
        const id = await queries().startQuery("SELECT 'forever'", 10);
        expect(await queries().queryState(id, 0)).toEqual({ status: 'running' });
        await queries().cancelQuery(id);
        expect(await queries().queryState(id, 20_000)).toEqual({ status: 'cancelled' });
      }, 60_000);

      it('say so when Athena takes no more of them', async () => {
        emulation.inject({ kind: 'throttle' });
        await expect(queries().startQuery('SELECT 1', 10)).rejects.toMatchObject({
          kind: 'overloaded',
        });
      });

      it('are known only where they were asked: builds are nobody’s to see', async () => {
        const start = new StartQueryExecutionCommand({
          QueryString: 'SELECT 1',
          WorkGroup: 'builds',
        });
        const { QueryExecutionId: id = '' } = await athena.send(start);
        expect(await queries().queryState(id, 0)).toBeUndefined();
        await expect(queries().cancelQuery(id)).resolves.toBeUndefined();
      });
    });
    // The golden cases hold the statements to both releases; what is around them takes minutes.
  },
  ['406'],
);
