import { inferenceContracts } from './inference/contracts';
import { openApi } from './open-api';
import { routeEntries } from './routes';

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { in: string; name: string; required: boolean; schema: object }[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Record<string, { schema: object }>;
  };
  readonly responses: Record<string, { readonly $ref?: string; readonly content?: object }>;
  readonly security: readonly object[];
}

describe('the OpenAPI document', () => {
  const text = JSON.stringify(openApi());
  const document = JSON.parse(text);
  const paths = document.paths as Record<string, Record<string, Operation>>;
  const operation = (path: string, method: string): Operation => {
    const found = paths[path]?.[method.toLowerCase()];
    if (!found) throw new Error(`${method} ${path} is not described`);
    return found;
  };
  const described = [
    ...routeEntries.map(([name, { method, path }]) => [name, method, path] as const),
    ...Object.entries(inferenceContracts).map(
      ([name, { method, path }]) => [name, method, path] as const,
    ),
  ];

  it.each(described)('describes %s with every parameter of its path', (_name, method, path) => {
    const inPath = operation(path, method).parameters.filter((one) => one.in === 'path');
    expect(inPath.map(({ name }) => `{${name}}`).sort()).toEqual(
      (path.match(/\{\w+\}/g) ?? []).sort(),
    );
    expect(inPath.every(({ required }) => required)).toBe(true);
  });

  it('names every operation once', () => {
    const ids = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(described.length);
  });

  it('refers to nothing that is not there', () => {
    const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
    expect(references.length).toBeGreaterThan(0);
    for (const reference of new Set(references)) {
      const target = reference
        .split('/')
        .reduce<Record<string, unknown> | undefined>(
          (place, step) => place?.[step] as Record<string, unknown> | undefined,
          document,
        );
      expect([reference, typeof target]).toEqual([reference, 'object']);
    }
  });

  it('says what validation says', () => {
    const [limit] = operation('/api/services', 'GET').parameters;
    expect(limit).toMatchObject({
      name: 'limit',
      schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
    });
  });

  it('asks for a credential where one is needed, and says what comes without', () => {
    for (const [name, { method, path, access }] of routeEntries) {
      const { security, responses } = operation(path, method);
      expect([name, security.length > 0]).toEqual([name, access !== 'anyone']);
      if (access !== 'anyone')
        expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403']));
    }
  });

  it('lists the answers to bodies that are too large, of another type, or too many', () => {
    const { responses } = operation('/services/{service}/predict', 'POST');
    expect(Object.keys(responses).map(Number)).toEqual(
      expect.arrayContaining([200, 400, 401, 403, 404, 409, 413, 415, 429, 500, 502, 503, 504]),
    );
    expect(responses['413']).toEqual({ $ref: '#/components/responses/Problem413' });
    expect(document.components.responses.Problem413.content).toHaveProperty([
      'application/problem+json',
    ]);
  });

  it("gives the Open Inference Protocol's routes its own shape of errors", () => {
    const { responses } = operation('/services/{service}/v2/models/{model}/infer', 'POST');
    expect(responses).toHaveProperty(['400', 'content'], {
      'application/json': { schema: { $ref: '#/components/schemas/ProtocolError' } },
    });
  });

  it("says of readiness what is answered while it is not, in the protocol's words", () => {
    const { responses } = operation('/services/{service}/v2/health/ready', 'GET');
    expect(responses).toHaveProperty(
      ['503', 'content', 'application/json', 'schema', 'properties', 'ready', 'type'],
      'boolean',
    );
  });

  it('calls nothing readOnly, which clients would leave out of requests', () => {
    expect(text).not.toContain('readOnly');
  });

  it('says of files what they are, and what comes when there is none', () => {
    const { responses } = operation('/api/queries/{query}/result', 'GET');
    for (const type of ['text/csv', 'application/vnd.apache.parquet']) {
      expect(responses).toHaveProperty(['200', 'content', type, 'schema', 'format'], 'binary');
    }
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['404', '409', '503']));
  });

  it('says which bodies may be left out', () => {
    const required = (path: string) => operation(path, 'POST').requestBody?.required;
    expect(required('/api/services/{service}/keys/{key}/rotate')).toBe(false);
    expect(required('/api/services/{service}/keys')).toBe(true);
  });

  it('takes rows as JSON and as CSV', () => {
    const { requestBody } = operation('/services/{service}/predict', 'POST');
    expect(Object.keys(requestBody?.content ?? {})).toEqual(['application/json', 'text/csv']);
  });
});
