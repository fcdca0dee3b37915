import { caller, until } from './support/api';
import { buildTables, freshName, type Home, openHome } from './support/home';
import { example, registerWine, wineBody } from './support/wine';

describe('from a prediction to what is known of it', () => {
  const name = freshName('known');
  let home: Home;
  const path = `/api/services/${name}/requests`;
  let predicted: { readonly request_id: string };
  let compared: { readonly request_id: string };
  beforeAll(async () => {
    home = await openHome();
    const version = await registerWine(home.operator, name);
    await registerWine(home.operator, name, true);
    const versions = { v1: { model: { name, version } }, v2: { model: { name, version: 2 } } };
    await home.operator('/api/services', { body: { name, auth: false, versions } });
    await until(
      () => home.operator(`/api/services/${name}`),
      ({ body }) => body.status === 'running',
    );
    const predict = (body: unknown, path = 'predict') =>
      caller(home.url)(`/services/${name}/${path}`, { body });
    predicted = (await predict({ ...wineBody, client_request_id: 'find me' })).body;
    await predict({ instances: [] });
    await predict('not JSON');
    compared = (await predict(wineBody, 'compare')).body;
  }, 60_000);
  afterAll(() => home.close());

  /** What is answered once it is in the tables. */
  const known = async (path: string, atLeast = 1): ReturnType<Home['operator']> => {
    const isKnown = ({ status, body }: Awaited<ReturnType<Home['operator']>>) =>
      status === 200 && (body.items?.length ?? atLeast) >= atLeast;
    const asked = await home.operator(path);
    if (home.isPrompt || isKnown(asked)) return asked;
    return until(
      async () => {
        await buildTables(home, name);
        return home.operator(path);
      },
      isKnown,
      180_000,
    );
  };

  it('finds a request again by its id and by the id the caller gave it', async () => {
    const found = await known(`${path}/${predicted.request_id}`);
    expect(found).toMatchObject({
      status: 200,
      body: { status_code: 200, client_request_id: 'find me', row_count: example.data.length },
    });
    expect(JSON.parse(found.body.request).dataframe_split).toEqual(wineBody.dataframe_split);
    expect(JSON.parse(found.body.response)).toEqual(predicted);
    const listed = await known(`${path}?client_request_id=find%20me`);
    expect(listed.body.items).toMatchObject([{ request_id: predicted.request_id }]);
  }, 240_000);

  it('finds what was refused', async () => {
    const { body } = await known(`${path}?status=400`, 2);
    expect(body.items).toMatchObject([{ role: 'primary' }, { role: 'primary' }]);
  }, 240_000);

  it('finds what each version answered for a comparison, under the id answered', async () => {
    const { body } = await known(`${path}?primary_request_id=${compared.request_id}`, 2);
    expect(body.items).toMatchObject([{ role: 'compare' }, { role: 'compare' }]);
  }, 240_000);

  it('writes down who looked', async () => {
    const { body } = await home.operator('/api/audit?limit=50');
    const actions = body.items.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(expect.arrayContaining(['getRequest', 'findRequests']));
  });
});
