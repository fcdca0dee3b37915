import { caller, until } from './support/api';
import { buildTables, freshName, openHome } from './support/home';
import { registerWine, wineBody } from './support/wine';

/** Where what was captured is not delivered at once. */
const MINUTES = 180_000;

describe('from a prediction to SQL', () => {
  it('finds each prediction as a row, its label in it, over HTTP alone', async () => {
    const home = await openHome();
    const { operator, url } = home;
    const service = freshName('remembered');
    const table = `inference.${service.replaceAll('-', '_')}`;
    const version = await registerWine(operator, service);
    const versions = { v1: { model: { name: service, version } } };
    await operator('/api/services', { body: { name: service, auth: false, versions } });
    const sql = (text: string) => operator('/api/query', { body: { sql: text } });
    await until(
      () => operator(`/api/services/${service}`),
      ({ body }) => body.status === 'running',
    );
    // On AWS tables are made beside the service, within seconds.
    const empty = await until(
      () => sql(`SELECT * FROM ${table}`),
      ({ status }) => home.isPrompt || status === 200,
    );
    expect(empty).toMatchObject({ status: 200, body: { rows: [] } });

    const answered = await caller(url)(`/services/${service}/predict`, { body: wineBody });
    expect(answered.status).toBe(200);
    const id = answered.headers.get('x-request-id');
    const asked = `FROM ${table} WHERE request_id = '${id}' ORDER BY row_index`;
    const rows = await until(
      async () => {
        await buildTables(home, service);
        return sql(`SELECT example_id, alcohol, prediction ${asked}`);
      },
      ({ body }) => body.rows.length > 0,
      MINUTES,
    );
    const at = wineBody.dataframe_split.columns.indexOf('alcohol');
    expect(rows.body.rows).toEqual(
      wineBody.dataframe_split.data.map((row, i) => [
        `${id}-${i}`,
        row[at],
        answered.body.predictions[i],
      ]),
    );
    const labels = await operator(`/services/${service}/labels`, {
      body: {
        labels: [
          { example_id: `${id}-0`, label: 7 },
          { request_id: id, row: 1, label: 4.5 },
          { request_id: id, row: 1, name: 'sold', label: true },
        ],
      },
    });
    expect(labels).toMatchObject({ status: 202, body: { accepted: 3 } });
    const labelled = `SELECT label, sold ${asked}`;
    const found = await until(
      async () => {
        await buildTables(home, service);
        return sql(labelled);
      },
      // Until a build has begun after the labels came, there is no column for an outcome.
      ({ status, body }) => status === 200 && body.rows[0]?.[0] !== null,
      MINUTES,
    );
    expect(found.body.rows.slice(0, 3)).toEqual([
      [7, null],
      [4.5, true],
      [null, null],
    ]);
    const again = await operator(`/services/${service}/labels`, {
      body: { labels: [{ request_id: id, row: 1, label: 5 }] },
    });
    expect(again.body.batch_id).not.toBe(labels.body.batch_id);
    await buildTables({ ...home, isPrompt: false }, service);
    expect((await sql(labelled)).body.rows.slice(0, 3)).toEqual([
      [7, null],
      [5, true],
      [null, null],
    ]);
    await home.close();
  }, 240_000);
});
