import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { caller, until } from '../support/api';
import { type Running, startPlatform } from '../support/platform';
import {
  csv,
  env,
  lists,
  manifest,
  record,
  split,
  tensors,
  VALUES,
  wineRecord,
} from './policed-services';

const NO_TRACE = [
  VALUES.HASHED,
  VALUES.MASKED,
  VALUES.DROPPED,
  VALUES.ALCOHOL,
  VALUES.PH,
  VALUES.DENSITY,
].map(String);

/** Every file under a folder. */
const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describe('columns under a capture policy, once they are in the tables', () => {
  let running: Running;
  const sql = async (text: string) => {
    const operator = caller(running.url, running.token);
    const answer = await operator('/api/query', { body: { sql: text } });
    expect(answer).toMatchObject({ status: 200 });
    return answer.body.rows;
  };

  beforeAll(async () => {
    running = await startPlatform({ manifest, env });
    for (const [service, one] of [
      ['omega', record(1, 2)],
      ['beta', wineRecord],
    ] as const) {
      const call = caller(running.url, running.key(service, 'first'));
      const predict = `/services/${service}/predict`;
      // One that pretends that a column holds hashes already.
      const { dataframe_split: table } = split(one);
      const pretended = { dataframe_split: { ...table, hashed: ['a', 'pH'] } };
      for (const answer of await Promise.all([
        call(predict, { body: split(one) }),
        call(predict, { body: pretended }),
        call(predict, { body: { dataframe_records: [one] } }),
        call(predict, { body: { instances: [one] } }),
        call(predict, { body: lists(one) }),
        call(predict, { body: csv(one), headers: { 'content-type': 'text/csv' } }),
        call(`/services/${service}/v2/models/${service}/infer`, { body: tensors(one) }),
      ])) {
        expect(answer).toMatchObject({ status: 200 });
      }
      const refused = await call(predict, {
        body: { dataframe_records: [{ ...one, a: 'x', pH: 'x' }] },
      });
      expect(refused.status).toBe(400);
    }
    await until(
      () => sql('SELECT count(*) FROM inference.requests'),
      ([[count]]) => count === 16,
    );
  }, 60_000);
  afterAll(async () => {
    expect(await running.stop()).toBe(0);
  });

  it('are null, and a hashed one has its hash beside it', async () => {
    expect(
      await sql(`SELECT a, b, hashed, masked, dropped, count(DISTINCT hashed_hash), min(length(hashed_hash)), count(*)
                 FROM inference.omega GROUP BY 1, 2, 3, 4, 5`),
    ).toEqual([[1, 2, null, null, null, 1, 64, 7]]);
    const plain = await sql(`SELECT alcohol, ph, density, count(DISTINCT alcohol_hash), count(*)
      FROM inference.beta WHERE sulphates IS NOT NULL GROUP BY 1, 2, 3`);
    expect(plain).toEqual([[null, null, null, 1, 7]]);
    const errors = await sql('SELECT count(*) FROM inference.omega_errors');
    expect(errors).toEqual([[0]]);
  });

  it('have the HMAC of the value’s JSON text under the installation’s key', async () => {
    const [[hash]] = await sql('SELECT DISTINCT hashed_hash FROM inference.omega');
    const keys = filesOf(join(running.data, 'secrets')).map((file) =>
      readFileSync(file, 'utf8').trim(),
    );
    const hashes = keys.map((key) =>
      createHmac('sha256', key).update(JSON.stringify(VALUES.HASHED)).digest('hex'),
    );
    expect(hashes).toContain(hash);
  });

  it('leave no trace of a value in any file: log, parts, drafts, databases', async () => {
    const leaks = () =>
      filesOf(running.data).flatMap((file) => {
        const text = readFileSync(file, 'latin1');
        return NO_TRACE.filter((value) => text.includes(value)).map(
          (value) => `${value} in ${relative(running.data, file)}`,
        );
      });
    expect(leaks()).toEqual([]);
    // Parts are compressed: what they hold is asked for, too.
    const bodies = await sql('SELECT request, response FROM inference.requests');
    const rows = [
      await sql('SELECT * FROM inference.omega'),
      await sql('SELECT * FROM inference.beta'),
    ];
    const errors = await sql(
      'SELECT * FROM inference.omega_errors UNION ALL SELECT * FROM inference.beta_errors',
    );
    const all = JSON.stringify([bodies, rows, errors]);
    expect(all.length).toBeGreaterThan(5_000);
    expect(NO_TRACE.filter((value) => all.includes(value))).toEqual([]);
    expect(filesOf(join(running.data, 'tables')).length).toBeGreaterThanOrEqual(3);
  });
});
