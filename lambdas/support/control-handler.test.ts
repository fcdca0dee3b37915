import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { controlHandler } from './control-handler';

/** What API Gateway is handed over for an answer. */
const handedOver = async (body: object | null): Promise<APIGatewayProxyResult> => {
  const control = async () => ({ status: 200, headers: { 'x-one': '1' }, body });
  const event = {
    ...{ httpMethod: 'GET', resource: '/api/me', body: null, headers: {} },
    requestContext: { path: '/v1/api/me', domainName: 'x.example', identity: {} },
  } as Partial<APIGatewayProxyEvent> as APIGatewayProxyEvent;
  const context = { functionName: 'one' } as Partial<Context> as Context;
  return controlHandler({ control })(event, context);
};

describe('a function of the control API', () => {
  it('hands a small answer over as text, and a redirect as nothing', async () => {
    expect(await handedOver({ a: 'ä' })).toEqual({
      ...{ statusCode: 200, headers: { 'x-one': '1' }, body: '{"a":"ä"}' },
    });
    expect(await handedOver(null)).toMatchObject({ body: '' });
  });

  it('hands 4 MB of quotes over within the 6 MB that Lambda takes', async () => {
    const large = { rows: [['"'.repeat(2_000_000)]] };
    const result = await handedOver(large);
    expect(JSON.stringify(result).length).toBeLessThan(6_000_000);
    expect(result.isBase64Encoded).toBe(true);
    expect(JSON.parse(Buffer.from(result.body, 'base64').toString())).toEqual(large);
  });
});
