interface Request {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const eventOf = (resource: string, pathParameters: object, { method, headers, body }: Request) => ({
  resource,
  pathParameters,
  httpMethod: method ?? (body === undefined ? 'GET' : 'POST'),
  headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
  multiValueHeaders: {},
  queryStringParameters: null,
  body: body === undefined ? null : JSON.stringify(body),
  isBase64Encoded: false,
});

const identity = { sourceIp: '127.0.0.1', userArn: 'arn:aws:iam::000000000000:user/ann' };

/** A request to the control API as API Gateway hands it over: `/api/services/{service}` and `{ service: 'wine' }`. */
export const controlEvent = (
  resource: string,
  parameters: Readonly<Record<string, string>> = {},
  request: Request = {},
) => ({
  ...eventOf(resource, parameters, request),
  requestContext: { domainName: '127.0.0.1', path: resource, identity },
});

/** A key's limits as the authorizer hands them on; absent for whoever calls without a key. */
interface Caller {
  readonly keyId?: string;
  readonly throttle?: object;
}

const contextOf = ({ keyId, throttle }: Caller) => ({
  requester: keyId ?? 'anonymous',
  key_id: keyId ?? '',
  throttle: JSON.stringify(throttle ?? null),
});

/** A prediction behind the authorizer, which said `context`: rows of two numbers. */
export const predictEvent = (
  service: string,
  data: readonly (readonly number[])[],
  { headers, ...caller }: Caller & Pick<Request, 'headers'> = {},
  context: object = contextOf(caller),
) => ({
  ...eventOf(
    '/services/{service}/{proxy+}',
    { service, proxy: 'predict' },
    {
      body: { dataframe_split: { columns: ['a', 'b'], data } },
      ...(headers && { headers }),
    },
  ),
  requestContext: { identity, authorizer: context },
});

/** What the authorizer is asked about a prediction. */
export const authorizerEvent = (service: string, key: string) => ({
  type: 'REQUEST',
  methodArn: 'arn:aws:execute-api:us-east-1:000000000000:api/v1/POST/services',
  ...eventOf(
    '/services/{service}/{proxy+}',
    { service, proxy: 'predict' },
    { method: 'POST', headers: { authorization: `Bearer ${key}` } },
  ),
  requestContext: { requestId: 'r', identity },
});
