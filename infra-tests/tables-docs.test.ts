import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describedOf } from '../adapters/aws/athena/testing/described';
import { openTrinoTables } from '../adapters/aws/athena/testing/trino-tables';
import { scanText } from '../cli/tables/scan-cost';
import {
  BEFORE_FEATURES,
  BEHIND_FEATURES,
  ERRORS,
  LABELS,
  REQUESTS,
} from '../core/tables/fixed-columns';
import type { TableColumn } from '../core/tables/table-column';
import { type Caller, caller, until } from './support/api';
import { type Running, startPlatform } from './support/platform';
import { describePython } from './support/python';
import { expected, wineBody } from './support/wine';
import { describeTrino } from './trino/describe-trino';
import { installedJava } from './trino/install';

const READER_MS = 100_000;
const root = resolve(__dirname, '..');
const text = readFileSync(join(root, 'docs/tables.md'), 'utf8');
const blocks = [...text.matchAll(/^```([^\n]+)\n([\s\S]*?)^```$/gm)].map(
  ([, info = '', code = '']) => ({ info, code }),
);
const only = (info: string): string => {
  const [found, ...others] = blocks.filter((block) => block.info === info);
  expect([found?.info, others]).toEqual([info, []]);
  return found?.code ?? '';
};

describe('docs/tables.md', () => {
  const plain = (name: string): TableColumn => ({ name, type: 'string' });
  it.each<[string, readonly TableColumn[], readonly TableColumn[]]>([
    ['inference.requests', REQUESTS, []],
    [
      'inference.<service>',
      [...BEFORE_FEATURES, ...BEHIND_FEATURES],
      [plain('prediction'), plain('label')],
    ],
    ['inference.<service>_errors', ERRORS, []],
    ['inference.labels', LABELS, []],
  ])('has every column of %s with its type, and no other', (table, columns, untyped) => {
    const [, section = ''] = text.split(`\n## \`${table}\`\n`);
    const [own = ''] = section.split(/^##/m);
    const said = [...own.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name, type]) => [
      name,
      type,
    ]);
    const typed = new Map(said as [string, string][]);
    const missing = columns.filter(({ name, type }) => typed.get(name) !== type);
    expect(missing).toEqual([]);
    const known = [...columns, ...untyped].map(({ name }) => name);
    expect(new Set(typed.keys())).toEqual(new Set(known));
  });
});

describe('what docs/tables.md asks', () => {
  let platform: Running;
  let operator: Caller;
  const onData = (code: string): string => code.replaceAll('.tidegate', platform.data);

  beforeAll(async () => {
    const manifest = readFileSync(join(root, 'tidegate.yaml'), 'utf8');
    platform = await startPlatform({ manifest });
    operator = caller(platform.url, platform.token);
    const send = (path: string, headers = {}, body: unknown = wineBody) =>
      operator(`/services/wine/${path}`, { body, headers });
    expect((await send('predict')).status).toBe(200);
    expect((await send('predict', { 'x-tidegate-version': 'v2' })).status).toBe(200);
    expect((await send('compare')).status).toBe(200);
    expect((await send('predict', {}, { inputs: {} })).status).toBe(400);
    const { dataframe_split } = wineBody;
    const at = dataframe_split.columns.indexOf('alcohol');
    const [row = []] = dataframe_split.data;
    const strong = row.map((cell, i) => (i === at ? 40 : cell));
    const body = { dataframe_split: { ...dataframe_split, data: [strong] } };
    expect((await send('predict', {}, body)).status).toBe(200);
    await operator('/api/services/wine/tables/refresh', { method: 'POST' });
  }, 60_000);
  afterAll(async () => {
    expect(await platform.stop()).toBe(0);
  });

  const asked = blocks.filter(({ info }) => info.startsWith('sql run'));
  it.each(asked.map(({ info, code }, i) => [`${i + 1}`, info, code]))(
    'question %s is answered (%s)',
    async (_, info, sql) => {
      const { status, body } = await operator('/api/query', { body: { sql } });
      expect({ status, detail: body.detail }).toEqual({ status: 200 });
      // Without labels there is nothing to say about them.
      if (!info.endsWith('labels')) expect(body.rows.length).toBeGreaterThan(0);
    },
  );

  it('are ten questions, whose answers are right where that is known', async () => {
    expect(asked).toHaveLength(10);
    const sql = asked[3]?.code ?? '';
    const { body } = await operator('/api/query', { body: { sql } });
    const v2 = body.rows.find((row: readonly unknown[]) => row[1] === 'v2');
    expect(v2[2]).toBe(expected.predictions.length);
    const outside = await operator('/api/query', { body: { sql: asked[4]?.code } });
    expect(outside.body.rows.map((row: readonly unknown[]) => row[2])).toContain(40);
  });

  it('is found in the files by DuckDB, too', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const read = await connection.runAndReadAll(onData(only('sql duckdb')));
    const total = 'SELECT count(*) FROM inference.wine';
    const rows = await until(
      () => operator('/api/query', { body: { sql: total } }),
      ({ body }) => body.rows[0][0] > 0,
    );
    const counted = read.getRowsJson().reduce((sum, row) => sum + Number(row[1]), 0);
    expect(counted).toBe(rows.body.rows[0][0]);
    connection.closeSync();
    instance.closeSync();
  });

  describePython('with Python', (python) => {
    const meansSaidBy = (code: string, env = {}): ReadonlyMap<string, number> => {
      const ran = spawnSync(python, ['-c', onData(code)], {
        ...{ encoding: 'utf8', env: { ...process.env, ...env } },
        timeout: READER_MS,
      });
      expect({ status: ran.status, stderr: ran.status === 0 || ran.stderr }).toEqual({
        ...{ status: 0, stderr: true },
      });
      const lines = ran.stdout.matchAll(/^\W*(v\d)\W+(\d\.\d+)\W*$/gm);
      return new Map([...lines].map(([, version = '', mean]) => [version, Number(mean)]));
    };
    let means: ReadonlyMap<string, number>;

    beforeAll(async () => {
      const sql = 'SELECT service_version, avg(prediction) FROM inference.wine GROUP BY ALL';
      const { body } = await operator('/api/query', { body: { sql } });
      means = new Map(body.rows);
      expect(new Set(means.keys())).toEqual(new Set(['v1', 'v2']));
    });
    const expectMeans = (said: ReadonlyMap<string, number>): void => {
      expect(new Set(said.keys())).toEqual(new Set(means.keys()));
      for (const [version, mean] of means) expect(said.get(version)).toBeCloseTo(mean, 4);
    };

    it.each(['pandas', 'polars'])('is found in the files by %s', (reader) => {
      expectMeans(meansSaidBy(only(`python ${reader}`)));
    });

    it('is found in the files by Spark', async () => {
      const session = `from pyspark.sql import SparkSession
spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
  .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1").getOrCreate())`;
      const JAVA_HOME = dirname(dirname(await installedJava('406')));
      expectMeans(meansSaidBy(`${session}\n${only('python spark')}`, { JAVA_HOME }));
    }, 120_000);
  });
});

/** Cells of the table that begins behind a sentence. */
const tableBehind = (sentence: string): readonly (readonly string[])[] => {
  const [, rest = ''] = text.split(`${sentence}\n\n`);
  const [lines = ''] = rest.split('\n\n');
  return lines
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')));
};

it('says what statements cost as the command line does', () => {
  const costs = tableBehind('a day of rows is 49 MB):');
  expect(costs.length).toBeGreaterThan(0);
  for (const [, reads = '', bills = ''] of costs) {
    const [amount, unit] = reads.split(' ');
    const told = scanText(Number(amount) * (unit === 'GB' ? 1e9 : 1e6));
    expect({ reads, told }).toEqual({ reads, told: expect.stringContaining(`(${bills})`) });
  }
});

/** A prediction, as a table in both dialects. */
const ROW = `(SELECT 'r-1' AS request_id, 0 AS row_index, 'v1' AS service_version,
  TIMESTAMP '2026-11-20 10:50:00' AS request_time, TIMESTAMP '2026-11-20 13:10:00' AS labelled_at,
  DATE '2026-11-20' AS request_date, CAST(5.25 AS double) AS prediction, CAST(6 AS double) AS label,
  '{"predictions":[5.25,7]}' AS response, '{"red":0.75}' AS probabilities, ARRAY[1, 2] AS scores,
  3 AS "rows")`;

describeTrino(
  'what docs/tables.md asks in Athena',
  (trino) => {
    let tables: Awaited<ReturnType<typeof openTrinoTables>>;
    const run = (sql: string) => {
      const { database } = tables.places;
      const placed = sql
        .replaceAll(/\b(?:inference|analytics)\./g, `${database}.`)
        .replace('2026-11-20 08:00:00 UTC', () => asOf);
      return tables.run(placed);
    };
    let asOf = '';

    beforeAll(async () => {
      const inputs = { alcohol: 'double', pH: 'double' } as const;
      const taught = { model: 'wine', version: 1, inputs };
      tables = await openTrinoTables(trino, await describedOf({ wine: [taught] }));
      await run(`INSERT INTO inference.requests (request_id, request_time, request_date, service, service_version,
          requester, role, status_code, execution_duration_ms, row_count, request, response)
        VALUES ('r-1', localtimestamp, current_date, 'wine', 'v1', 'key-1', 'primary', 200, 1.5, 1,
          '{"dataframe_split":{"columns":["alcohol"],"data":[[9.5]]}}', '{"predictions":[5.25]}')`);
      await run(`INSERT INTO inference.wine (example_id, request_id, row_index, client_request_id, request_time,
          request_date, service_version, requester, role, prediction, label, labelled_at)
        VALUES ('r-1-0', 'r-1', 0, 'order-1', localtimestamp, current_date, 'v1', 'key-1', 'primary', 5.25, 6, localtimestamp),
          ('r-0-0', 'r-0', 0, null, TIMESTAMP '2026-11-19 10:00:00', DATE '2026-11-19', 'v1', 'key-1', 'replay', 5, null, null)`);
      await run(
        `CREATE TABLE inference.orders AS SELECT * FROM (VALUES ('order-1', 'north')) AS o (order_id, region)`,
      );
      const { rows } = await run(`SELECT to_iso8601(current_timestamp AT TIME ZONE 'UTC')`);
      asOf = `${rows[0]?.[0]}`.replace('T', ' ').replace('Z', ' UTC');
      // What comes later is not to be seen as of then.
      await run(`INSERT INTO inference.wine (example_id, request_date, prediction)
        VALUES ('r-2-0', DATE '2026-11-19', 1)`);
    }, 120_000);
    afterAll(() => tables.close());

    const asked = blocks.filter(({ info }) => info === 'sql athena');
    const known = new Map<string, readonly (readonly unknown[])[]>([
      ['analytics.orders', [['north', '1', 5.25]]],
      ['FOR TIMESTAMP', [['1', '0']]],
      ['AS hours', [['v1', '1', '1', 0.75, 0.75, '0']]],
      ['AS first_cell', [['r-1', '9.5', [5.25]]]],
    ]);
    it.each(asked.map(({ code }, i) => [`${i + 1}`, code]))(
      'question %s is answered, rightly where the answer is known',
      async (_, sql) => {
        const { rows } = await run(sql);
        const [, answer] = [...known].find(([words]) => sql.includes(words)) ?? [];
        if (answer) expect(rows).toEqual(answer);
        else if (!sql.startsWith('CREATE')) expect(rows.length).toBeGreaterThan(0);
      },
    );

    it('has an answer of each kind that is known', () => {
      const words = [...known.keys()];
      expect(words.filter((one) => !asked.some(({ code }) => code.includes(one)))).toEqual([]);
      expect(asked.length).toBeGreaterThan(words.length);
    });

    /** Numbers and times are written in more than one way. */
    const plain = (value: unknown): string => {
      const written = JSON.stringify(value).replaceAll('"', '');
      return written.replaceAll(/(\.\d*?)0+(?!\d)/g, '$1').replaceAll(/\.(?!\d)/g, '');
    };
    const asOne = (expressions: readonly string[]): string =>
      `SELECT ${expressions.map((one) => `(SELECT ${one} FROM ${ROW} AS one)`).join(',\n')}`;

    it('has words that mean the same in both homes', async () => {
      const same = tableBehind('so a statement made of them runs in both:');
      const other = tableBehind('These differ:');
      expect([same.length > 10, other.length > 10]).toEqual([true, true]);
      const inDuck = [...same, ...other].map(([, duck = '']) => duck);
      const inAthena = [...same, ...other].map((cells) => cells.at(-1) ?? '');
      const instance = await DuckDBInstance.create(':memory:');
      const connection = await instance.connect();
      const [ours = []] = (await connection.runAndReadAll(asOne(inDuck))).getRowsJson();
      connection.closeSync();
      instance.closeSync();
      const [theirs = []] = (await tables.run(asOne(inAthena))).rows;
      const pairs = (values: readonly unknown[]) =>
        inAthena.map((expression, i) => [expression, plain(values[i])]);
      expect(pairs(theirs)).toEqual(pairs(ours));
    });
  },
  ['406'],
);
