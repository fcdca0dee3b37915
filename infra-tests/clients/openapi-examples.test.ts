import { type Caller, caller } from '../support/api';
import { type Running, startPlatform } from '../support/platform';

interface Media {
  readonly schema: { readonly examples?: readonly unknown[] };
}

const WINE = `services:
  wine: { versions: { v1: { model: ./examples/wine/model } }, keys: [try] }
`;

describe('examples in the OpenAPI document', () => {
  let platform: Running;
  let call: Caller;

  beforeAll(async () => {
    platform = await startPlatform({ manifest: WINE });
    call = caller(platform.url, platform.key('wine', 'try'));
  }, 60_000);
  afterAll(() => platform.stop());

  it.each([
    ['/services/{service}/predict', 'application/json'],
    ['/services/{service}/predict', 'text/csv'],
    ['/services/{service}/invocations', 'application/json'],
    ['/services/{service}/compare', 'application/json'],
    ['/services/{service}/v2/models/{model}/infer', 'application/json'],
  ])('are answered by the wine of `npm start`: POST %s, %s', async (path, type) => {
    const { body } = await call('/openapi.json');
    const media: Media = body.paths[path].post.requestBody.content[type];
    const examples = media.schema.examples ?? [];
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const url = path.replaceAll(/\{\w+\}/g, 'wine');
      const headers = { 'content-type': type };
      expect(await call(url, { body: example, headers })).toMatchObject({ status: 200 });
    }
  });
});
