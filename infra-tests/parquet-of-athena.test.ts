import { createReadStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AthenaClient } from '@aws-sdk/client-athena';
import { athenaQueries } from '../adapters/aws/athena/athena-queries';
import { sqliteRecordStore } from '../adapters/embedded/sqlite-record-store';
import { csvParts } from '../cli/tables/csv-parts';
import { parquetOfCsv } from '../cli/tables/parquet-of-csv';
import { readParquet } from '../cli/testing/read-parquet';
import { temporaryFolder } from './support/platform';
import { type Athena, startAthena } from './trino/athena';
import { describeTrino } from './trino/describe-trino';

const now = () => new Date();

/** A value in Trino's SQL, the type it has in Parquet by DuckDB's name, and the value there as text. */
const VALUES = {
  truth: ['true', 'BOOLEAN', 'true'],
  tiny: ["TINYINT '-128'", 'TINYINT', '-128'],
  small: ["SMALLINT '32767'", 'SMALLINT', '32767'],
  whole: ['-2147483648', 'INTEGER', '-2147483648'],
  big: ['9223372036854775807', 'BIGINT', '9223372036854775807'],
  single: ["REAL '0.1'", 'FLOAT', '0.1'],
  double_: ['1e-7', 'DOUBLE', '1e-07'],
  none: ['nan()', 'DOUBLE', 'nan'],
  endless: ['-infinity()', 'DOUBLE', '-inf'],
  money: ["DECIMAL '-12345678.90'", 'DECIMAL(10,2)', '-12345678.90'],
  large: ["DECIMAL '99999999999999999999999999999999999999'", 'DECIMAL(38,0)', '9'.repeat(38)],
  day: ["DATE '2026-11-20'", 'DATE', '2026-11-20'],
  clock: ["TIME '23:59:59.999'", 'TIME', '23:59:59.999'],
  time: ["TIMESTAMP '2026-11-20 10:00:00.123456'", 'TIMESTAMP', '2026-11-20 10:00:00.123456'],
  utc: [
    "TIMESTAMP '2026-11-20 10:00:00.500 UTC'",
    'TIMESTAMP WITH TIME ZONE',
    '2026-11-20 10:00:00.5+00',
  ],
  place: [
    "TIMESTAMP '2026-11-20 10:00:00 Europe/Berlin'",
    'TIMESTAMP WITH TIME ZONE',
    '2026-11-20 09:00:00+00',
  ],
  offset: [
    "TIMESTAMP '2026-11-20 10:00:00 +05:30'",
    'TIMESTAMP WITH TIME ZONE',
    '2026-11-20 04:30:00+00',
  ],
  bytes: ["X'00FF61'", 'BLOB', '\\x00\\xFFa'],
  text: ['U&\'a,"b"\\000A\\000Dc \'', 'VARCHAR', 'a,"b"\n\rc '],
  empty: ["''", 'VARCHAR', ''],
  padded: ["CAST('x' AS char(3))", 'VARCHAR', 'x  '],
  list: ["ARRAY['x', NULL, 'y, z']", 'VARCHAR', '[x, null, y, z]'],
  pairs: ['MAP(ARRAY[1], ARRAY[2.5])', 'VARCHAR', '{1=2.5}'],
  parts: ['CAST(ROW(1, NULL) AS row(a integer, b varchar))', 'VARCHAR', '{a=1, b=null}'],
  tree: ['JSON \'{"a":["b"]}\'', 'VARCHAR', '{"a":["b"]}'],
  long: ["INTERVAL '2' DAY", 'VARCHAR', '2 00:00:00.000'],
} as const;

describeTrino(
  'Parquet of what a query has left',
  (trino) => {
    const folder = temporaryFolder();
    let emulation: Athena;
    let athena: AthenaClient;

    beforeAll(async () => {
      mkdirSync(join(folder, 'results'));
      emulation = await startAthena({
        trino,
        buckets: { results: join(folder, 'results') },
        workGroups: { queries: { output: 's3://results/' } },
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

    const parquetOf = async (sql: string) => {
      const store = sqliteRecordStore(':memory:', { now });
      const queries = athenaQueries({
        ...{ athena, store, now },
        ...{ database: trino.schema, workGroup: 'queries' },
      });
      const id = await queries.startQuery(sql, 1);
      const state = await queries.queryState(id, 30_000);
      if (state?.status !== 'succeeded') throw new Error(JSON.stringify(state));
      const place = join(folder, id);
      mkdirSync(place);
      const parts = await csvParts(createReadStream(join(folder, `results/${id}.csv`)), place);
      const parquet = join(place, 'result.parquet');
      const never = new AbortController().signal;
      await parquetOfCsv({ parts, parquet }, state.result.columns, never);
      return readParquet(parquet);
    };

    it('has the types and values of the query, and nulls of every type', async () => {
      const entries = Object.entries(VALUES);
      const values = entries.map(([name, [sql]]) => `${sql} AS ${name}`).join(', ');
      const nulls = entries.map(([name]) => `IF(false, ${name})`).join(', ');
      const sql = `WITH one AS (SELECT ${values}) SELECT * FROM one UNION ALL SELECT ${nulls} FROM one`;
      const { columns, rows } = await parquetOf(sql);
      expect(columns).toEqual(entries.map(([name, [, type]]) => [name, type]));
      expect(rows).toHaveLength(2);
      expect(rows).toContainEqual(entries.map(([, [, , value]]) => value));
      expect(rows).toContainEqual(entries.map(() => null));
    });

    it('has the columns alone of a query without rows, and apart those of one name', async () => {
      const sql = "SELECT 1 AS a, DECIMAL '1.5' AS a, NULL AS b WHERE false";
      expect(await parquetOf(sql)).toEqual({
        columns: [
          ['a', 'INTEGER'],
          ['a_1', 'DECIMAL(2,1)'],
          ['b', 'VARCHAR'],
        ],
        rows: [],
      });
    });
  },
  ['406'],
);
