import { problemTypes } from '../../../api/problem';
import { type Route, routes } from '../../../api/routes';
import { functionOf } from '../../../lib/functions';
import { type Made, ofType, readable } from './stage';

interface Method {
  readonly path: string;
  readonly verb: string;
  readonly authorization: string;
  readonly keyRequired: boolean;
  readonly uri: string;
  readonly transfer: unknown;
}

/** Every word of API Gateway for a refusal of its own, with the status that we answer; null leaves its own. */
const STATUSES = {
  ACCESS_DENIED: 403,
  API_CONFIGURATION_ERROR: 500,
  AUTHORIZER_CONFIGURATION_ERROR: 500,
  AUTHORIZER_FAILURE: 500,
  BAD_REQUEST_BODY: 400,
  BAD_REQUEST_PARAMETERS: 400,
  DEFAULT_4XX: null,
  DEFAULT_5XX: null,
  EXPIRED_TOKEN: 403,
  INTEGRATION_FAILURE: 500,
  INTEGRATION_TIMEOUT: 504,
  INVALID_API_KEY: 503,
  INVALID_SIGNATURE: 403,
  MISSING_AUTHENTICATION_TOKEN: 404,
  QUOTA_EXCEEDED: 429,
  REQUEST_TOO_LARGE: 413,
  RESOURCE_NOT_FOUND: 404,
  THROTTLED: 429,
  UNAUTHORIZED: 401,
  UNSUPPORTED_MEDIA_TYPE: 415,
  WAF_FILTERED: 403,
} as const;

/** Rules about API Gateway. */
export const edgeRules = (made: Made): void => {
  const methods = (): readonly Method[] => {
    const resources = new Map(ofType(made, 'AWS::ApiGateway::Resource'));
    const pathOf = (id: string): string => {
      const { ParentId, PathPart } = resources.get(id)?.Properties ?? {};
      if (PathPart === undefined) return '';
      const parent = /^<(\w+)>$/.exec(readable(ParentId))?.[1] ?? '';
      return `${pathOf(parent)}/${PathPart}`;
    };
    return ofType(made, 'AWS::ApiGateway::Method').map(([, { Properties }]) => {
      const integration = Properties.Integration as Readonly<Record<string, unknown>>;
      return {
        path: pathOf(/^<(\w+)>$/.exec(readable(Properties.ResourceId))?.[1] ?? '') || '/',
        verb: String(Properties.HttpMethod),
        authorization: String(Properties.AuthorizationType),
        keyRequired: Properties.ApiKeyRequired === true,
        uri: readable(integration.Uri),
        transfer: integration.ResponseTransferMode,
      };
    });
  };
  const aliasOf = (name: string) => `<${name.charAt(0).toUpperCase()}${name.slice(1)}Live`;

  it('never give the API another address', () => {
    const ids = ofType(made, 'AWS::ApiGateway::RestApi').map(([id]) => id);
    expect(ids).toEqual(['ServingApi486100ED']);
  });

  it('give every route of the control API its path, and one method, to the function of its capability', () => {
    const all = methods();
    for (const { path, capability, signed } of Object.values<Route>(routes)) {
      const [first, ...others] = all.filter((method) => method.path === path);
      expect([path, others]).toEqual([path, []]);
      expect(first).toMatchObject({
        path,
        verb: 'ANY',
        authorization: signed ? 'AWS_IAM' : 'NONE',
        keyRequired: false,
        uri: expect.stringContaining(aliasOf(functionOf[capability])),
      });
    }
  });

  it('answer every other path by the function about', () => {
    for (const path of ['/', '/{proxy+}']) {
      expect(methods().filter((method) => method.path === path)).toMatchObject([
        { verb: 'ANY', uri: expect.stringContaining(aliasOf('about')) },
      ]);
    }
  });

  it('let nobody predict past the authorizer and the usage plans, but for the question of a browser', () => {
    const predicting = methods().filter(({ uri }) => uri.includes(aliasOf('predict')));
    const common = { path: '/services/{service}/{proxy+}', transfer: 'STREAM' };
    expect(predicting.toSorted((a, b) => (a.verb < b.verb ? -1 : 1))).toMatchObject([
      { ...common, verb: 'ANY', authorization: 'CUSTOM', keyRequired: true },
      { ...common, verb: 'OPTIONS', authorization: 'NONE', keyRequired: false },
    ]);
    expect(ofType(made, 'AWS::ApiGateway::Authorizer').map(([, one]) => one.Properties)).toEqual([
      expect.objectContaining({ Type: 'REQUEST', AuthorizerResultTtlInSeconds: 0 }),
    ]);
    expect(ofType(made, 'AWS::ApiGateway::RestApi')[0]?.[1].Properties).toMatchObject({
      ApiKeySourceType: 'AUTHORIZER',
      BinaryMediaTypes: ['*/*'],
      EndpointConfiguration: { Types: ['REGIONAL'] },
      SecurityPolicy: expect.stringMatching(/^SecurityPolicy_TLS13_1_2/),
    });
  });

  it('have a usage plan for those whom no service has one for', () => {
    const [key] = ofType(made, 'AWS::ApiGateway::ApiKey');
    expect(key?.[1].Properties.Value).toBe(`tidegate-${made.stage}-ANY-usage-key`);
    const [link] = ofType(made, 'AWS::ApiGateway::UsagePlanKey');
    expect(readable(link?.[1].Properties.KeyId)).toBe(`<${key?.[0]}>`);
  });

  it('log each request as JSON, and throttle all of them together', () => {
    const [one] = ofType(made, 'AWS::ApiGateway::Stage');
    const Properties = one?.[1].Properties;
    const { Format } = (Properties?.AccessLogSetting ?? {}) as { Format?: string };
    const logged = JSON.parse(Format ?? '');
    expect(logged.request_id).toBe('$context.requestId');
    expect(logged.trace_id).toBe(made.stage === 'dev' ? '$context.xrayTraceId' : undefined);
    expect(Properties).toMatchObject({
      StageName: 'v1',
      TracingEnabled: made.stage === 'dev',
      MethodSettings: [
        expect.objectContaining({
          ...{ HttpMethod: '*', ResourcePath: '/*', DataTraceEnabled: false },
          ...{ ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 2000 },
        }),
      ],
    });
  });

  it('say what API Gateway refuses as problems, each with its status written out', () => {
    const found = ofType(made, 'AWS::ApiGateway::GatewayResponse').map(([, { Properties }]) => {
      const { ResponseType, StatusCode, ResponseTemplates, ResponseParameters } = Properties;
      const template =
        (ResponseTemplates as Readonly<Record<string, string | undefined>>)['application/json'] ??
        '';
      // Nothing but the request's id is left to API Gateway, which knows no status here.
      expect(template.replaceAll('$context.requestId', '')).not.toContain('$');
      const body = JSON.parse(template.replaceAll('$context.requestId', 'id'));
      return { ResponseType, StatusCode, body, headers: ResponseParameters };
    });
    const statuses = found.map(({ ResponseType, StatusCode }) => [
      ResponseType,
      StatusCode === undefined ? null : Number(StatusCode),
    ]);
    expect(Object.fromEntries(statuses)).toEqual(STATUSES);
    for (const { StatusCode, body, headers } of found) {
      const kind = String(body.type).replace('urn:tidegate:', '') as keyof typeof problemTypes;
      const { title, status, code } = problemTypes[kind];
      expect(body).toEqual({
        ...{ type: `urn:tidegate:${kind}`, title, request_id: 'id', error_code: code },
        ...(StatusCode !== undefined && { status }),
        ...{ detail: expect.any(String), message: body.detail },
      });
      if (StatusCode !== undefined) expect(StatusCode).toBe(String(status));
      expect(headers).toMatchObject({
        'gatewayresponse.header.content-type': "'application/problem+json'",
        'gatewayresponse.header.x-request-id': 'context.requestId',
      });
    }
    const detailOf = (type: string) =>
      found.find(({ ResponseType }) => ResponseType === type)?.body.detail;
    // Who signs in by hand and forgets the signature is not sent to look for another path.
    expect(detailOf('MISSING_AUTHENTICATION_TOKEN')).toMatch(/signed request.*tidegate login/);
    expect(detailOf('RESOURCE_NOT_FOUND')).not.toMatch(/signed/);
    const headersOf = (type: string) =>
      found.find(({ ResponseType }) => ResponseType === type)?.headers;
    expect(headersOf('THROTTLED')).toMatchObject({ 'gatewayresponse.header.retry-after': "'1'" });
    expect(headersOf('UNAUTHORIZED')).toMatchObject({
      'gatewayresponse.header.www-authenticate': '\'Bearer realm="tidegate"\'',
    });
  });
};
