import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AthenaClient } from '@aws-sdk/client-athena';
import { S3Client } from '@aws-sdk/client-s3';
import type { CaptureRecord } from '../../../core/capture/capture-record';
import { requestTimeOf } from '../../../core/capture/request-time';
import { REQUESTS } from '../../../core/tables/fixed-columns';
import { until } from '../../../infra-tests/support/api';
import { temporaryFolder } from '../../../infra-tests/support/platform';
import { type Athena, startAthena } from '../../../infra-tests/trino/athena';
import { describeTrino } from '../../../infra-tests/trino/describe-trino';
import { aRecord, asRead, idAt, NOON } from '../../contracts/capture-sink.contract';
import { capturedRequestsContract } from '../../contracts/captured-requests.contract';
import { sqliteRecordStore } from '../../embedded/sqlite-record-store';
import { athenaQueries } from './athena-queries';
import { athenaRequests } from './athena-requests';
import { queryFile } from './query-file';
import { queryRunner } from './query-runner';
import { literal, name, trinoType } from './quoting';

const now = () => new Date();

describeTrino(
  'captured requests and results on Athena',
  (trino) => {
    const folder = temporaryFolder();
    const database = trino.schema;
    const store = sqliteRecordStore(':memory:', { now });
    const reported: unknown[] = [];
    let emulation: Athena;
    let athena: AthenaClient;

    beforeAll(async () => {
      mkdirSync(join(folder, 'results'));
      emulation = await startAthena({
        trino,
        buckets: { results: join(folder, 'results') },
        workGroups: { queries: { output: 's3://results/queries/' } },
      });
      athena = new AthenaClient({
        ...{ endpoint: emulation.url, region: 'eu-central-1', maxAttempts: 1 },
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      });
    }, 120_000);
    afterAll(async () => {
      athena.destroy();
      await emulation.stop();
    });

    const asking = () => ({ athena, database, workGroup: 'queries', now });
    const requests = (longestMs?: number) =>
      athenaRequests({
        ...asking(),
        report: (error) => reported.push(error),
        ...(longestMs !== undefined && { longestMs }),
      });

    /** Records as a build has brought them into the table; nothing else is in it then. */
    const fill = async (records: readonly CaptureRecord[]): Promise<void> => {
      const client = trino.client();
      const table = `iceberg.${database}.requests`;
      const columns = REQUESTS.map((column) => `${name(column.name)} ${trinoType(column.type)}`);
      await client.query(`CREATE TABLE IF NOT EXISTS ${table} (${columns.join(', ')})`);
      await client.query(`DELETE FROM ${table}`);
      const rows = records.map((record) => {
        const time = requestTimeOf(record.request_id);
        const at = new Date(time).toISOString();
        const cells: Readonly<Record<string, unknown>> = {
          ...{ ...asRead(record, time), spill_uri: null, request_date: at.slice(0, 10) },
          request_time: at.replace('T', ' ').slice(0, -1),
        };
        const values = REQUESTS.map(({ name: column, type }) => {
          const cell = cells[column] ?? null;
          return cell === null ? 'NULL' : `CAST(${literal(String(cell))} AS ${trinoType(type)})`;
        });
        return `(${values.join(', ')})`;
      });
      if (rows.length > 0) await client.query(`INSERT INTO ${table} VALUES ${rows.join(', ')}`);
    };

    describe('a look-up', () => {
      capturedRequestsContract(
        async (records) => {
          await fill(records);
          return requests();
        },
        { numRuns: 2, most: 6 },
      );

      it('that takes too long is ended, and says what to do', async () => {
        await fill([aRecord()]);
        emulation.inject({ kind: 'never-ends' });
        await expect(requests(500).get('wine', idAt(NOON))).rejects.toMatchObject({
          kind: 'unavailable',
        });
        expect(
          await until(
            async () => emulation.running().length,
            (left) => left === 0,
          ),
        ).toBe(0);
      });

      it('of a request with bodies that no answer can hold says how to get at them', async () => {
        await fill([aRecord(), aRecord({ request_id: idAt(NOON, 1) })]);
        // Six bytes of JSON each.
        const letters = 'lpad(chr(1), 900000, chr(1))';
        await trino
          .client()
          .query(
            `UPDATE iceberg.${database}.requests SET response = ${letters} WHERE request_id = '${idAt(NOON)}'`,
          );
        const filter = { service: 'wine', from: NOON, to: NOON + 1, limit: 10 };
        const { items, next_cursor } = await requests().find(filter);
        expect(items.map(({ request_id }) => request_id)).toEqual([idAt(NOON, 1)]);
        const further = requests().find({ ...filter, cursor: next_cursor ?? '' });
        await expect(further).rejects.toMatchObject({ kind: 'bad-request' });
      });

      it('of a table that is not there yet is to be tried again, and is reported', async () => {
        await trino.client().query(`DROP TABLE iceberg.${database}.requests`);
        await expect(requests().get('wine', idAt(NOON))).rejects.toMatchObject({
          ...{ kind: 'unavailable', message: expect.not.stringContaining("requests'") },
        });
        expect(String(reported.at(-1))).toContain('look-up');
      });
    });

    describe('the file of a result', () => {
      const s3 = new S3Client({
        region: 'eu-central-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      });
      const files = () => queryFile({ runner: queryRunner(asking()), s3, store, now });
      const queries = () => athenaQueries({ ...asking(), store });
      const ask = async (sql: string): Promise<string> => {
        const id = await queries().startQuery(sql, 10);
        await queries().queryState(id, 30_000);
        return id;
      };

      it('is where Athena has written it, for a few minutes, under a name of its own', async () => {
        const id = await ask("SELECT 1 AS a, 'b,\"c' AS d");
        const place = await files()(id, 'csv');
        const { host, pathname, searchParams } = new URL('url' in place ? place.url : '');
        expect(host).toBe('results.s3.eu-central-1.amazonaws.com');
        expect(searchParams.get('X-Amz-Expires')).toBe('300');
        expect(searchParams.get('response-content-disposition')).toContain(`${id}.csv`);
        const text = readFileSync(join(folder, 'results', pathname), 'utf8');
        expect(text).toBe('"a","d"\n"1","b,""c"\n');
      });

      it('is none for Parquet, which says how to have it, also to a program', async () => {
        const id = await ask('SELECT 1 AS a');
        await expect(files()(id, 'parquet')).rejects.toMatchObject({
          ...{ kind: 'bad-request', message: expect.stringContaining('UNLOAD') },
          faults: [{ path: 'query.format', code: 'not-offered' }],
        });
      });

      it('is none of a statement that failed, or that nobody asked here', async () => {
        const failed = await ask('SELECT nothing FROM nowhere');
        await expect(files()(failed, 'csv')).rejects.toMatchObject({ kind: 'not-found' });
        const others = await queryRunner(asking()).start('SELECT 1');
        await expect(files()(others, 'csv')).rejects.toMatchObject({ kind: 'not-found' });
        await expect(files()('x', 'csv')).rejects.toMatchObject({ kind: 'not-found' });
      });
    });
  },
  ['406'],
);
