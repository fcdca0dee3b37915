import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { newId } from '../../adapters/primitives';
import type { ControlApi } from '../../api/control';
import { type HttpResponse, isStream } from '../../api/http';
import { controlRequestOf } from './gateway-event';
import { observed } from './observability';

interface Needs {
  readonly control: ControlApi;
  /** Told where the platform is, as the caller sees it, without a slash at the end. */
  readonly arrived?: (base: string) => void;
  /** Finishes what the answer did not wait for: between two requests a function does not run. */
  readonly settle?: () => Promise<void>;
}

/**
 * Lambda hands over 6 MB, in which each quote of a text is escaped once more: what is large is handed
 * over as base64, in which 4.5 MB have room whatever they say.
 */
const LARGE = 1_000_000;

/** The function that answers the routes of a capability or two. */
export const controlHandler = ({ control, arrived, settle = async () => {} }: Needs) =>
  middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    .use(observed())
    .handler(async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
      const request = controlRequestOf(event, newId());
      arrived?.(baseOf(event, request.pathname));
      const answer = await control(request);
      await settle();
      return resultOf(answer, event.httpMethod === 'HEAD');
    });

/** With the stage, or the base path of a domain of the account's own. */
const baseOf = ({ requestContext }: APIGatewayProxyEvent, pathname: string): string => {
  const { domainName = '', path } = requestContext;
  return `https://${domainName}${path.slice(0, path.length - pathname.length)}`;
};

const resultOf = (
  { status, headers, body }: HttpResponse,
  isHead: boolean,
): APIGatewayProxyResult => {
  if (isStream(body)) throw new Error('no function of the control API answers in pieces');
  const text = body === null ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const sent = { statusCode: status, headers: { ...headers } };
  if (isHead || text.length < LARGE) return { ...sent, body: isHead ? '' : text };
  return { ...sent, body: Buffer.from(text).toString('base64'), isBase64Encoded: true };
};
