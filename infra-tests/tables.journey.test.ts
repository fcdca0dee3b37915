import { caller, until } from './support/api';
import { openHome } from './support/home';
import { registerWine, wineBody } from './support/wine';

describe('from a prediction to SQL', () => {
  it('finds each prediction as a row, its label in it, over HTTP alone', async () => {
    const home = await openHome();
    const { operator, url } = home;
    const model = await registerWine(operator, 'remembered');
    await operator('/api/services', {
      body: {
        name: 'remembered',
        auth: false,
        versions: { v1: { model: { name: 'remembered', version: model } } },
      },
    });
    const sql = (text: string) => operator('/api/query', { body: { sql: text } });
    const empty = await sql('SELECT * FROM inference.remembered');
    expect(empty).toMatchObject({ status: 200, body: { rows: [] } });

    await until(
      () => operator('/api/services/remembered'),
      ({ body }) => body.status === 'running',
    );
    const answered = await caller(url)('/services/remembered/predict', { body: wineBody });
    expect(answered.status).toBe(200);
    const id = answered.headers.get('x-request-id');
    const rows = await until(
      () =>
        sql(`SELECT example_id, alcohol, prediction FROM inference.remembered
             WHERE request_id = '${id}' ORDER BY row_index`),
      ({ body }) => body.rows.length > 0,
    );
    const at = wineBody.dataframe_split.columns.indexOf('alcohol');
    expect(rows.body.rows).toEqual(
      wineBody.dataframe_split.data.map((row, i) => [
        `${id}-${i}`,
        row[at],
        answered.body.predictions[i],
      ]),
    );
    const labels = await operator('/services/remembered/labels', {
      body: {
        labels: [
          { example_id: `${id}-0`, label: 7 },
          { request_id: id, row: 1, label: 4.5 },
        ],
      },
    });
    expect(labels).toMatchObject({ status: 202, body: { accepted: 2 } });
    const labelled = `SELECT label FROM inference.remembered WHERE request_id = '${id}' ORDER BY row_index`;
    const found = await until(
      () => sql(labelled),
      ({ body }) => body.rows[0]?.[0] !== null,
    );
    expect(found.body.rows.slice(0, 3)).toEqual([[7], [4.5], [null]]);
    const again = await operator('/services/remembered/labels', {
      body: { labels: [{ request_id: id, row: 1, label: 5 }] },
    });
    expect(again.body.batch_id).not.toBe(labels.body.batch_id);
    const refreshed = await operator('/api/services/remembered/tables/refresh', { method: 'POST' });
    expect(refreshed).toMatchObject({ status: 200, body: { status: 'succeeded' } });
    expect((await sql(labelled)).body.rows.slice(0, 3)).toEqual([[7], [5], [null]]);
    await home.close();
  }, 60_000);
});
