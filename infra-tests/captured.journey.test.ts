import { caller, until } from './support/api';
import { buildTables, freshName, type Home, openHome } from './support/home';
import { example, registerWine, wineBody } from './support/wine';

describe('from a prediction to what is known of it', () => {
  const name = freshName('known');
  let home: Home;
  let predict: (body: unknown, path?: string) => ReturnType<Home['operator']>;
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
    predict = (body, path = 'predict') => caller(home.url)(`/services/${name}/${path}`, { body });
  }, 60_000);
  afterAll(() => home.close());

  /** What is answered once all that has arrived is in the tables. */
  const known = async (
    ask: () => ReturnType<Home['operator']>,
    atLeast = 1,
  ): ReturnType<Home['operator']> => {
    if (home.isPrompt) return ask();
    return until(
      async () => {
        await buildTables(home, name);
        return ask();
      },
      ({ status, body }) => status === 200 && (body.items?.length ?? atLeast) >= atLeast,
      180_000,
    );
  };

  it('finds a request again by its id and by the id the caller gave it', async () => {
    const { body } = await predict({ ...wineBody, client_request_id: 'find me' });
    await predict({ instances: [] });
    await predict('not JSON');
    const path = `/api/services/${name}/requests`;
    const found = await known(() => home.operator(`${path}/${body.request_id}`));
    expect(found).toMatchObject({
      status: 200,
      body: { status_code: 200, client_request_id: 'find me', row_count: example.data.length },
    });
    expect(JSON.parse(found.body.request).dataframe_split).toEqual(wineBody.dataframe_split);
    expect(JSON.parse(found.body.response)).toEqual(body);
    const listed = await home.operator(`${path}?client_request_id=find%20me`);
    expect(listed.body.items).toMatchObject([{ request_id: body.request_id }]);
    const refusals = await known(() => home.operator(`${path}?status=400`), 2);
    expect(refusals.body.items.length).toBeGreaterThanOrEqual(2);
  }, 240_000);

  it('finds what each version answered for a comparison, under the id answered', async () => {
    const { body: compared } = await predict(wineBody, 'compare');
    const path = `/api/services/${name}/requests?primary_request_id=${compared.request_id}`;
    const { body } = await known(() => home.operator(path), 2);
    expect(body.items).toMatchObject([{ role: 'compare' }, { role: 'compare' }]);
  }, 240_000);

  it('writes down who looked', async () => {
    const { body } = await home.operator('/api/audit?limit=50');
    const actions = body.items.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(expect.arrayContaining(['getRequest', 'findRequests']));
  });
});
