import { DuckDBInstance } from '@duckdb/node-api';
import { describedOf } from '../../adapters/aws/athena/testing/described';
import { openTrinoTables } from '../../adapters/aws/athena/testing/trino-tables';
import { scanText } from '../../cli/tables/scan-cost';
import { blocks, tableBehind } from '../support/tables-doc';
import { describeTrino } from '../trino/describe-trino';

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
