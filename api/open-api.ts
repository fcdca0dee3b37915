import * as z from 'zod';
import type { Contract } from './contract';
import { contracts } from './contracts';
import { type InferenceContract, inferenceContracts } from './inference/contracts';
import { problemTypes } from './problem';
import { type Route, routeEntries } from './routes';

type Schema = z.core.JSONSchema.JSONSchema;
type Parts = Readonly<Record<string, Schema | undefined>>;

/** zod says readOnly of a type that our code may not change; to OpenAPI it means: not in requests. */
const withoutReadOnly = ({ jsonSchema }: { jsonSchema: Schema }): void => {
  delete jsonSchema.readOnly;
};

const schemaOf = (type: z.ZodType, io: 'input' | 'output'): Schema => {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, override: withoutReadOnly });
  return schema;
};

const parametersOf = (place: 'path' | 'query' | 'header', schema: Schema | undefined) =>
  Object.entries(schema?.properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || (schema?.required?.includes(name) ?? false),
    schema: property,
  }));

const allParametersOf = ({ path, query, headers }: Parts) => [
  ...parametersOf('path', path),
  ...parametersOf('query', query),
  ...parametersOf('header', headers),
];

const STATUSES = [...new Set(Object.values(problemTypes).map(({ status }) => status))];

const nameOf = (status: number): string => `Problem${status}`;

const kindsOf = (status: number): string[] =>
  Object.entries(problemTypes).flatMap(([kind, type]) => (type.status === status ? [kind] : []));

const Problem = z.object({
  type: z.string().meta({ description: 'urn:tidegate: and the kind' }),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  request_id: z.string(),
  errors: z
    .array(
      z.object({
        row: z.int().optional(),
        column: z.string().optional(),
        path: z.string().optional(),
        code: z.string(),
        message: z.string(),
      }),
    )
    .max(20)
    .optional(),
  error_code: z.string().meta({ description: "MLflow's word for it" }),
  message: z.string(),
});

const ProtocolError = z.object({ error: z.string() });

const REQUEST_ID = { 'x-request-id': { $ref: '#/components/headers/RequestId' } };
const RETRY_AFTER = { 'retry-after': { $ref: '#/components/headers/RetryAfter' } };
const ALLOW = { allow: { schema: { type: 'string' } } };
const AUTHENTICATE = { 'www-authenticate': { schema: { type: 'string' } } };

const headersOf = (status: number) => ({
  ...REQUEST_ID,
  ...((status === 429 || status === 503) && RETRY_AFTER),
  ...(status === 405 && ALLOW),
  ...(status === 401 && AUTHENTICATE),
});

const problemResponse = (status: number) => ({
  description: kindsOf(status).join(', '),
  headers: headersOf(status),
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

const protocolResponse = (status: number) => ({
  description: kindsOf(status).join(', '),
  headers: headersOf(status),
  content: { 'application/json': { schema: { $ref: '#/components/schemas/ProtocolError' } } },
});

const problems = (statuses: readonly number[]) =>
  Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${nameOf(status)}` }]),
  );

const ANSWERED_BY_ALL = [405, 413, 500];

/** Which statuses a control route may answer besides its own. */
const controlProblems = (
  { method, path, access }: Route,
  { path: inPath, body, ...others }: Parts,
): number[] => {
  const reads = inPath || body || Object.keys(others).length > 0;
  return [
    ...(reads ? [400] : []),
    ...(access === 'anyone' ? [] : [401, 403]),
    ...(inPath || body ? [404] : []),
    ...(method === 'GET' ? [] : [409]),
    ...(body ? [415] : []),
    ...(path === '/readyz' || path === '/api/session' ? [503] : []),
    ...(path === '/api/session' ? [400, 401, 403, 429] : []),
    ...ANSWERED_BY_ALL,
  ];
};

const sorted = (statuses: readonly number[]) => [...new Set(statuses)].sort((a, b) => a - b);

const FILE = { schema: { type: 'string', format: 'binary' } };

const answerOf = ({ status, summary, answer, later, elsewhere, content: types }: Contract) => {
  const schema = answer && schemaOf(answer, 'output');
  const revised = schema?.properties && 'revision' in schema.properties;
  return {
    [status]: {
      description: summary,
      headers: {
        ...REQUEST_ID,
        ...(revised && { etag: { $ref: '#/components/headers/Revision' } }),
      },
      ...(schema && { content: { 'application/json': { schema } } }),
      ...(types && { content: Object.fromEntries(types.map((type) => [type, FILE])) }),
    },
    ...(later && {
      202: {
        description: 'It takes longer: ask again',
        headers: REQUEST_ID,
        content: { 'application/json': { schema: schemaOf(later, 'output') } },
      },
    }),
    ...(elsewhere && {
      303: {
        description: elsewhere,
        headers: { ...REQUEST_ID, location: { schema: { type: 'string', format: 'uri' } } },
      },
    }),
  };
};

const operatorSecurity = [{ operator: [] }, { operatorHeader: [] }];
const serviceSecurity = [{ key: [] }, { keyHeader: [] }, {}];

const controlOperation = (name: string, route: Route, contract: Contract) => {
  const input = schemaOf(contract.input, 'input');
  const parts = (input.properties ?? {}) as Parts;
  const required = input.required?.includes('body') ?? false;
  const statuses = sorted([...controlProblems(route, parts), ...(contract.problems ?? [])]);
  return {
    operationId: name,
    tags: [route.capability],
    summary: contract.summary,
    parameters: allParametersOf(parts),
    ...(parts.body && {
      requestBody: { required, content: { 'application/json': { schema: parts.body } } },
    }),
    responses: { ...answerOf(contract), ...problems(statuses) },
    security: route.access === 'anyone' ? [] : operatorSecurity,
  };
};

const content = (types: InferenceContract['bodies'], io: 'input' | 'output') =>
  Object.fromEntries(
    Object.entries(types).map(([type, schema]) => [type, { schema: schemaOf(schema, io) }]),
  );

const PREDICTION_HEADERS = {
  ...REQUEST_ID,
  'x-tidegate-version': { schema: { type: 'string' }, description: 'The version that answered' },
  'server-timing': { schema: { type: 'string' }, description: 'total and model, milliseconds' },
};

const inferenceProblems = ({ method }: InferenceContract): number[] =>
  STATUSES.filter((status) => method === 'POST' || ![415, 502, 504].includes(status));

const inferenceOperation = (name: string, contract: InferenceContract) => {
  const { bodies, answers, notReady, summary, method, errors, status = 200 } = contract;
  const parts = (schemaOf(contract.input, 'input').properties ?? {}) as Parts;
  const statuses = sorted(inferenceProblems(contract));
  const failures =
    errors === 'problem'
      ? problems(statuses)
      : Object.fromEntries(statuses.map((status) => [status, protocolResponse(status)]));
  return {
    operationId: name,
    tags: ['inference'],
    summary,
    parameters: allParametersOf(parts),
    ...(method === 'POST' && {
      requestBody: { required: true, content: content(bodies, 'input') },
    }),
    responses: {
      [status]: {
        description: summary,
        headers: method === 'POST' && status === 200 ? PREDICTION_HEADERS : REQUEST_ID,
        content: content(answers, 'output'),
      },
      ...failures,
      ...(notReady && {
        503: {
          description: 'not ready',
          headers: REQUEST_ID,
          content: content(notReady, 'output'),
        },
      }),
    },
    security: serviceSecurity,
  };
};

const components = {
  schemas: {
    Problem: schemaOf(Problem, 'output'),
    ProtocolError: schemaOf(ProtocolError, 'output'),
  },
  responses: Object.fromEntries(
    STATUSES.map((status) => [nameOf(status), problemResponse(status)]),
  ),
  headers: {
    RequestId: { schema: { type: 'string' }, description: 'UUIDv7 of this request' },
    RetryAfter: { schema: { type: 'string' }, description: 'Seconds' },
    Revision: { schema: { type: 'string' }, description: 'The revision, for If-Match' },
  },
  securitySchemes: {
    operator: {
      type: 'http',
      scheme: 'bearer',
      description: "An operator's token (tgo-…); also as x-api-key or Authorization: <token>",
    },
    operatorHeader: { type: 'apiKey', in: 'header', name: 'x-api-key' },
    key: {
      type: 'http',
      scheme: 'bearer',
      description: 'A key of the service (tgk-…); also as x-api-key or Authorization: <key>',
    },
    keyHeader: { type: 'apiKey', in: 'header', name: 'x-api-key' },
  },
};

/** The OpenAPI 3.1 document, made of the schemas that validate requests. */
export const openApi = () => {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of routeEntries) {
    const operation = controlOperation(name, route, contracts[name]);
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation };
  }
  for (const [name, contract] of Object.entries(inferenceContracts)) {
    const operation = inferenceOperation(name, contract);
    paths[contract.path] = { ...paths[contract.path], [contract.method.toLowerCase()]: operation };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tidegate',
      version: '1',
      description: 'Serves models over HTTP and remembers every prediction.',
    },
    paths,
    components,
  };
};
