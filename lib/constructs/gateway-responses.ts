import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { type ProblemKind, problem } from '../../api/problem';
import { opensNothing } from '../../core/access/authenticate-operator';

interface Refusal {
  readonly kind: ProblemKind;
  readonly detail: string;
  /** Seconds. */
  readonly retryAfterS?: number;
}

const FORBIDDEN: Refusal = { kind: 'forbidden', detail: opensNothing().message };
const NOT_FOUND: Refusal = {
  kind: 'not-found',
  detail: 'there is nothing here: /openapi.json lists what there is',
};
/** API Gateway says the same word of a path that is not there and of one that wants a signature. */
const NOTHING_OR_UNSIGNED: Refusal = {
  kind: 'not-found',
  detail:
    'there is nothing here, or it wants a signed request: /openapi.json lists what there is, tidegate login signs in',
};
const BAD_REQUEST: Refusal = { kind: 'bad-request', detail: 'the request is not well-formed' };
const OUR_FAULT: Refusal = {
  kind: 'internal',
  detail: 'It is our fault; quote the request id.',
};
const QUOTA_RETRY_S = 3_600;

/** What API Gateway answers by itself, by its word for the reason. */
const refusals: Readonly<Record<string, Refusal>> = {
  ACCESS_DENIED: FORBIDDEN,
  API_CONFIGURATION_ERROR: OUR_FAULT,
  AUTHORIZER_CONFIGURATION_ERROR: OUR_FAULT,
  AUTHORIZER_FAILURE: OUR_FAULT,
  BAD_REQUEST_BODY: BAD_REQUEST,
  BAD_REQUEST_PARAMETERS: BAD_REQUEST,
  EXPIRED_TOKEN: FORBIDDEN,
  INTEGRATION_FAILURE: OUR_FAULT,
  INTEGRATION_TIMEOUT: { kind: 'model-timeout', detail: 'there was no answer within 29 s' },
  // The authorizer has let the caller in, but the service's usage plan is only being made.
  INVALID_API_KEY: { kind: 'unavailable', detail: 'the service is not ready yet', retryAfterS: 10 },
  INVALID_SIGNATURE: FORBIDDEN,
  MISSING_AUTHENTICATION_TOKEN: NOTHING_OR_UNSIGNED,
  QUOTA_EXCEEDED: {
    ...{ kind: 'quota-exceeded', detail: 'the quota is used up' },
    retryAfterS: QUOTA_RETRY_S,
  },
  REQUEST_TOO_LARGE: { kind: 'body-too-large', detail: 'a body has at most 4,000,000 bytes' },
  RESOURCE_NOT_FOUND: NOT_FOUND,
  THROTTLED: { kind: 'throttled', detail: 'more requests than the throttle allows' },
  UNAUTHORIZED: {
    kind: 'missing-credentials',
    detail:
      'give one credential: Authorization: Bearer <key>, Authorization: <key> or x-api-key: <key>',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    ...{ kind: 'unsupported-media-type', detail: 'this content type is not read here' },
  },
  WAF_FILTERED: { kind: 'forbidden', detail: 'the firewall does not let this request in' },
};

/** For all else that API Gateway may ever say: their status is its own, so they do not name it. */
const others: Readonly<Record<string, Refusal>> = {
  DEFAULT_4XX: BAD_REQUEST,
  DEFAULT_5XX: OUR_FAULT,
};

/** Makes API Gateway say its own refusals as the problems that the platform says. */
export const addGatewayResponses = (api: RestApi): void => {
  const add = (type: string, refusal: Refusal, isDefault: boolean): void => {
    const { status, headers, body } = answerOf(refusal);
    const { status: _, ...withoutStatus } = body;
    api.addGatewayResponse(idOf(type), {
      type: ResponseType.of(type),
      ...(!isDefault && { statusCode: String(status) }),
      responseHeaders: headers,
      templates: { 'application/json': JSON.stringify(isDefault ? withoutStatus : body) },
    });
  };
  for (const [type, refusal] of Object.entries(refusals)) add(type, refusal, false);
  for (const [type, refusal] of Object.entries(others)) add(type, refusal, true);
};

const answerOf = ({ kind, detail, retryAfterS }: Refusal) => {
  const { status, headers, body } = problem(kind, detail, '$context.requestId', { retryAfterS });
  const { 'x-request-id': _, ...fixed } = headers;
  return {
    status,
    headers: {
      ...Object.fromEntries(Object.entries(fixed).map(([name, text]) => [name, `'${text}'`])),
      'x-request-id': 'context.requestId',
    },
    body: body as Readonly<Record<string, unknown>>,
  };
};

/** `ACCESS_DENIED` is `AccessDenied`. */
const idOf = (type: string): string =>
  type
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('');
