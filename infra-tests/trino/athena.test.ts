import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  GetQueryRuntimeStatisticsCommand,
  GetWorkGroupCommand,
  StartQueryExecutionCommand,
  type StartQueryExecutionCommandInput,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { until } from '../support/api';
import { temporaryFolder } from '../support/platform';
import { type Athena, startAthena } from './athena';
import { describeTrino } from './describe-trino';

describeTrino('Athena over a real Trino', (trino) => {
  let athena: Athena;
  let client: AthenaClient;
  let folder: string;
  beforeAll(async () => {
    folder = temporaryFolder();
    athena = await startAthena({
      trino,
      buckets: { lake: folder },
      workGroups: {
        builds: { output: 's3://lake/results/' },
        thrifty: { output: 's3://lake/results/', bytesScannedCutoffPerQuery: 100 },
      },
    });
    client = new AthenaClient({
      ...{ endpoint: athena.url, region: 'eu-central-1', maxAttempts: 1 },
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  });
  afterAll(async () => {
    client.destroy();
    await athena.stop();
  });

  const start = async (sql: string, more: Partial<StartQueryExecutionCommandInput> = {}) => {
    const context = { QueryExecutionContext: { Database: trino.schema }, WorkGroup: 'builds' };
    const input = { QueryString: sql, ...context, ...more };
    const { QueryExecutionId = '' } = await client.send(new StartQueryExecutionCommand(input));
    return QueryExecutionId;
  };
  const ended = async (id: string) => {
    const { QueryExecution } = await until(
      () => client.send(new GetQueryExecutionCommand({ QueryExecutionId: id })),
      ({ QueryExecution: now }) => !['QUEUED', 'RUNNING'].includes(now?.Status?.State ?? ''),
      50_000,
    );
    return QueryExecution;
  };
  const run = async (sql: string, more: Partial<StartQueryExecutionCommandInput> = {}) => {
    const id = await start(sql, more);
    const execution = await ended(id);
    return { id, ...execution, ...execution?.Status };
  };
  const done = async (sql: string, more: Partial<StartQueryExecutionCommandInput> = {}) => {
    const { id, State, StateChangeReason } = await run(sql, more);
    expect([State, StateChangeReason]).toEqual(['SUCCEEDED', undefined]);
    const { ResultSet, UpdateCount } = await client.send(
      new GetQueryResultsCommand({ QueryExecutionId: id }),
    );
    const rows = ResultSet?.Rows?.map(({ Data = [] }) => Data.map((datum) => datum.VarCharValue));
    return { id, rows, UpdateCount };
  };
  const table = (name: string, columns = 'id bigint, ts timestamp, x double, note string') =>
    done(`CREATE TABLE IF NOT EXISTS \`${trino.schema}\`.\`${name}\` (${columns})
      PARTITIONED BY (day(\`ts\`)) LOCATION 's3://lake/${trino.schema}/${name}/'
      TBLPROPERTIES ('table_type' = 'ICEBERG', 'format' = 'parquet', 'vacuum_max_snapshot_age_seconds' = '1')`);

  it('makes, fills, merges and reads a table of Iceberg, all values as text', async () => {
    await table('days');
    const inserted = await done(
      `INSERT INTO days VALUES (9007199254740993, TIMESTAMP '2026-01-01 00:00:00.123456', nan(), NULL)`,
    );
    expect(inserted).toMatchObject({ UpdateCount: 1, rows: [] });
    await done(`MERGE INTO days t USING (VALUES (BIGINT '2', 2e0)) s (id, x) ON t.id = s.id
      WHEN NOT MATCHED THEN INSERT (id, ts, x, note) VALUES (s.id, TIMESTAMP '2026-01-02 00:00:00', s.x, 'a;"b"')`);
    await done(`ALTER TABLE ${trino.schema}.days ADD COLUMNS (tags array<string>, n int)`);
    const { rows, id } = await done('SELECT * FROM days ORDER BY id;');
    expect(rows).toEqual([
      ['id', 'ts', 'x', 'note', 'tags', 'n'],
      ['2', '2026-01-02 00:00:00.000000', '2.0', 'a;"b"', undefined, undefined],
      ['9007199254740993', '2026-01-01 00:00:00.123456', 'NaN', undefined, undefined, undefined],
    ]);
    const { QueryExecution } = await client.send(
      new GetQueryExecutionCommand({ QueryExecutionId: id }),
    );
    expect(QueryExecution?.Statistics?.DataScannedInBytes).toBeGreaterThan(0);
    const { QueryRuntimeStatistics } = await client.send(
      new GetQueryRuntimeStatisticsCommand({ QueryExecutionId: id }),
    );
    expect(QueryRuntimeStatistics?.Rows?.InputRows).toBe(2);
  });

  it('packs a table and forgets its old snapshots', async () => {
    await table('packed');
    for (const id of [1, 2]) {
      await done(`INSERT INTO packed VALUES (${id}, TIMESTAMP '2026-01-01 00:00:00', 1e0, '')`);
    }
    await done(`OPTIMIZE ${trino.schema}.packed REWRITE DATA USING BIN_PACK`);
    const snapshots = async () =>
      Number((await done('SELECT count(*) FROM "packed$snapshots"')).rows?.[1]?.[0]);
    const before = await snapshots();
    // It takes away what is older than a second.
    const vacuumed = async () => {
      await done(`VACUUM ${trino.schema}.packed`);
      return snapshots();
    };
    await until(vacuumed, (left) => left < before);
  });

  it('reads what lies in a bucket by projected partitions', async () => {
    const place = join(folder, 'requests/service=wine/dt=2026-01-02/hour=05');
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'a.gz'), gzipSync('{"request_id":"a","n":1}\n'));
    await done(`CREATE EXTERNAL TABLE IF NOT EXISTS ${trino.schema}.raw (request_id string, n bigint)
      PARTITIONED BY (service string, dt string, hour string)
      ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/requests/'
      TBLPROPERTIES ('projection.enabled' = 'true', 'projection.service.type' = 'injected',
        'projection.dt.type' = 'date', 'projection.dt.format' = 'yyyy-MM-dd', 'projection.dt.range' = '2026-01-01,NOW',
        'projection.hour.type' = 'integer', 'projection.hour.range' = '0,23', 'projection.hour.digits' = '2')`);
    const { rows } = await done(
      `SELECT request_id, n, hour, "$path" FROM raw WHERE service = 'wine' AND dt BETWEEN '2026-01-01' AND '2026-01-03'`,
    );
    expect(rows?.slice(1)).toEqual([
      ['a', '1', '05', 's3://lake/requests/service=wine/dt=2026-01-02/hour=05/a.gz'],
    ]);
  });

  it('pages results, and answers a token twice with one statement', async () => {
    const token = { ClientRequestToken: 'the-same-token-of-32-characters-0' };
    const sql = 'SELECT n FROM UNNEST(sequence(1, 5)) AS u (n) ORDER BY n';
    const id = await start(sql, token);
    expect(await start(sql, token)).toBe(id);
    await expect(start('SELECT 1', token)).rejects.toThrow('Idempotent');
    await ended(id);
    const first = await client.send(
      new GetQueryResultsCommand({ QueryExecutionId: id, MaxResults: 4 }),
    );
    const rest = await client.send(
      new GetQueryResultsCommand({ QueryExecutionId: id, NextToken: first.NextToken }),
    );
    expect([first.ResultSet?.Rows?.length, rest.ResultSet?.Rows?.length]).toEqual([4, 2]);
    expect(rest.NextToken).toBeUndefined();
  });

  it('takes parameters where Athena does', async () => {
    const { rows } = await done('SELECT 1 WHERE ? = ?', { ExecutionParameters: ["'it'", "'it'"] });
    expect(rows).toHaveLength(2);
    await expect(
      start('DELETE FROM days WHERE id = ?', { ExecutionParameters: ['1'] }),
    ).rejects.toThrow('Parameters');
  });

  it.each([
    ['two statements', 'SELECT 1; SELECT 2'],
    ['a procedure', 'CALL system.x()'],
    ['a session property', "SET SESSION a = 'b'"],
    ['a statement in a text', "EXECUTE IMMEDIATE 'SELECT 1'"],
    ['a function Athena lacks', 'SELECT any_value(1)'],
    ['a procedure of a table', 'ALTER TABLE days EXECUTE optimize'],
    [
      'a type Iceberg lacks',
      "CREATE TABLE a.b (c smallint) LOCATION 's3://lake/b' TBLPROPERTIES ('table_type'='ICEBERG')",
    ],
    ['a table without a place', "CREATE TABLE a.b (c int) TBLPROPERTIES ('table_type'='ICEBERG')"],
    [
      'an unknown property',
      "CREATE TABLE a.b (c int) LOCATION 's3://lake/b' TBLPROPERTIES ('table_type'='ICEBERG', 'colour'='red')",
    ],
    ['a statement that is too long', `SELECT '${'x'.repeat(262_144)}'`],
  ])('refuses %s', async (_name, sql) => {
    await expect(start(sql)).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });

  it('fails a statement as Athena does, and has no results of it', async () => {
    const { id, State, StateChangeReason, AthenaError } = await run('SELECT nothing');
    expect([State, AthenaError?.ErrorCategory]).toEqual(['FAILED', 2]);
    expect(StateChangeReason).toMatch(/^COLUMN_NOT_FOUND: /);
    await expect(client.send(new GetQueryResultsCommand({ QueryExecutionId: id }))).rejects.toThrow(
      'FAILED',
    );
  });

  it('cancels what reads more than its workgroup allows', async () => {
    await table('large');
    await done(`INSERT INTO large VALUES (1, TIMESTAMP '2026-01-01 00:00:00', 1e0, 'x')`);
    const { State, StateChangeReason } = await run('SELECT * FROM large', { WorkGroup: 'thrifty' });
    expect([State, StateChangeReason]).toEqual([
      'CANCELLED',
      expect.stringContaining('Bytes scanned limit was exceeded'),
    ]);
    const { WorkGroup } = await client.send(new GetWorkGroupCommand({ WorkGroup: 'thrifty' }));
    expect(WorkGroup?.Configuration?.BytesScannedCutoffPerQuery).toBe(100);
  });

  it('throttles, conflicts, hangs and does things in parts when it is told to', async () => {
    athena.inject({ kind: 'throttle' });
    await expect(start('SELECT 1')).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    athena.inject({ kind: 'commit-conflict', matching: /^SELECT 2/ });
    expect((await run('SELECT 2')).StateChangeReason).toContain('ICEBERG_COMMIT_ERROR');
    await table('parted');
    athena.inject({ kind: 'more-runs', matching: /^VACUUM/ });
    const part = await run(`VACUUM ${trino.schema}.parted`);
    expect([part.State, part.AthenaError?.ErrorCategory]).toEqual(['FAILED', 2]);
    expect(part.StateChangeReason).toMatch(
      /^ICEBERG_VACUUM_MORE_RUNS_NEEDED: Removed 20000 files /,
    );
    await done(`VACUUM ${trino.schema}.parted`);
    athena.inject({ kind: 'never-ends' });
    const id = await start('SELECT 3');
    await until(
      () => client.send(new GetQueryExecutionCommand({ QueryExecutionId: id })),
      ({ QueryExecution }) => QueryExecution?.Status?.State === 'RUNNING',
    );
    await client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
    expect((await ended(id))?.Status?.State).toBe('CANCELLED');
    await done('SELECT 2');
  });
});
