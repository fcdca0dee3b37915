import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '../support/platform';
import { trinoClient } from './client';
import { describeTrino } from './describe-trino';

describeTrino('a real Trino', (trino) => {
  const sql = (text: string) => trino.client().query(text);
  const rowsOf = async (text: string) => (await sql(text)).rows;

  it('keeps whole numbers, microseconds, NaN and nested values exact', async () => {
    const { rows, columns } = await sql(
      `SELECT 9007199254740993, TIMESTAMP '2026-01-01 00:00:00.123456', nan(), 1.5e0, ARRAY[9007199254740993, 2], NULL`,
    );
    expect(rows).toEqual([
      ['9007199254740993', '2026-01-01 00:00:00.123456', 'NaN', 1.5, ['9007199254740993', 2], null],
    ]);
    expect(columns.map(({ type }) => type).slice(0, 3)).toEqual([
      ...['bigint', 'timestamp(6)', 'double'],
    ]);
  });

  it('tells the name and message of what is wrong', async () => {
    await expect(sql('SELECT nothing')).rejects.toMatchObject({
      errorName: 'COLUMN_NOT_FOUND',
      message: expect.stringContaining('nothing'),
    });
  });

  it('cancels a statement', async () => {
    const stop = new AbortController();
    const endless = `SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x), UNNEST(sequence(1, 10000)) b(y), UNNEST(sequence(1, 10000)) c(z)`;
    const running = trino.client().query(endless, {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(running).rejects.toThrow('enough');
  });

  it('merges, deletes and travels in time on an Iceberg table of days', async () => {
    await sql(
      `CREATE TABLE days (id bigint, ts timestamp(6), x double) WITH (format_version = 2, partitioning = ARRAY['day(ts)'])`,
    );
    await sql(
      `INSERT INTO days VALUES (1, TIMESTAMP '2026-01-01 00:00:00', 1e0), (2, TIMESTAMP '2026-01-02 00:00:00', 2e0)`,
    );
    const [[snapshot] = []] = await rowsOf(
      'SELECT snapshot_id FROM "days$snapshots" ORDER BY committed_at DESC LIMIT 1',
    );
    const merged = await sql(
      `MERGE INTO days t USING (VALUES (2, 20e0), (3, 30e0)) s (id, x) ON t.id = s.id
       WHEN MATCHED THEN UPDATE SET x = s.x
       WHEN NOT MATCHED THEN INSERT (id, ts, x) VALUES (s.id, TIMESTAMP '2026-01-03 00:00:00', s.x)`,
    );
    expect(merged.updateCount).toBe(2);
    await sql('DELETE FROM days WHERE id = 1');
    const now = await sql('SELECT id, x FROM days ORDER BY id');
    expect(now.rows).toEqual([
      ['2', 20],
      ['3', 30],
    ]);
    expect(now.stats.physicalInputBytes).toBeGreaterThan(0);
    expect(
      await rowsOf(`SELECT id, x FROM days FOR VERSION AS OF ${snapshot} ORDER BY id`),
    ).toEqual([
      ['1', 1],
      ['2', 2],
    ]);
  });

  it('opens 100 partitions in a statement and no more', async () => {
    await sql(`CREATE TABLE many (ts timestamp(6)) WITH (partitioning = ARRAY['day(ts)'])`);
    const insert = (days: number) =>
      sql(
        `INSERT INTO many SELECT date_add('day', n, TIMESTAMP '2026-01-01 00:00:00.000000') FROM UNNEST(sequence(1, ${days})) AS u (n)`,
      );
    await expect(insert(101)).rejects.toMatchObject({
      errorName: 'ICEBERG_TOO_MANY_OPEN_PARTITIONS',
    });
    expect((await insert(100)).updateCount).toBe(100);
  });

  it('says which days a statement reads', async () => {
    await sql(`CREATE TABLE pruned (ts timestamp(6)) WITH (partitioning = ARRAY['day(ts)'])`);
    const [[plan] = []] = await rowsOf(
      `EXPLAIN (TYPE IO, FORMAT JSON) SELECT * FROM pruned WHERE ts >= TIMESTAMP '2026-02-01 00:00:00'`,
    );
    const [table] = JSON.parse(String(plan)).inputTableColumnInfos;
    expect(table.constraint.columnConstraints).toMatchObject([
      { columnName: 'ts', domain: { ranges: [{ low: { value: '2026-02-01 00:00:00.000000' } }] } },
    ]);
  });

  it('reads folders of gzip NDJSON by projected partitions, through either catalog', async () => {
    const folder = temporaryFolder();
    const place = join(folder, 'dt=2026-01-02/hour=05');
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'a.gz'), gzipSync('{"id":"a","n":9007199254740993}\n{"id":"b"}\n'));
    await trino.client({ catalog: 'hive' }).query(
      `CREATE TABLE raw (id varchar, n bigint,
         dt varchar WITH (partition_projection_type = 'date', partition_projection_format = 'yyyy-MM-dd', partition_projection_range = ARRAY['2026-01-01', 'NOW']),
         hour varchar WITH (partition_projection_type = 'integer', partition_projection_range = ARRAY['0', '23'], partition_projection_digits = 2))
       WITH (format = 'JSON', external_location = '${trino.locationOf(folder)}', partitioned_by = ARRAY['dt', 'hour'], partition_projection_enabled = true)`,
    );
    const properties = { 'hive.ignore_absent_partitions': 'true' };
    const session = { catalog: 'iceberg', schema: trino.schema, properties };
    const { rows } = await trinoClient(trino.url(), session).query(
      `SELECT id, n, dt, hour FROM raw WHERE dt BETWEEN '2026-01-01' AND '2026-01-03' ORDER BY id`,
    );
    expect(rows).toEqual([
      ['a', '9007199254740993', '2026-01-02', '05'],
      ['b', null, '2026-01-02', '05'],
    ]);
  });
});
