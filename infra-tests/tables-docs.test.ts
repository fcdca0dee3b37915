import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import {
  BEFORE_FEATURES,
  BEHIND_FEATURES,
  ERRORS,
  LABELS,
  REQUESTS,
} from '../core/tables/fixed-columns';
import type { TableColumn } from '../core/tables/table-column';
import { type Caller, caller, until } from './support/api';
import { notRun } from './support/not-run';
import { type Running, startPlatform } from './support/platform';
import { describePython } from './support/python';
import { blocks, sectionOf } from './support/tables-doc';
import { expected, wineBody } from './support/wine';
import { installedJava } from './trino/install';

const READER_MS = 100_000;
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
    const said = [...sectionOf(`\`${table}\``).matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(
      ([, name, type]) => [name, type],
    );
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
    const manifest = readFileSync(join(__dirname, '../tidegate.yaml'), 'utf8');
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
      const { status, stdout, stderr } = spawnSync(python, ['-c', onData(code)], {
        encoding: 'utf8',
        env: { ...process.env, ...env },
        timeout: READER_MS,
      });
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
      const lines = stdout.matchAll(/^\W*(v\d)\W+(\d\.\d+)\W*$/gm);
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
      const found = await installedJava('406').then(
        (java) => ({ java }),
        (error) => ({ missing: String(error) }),
      );
      if ('missing' in found) return notRun('what docs/tables.md asks with Spark', found.missing);
      const session = `from pyspark.sql import SparkSession
spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
  .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1").getOrCreate())`;
      const JAVA_HOME = dirname(dirname(found.java));
      expectMeans(meansSaidBy(`${session}\n${only('python spark')}`, { JAVA_HOME }));
    }, 900_000);
  });
});
