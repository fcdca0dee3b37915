import type { APIGatewayProxyEvent } from 'aws-lambda';
import { bodyOf, controlRequestOf, headersOf, pathnameOf } from './gateway-event';

const event = (some: Partial<APIGatewayProxyEvent>): APIGatewayProxyEvent => ({
  ...{ httpMethod: 'GET', path: '/', resource: '/', body: null, isBase64Encoded: false },
  ...{ headers: {}, multiValueHeaders: {}, pathParameters: null, stageVariables: null },
  ...{ queryStringParameters: null, multiValueQueryStringParameters: null },
  requestContext: { identity: {} } as APIGatewayProxyEvent['requestContext'],
  ...some,
});

describe('an event of API Gateway', () => {
  it('has its headers in lower case, and two of one name are seen to be two', () => {
    const headers = { 'X-Api-Key': 'b', Accept: '*/*' };
    const multiValueHeaders = { 'X-Api-Key': ['a', 'b'], Accept: ['*/*'] };
    const found = headersOf(event({ headers, multiValueHeaders }));
    expect(found).toEqual({ 'x-api-key': 'a, b', accept: '*/*' });
  });

  it('has the path of the API, whatever base path its domain has', () => {
    const resource = '/api/services/{service}/keys/{key}';
    const pathParameters = { service: 'wine', key: 'a/b c' };
    const found = pathnameOf(event({ path: '/ml/api/services/wine', resource, pathParameters }));
    expect(found).toBe('/api/services/wine/keys/a%2Fb%20c');
  });

  it('keeps the slashes of what a resource leaves open', () => {
    const resource = '/services/{service}/{proxy+}';
    const pathParameters = { service: 'wine', proxy: 'v2/models/wine/infer' };
    const found = pathnameOf(event({ resource, pathParameters }));
    expect(found).toBe('/services/wine/v2/models/wine/infer');
  });

  it('has its body as bytes, however they were wrapped', () => {
    expect(Buffer.from(bodyOf(event({ body: 'é' }))).toString('hex')).toBe('c3a9');
    const wrapped = event({ body: '/w==', isBase64Encoded: true });
    expect(Buffer.from(bodyOf(wrapped)).toString('hex')).toBe('ff');
    expect(bodyOf(event({}))).toHaveLength(0);
  });

  it('is refused when its body is over the limit, but only when the body is asked for', async () => {
    const request = controlRequestOf(event({ body: 'x'.repeat(4_000_001) }), 'id');
    await expect(request.readBody()).rejects.toMatchObject({ kind: 'body-too-large' });
    const just = controlRequestOf(event({ body: 'x'.repeat(4_000_000) }), 'id');
    await expect(just.readBody()).resolves.toHaveLength(4_000_000);
  });

  it('asks with HEAD what GET would answer', () => {
    expect(controlRequestOf(event({ httpMethod: 'HEAD' }), 'id').method).toBe('GET');
  });
});
