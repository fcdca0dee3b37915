import type { APIGatewayProxyEvent } from 'aws-lambda';
import { MAX_BODY, tooLarge } from '../../api/body-limit';
import type { ControlRequest } from '../../api/control';

type Headers = ControlRequest['headers'];
type Header<T> = Readonly<Record<string, T | undefined>> | null;

/** What requests and their authorizers are told alike. */
interface Headed {
  readonly headers: Header<string>;
  readonly multiValueHeaders: Header<readonly string[]>;
}

/** Names in lower case; what was sent twice is joined, so that two credentials are seen to be two. */
export const headersOf = ({ multiValueHeaders, headers }: Headed): Headers => {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (value !== undefined) joined[name.toLowerCase()] = value;
  }
  for (const [name, values = []] of Object.entries(multiValueHeaders ?? {})) {
    if (values.length > 1) joined[name.toLowerCase()] = values.join(', ');
  }
  return joined;
};

/**
 * The path as the API knows it: without the stage, and without the base path of a domain of the
 * account's own, which `event.path` has.
 */
export const pathnameOf = ({ resource, pathParameters }: APIGatewayProxyEvent): string =>
  resource.replaceAll(/\{(\w+)(\+?)\}/g, (_, name: string, greedy: string) => {
    const value = pathParameters?.[name] ?? '';
    return greedy === '' ? encodeURIComponent(value) : encodeURI(value);
  });

/** @throws `body-too-large` */
export const bodyOf = ({ body, isBase64Encoded }: APIGatewayProxyEvent): Uint8Array => {
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY) throw tooLarge();
  return bytes;
};

/** A request to the control API as API Gateway hands it over. */
export const controlRequestOf = (
  event: APIGatewayProxyEvent,
  requestId: string,
): ControlRequest => ({
  method: event.httpMethod === 'HEAD' ? 'GET' : event.httpMethod,
  pathname: pathnameOf(event),
  query: event.queryStringParameters ?? {},
  headers: headersOf(event),
  requestId,
  caller: event.requestContext.identity.userArn ?? undefined,
  readBody: async () => bodyOf(event),
});
