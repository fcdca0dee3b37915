import { type ErrorKind, type Fault, isDomainError } from '../core/shared/domain-error';
import type { HttpResponse } from './http';

interface ProblemType {
  readonly status: number;
  readonly title: string;
  /** MLflow's word for it, for clients that know MLflow's errors. */
  readonly code: string;
}

/** RFC 9457. An error kind without a status does not compile. */
export const problemTypes = {
  'malformed-body': { status: 400, title: 'Malformed body', code: 'BAD_REQUEST' },
  'invalid-input': { status: 400, title: 'Invalid input', code: 'INVALID_PARAMETER_VALUE' },
  'too-many-rows': { status: 400, title: 'Too many rows', code: 'INVALID_PARAMETER_VALUE' },
  'invalid-traffic': { status: 400, title: 'Invalid traffic', code: 'INVALID_PARAMETER_VALUE' },
  'bad-request': { status: 400, title: 'Bad request', code: 'INVALID_PARAMETER_VALUE' },
  'missing-credentials': { status: 401, title: 'Missing credentials', code: 'UNAUTHENTICATED' },
  forbidden: { status: 403, title: 'Forbidden', code: 'PERMISSION_DENIED' },
  'service-not-found': { status: 404, title: 'No such service', code: 'RESOURCE_DOES_NOT_EXIST' },
  'version-not-found': { status: 404, title: 'No such version', code: 'RESOURCE_DOES_NOT_EXIST' },
  'not-found': { status: 404, title: 'Not found', code: 'RESOURCE_DOES_NOT_EXIST' },
  'method-not-allowed': { status: 405, title: 'Method not allowed', code: 'BAD_REQUEST' },
  'not-running': { status: 409, title: 'Not running', code: 'INVALID_STATE' },
  'not-stopped': { status: 409, title: 'Not stopped', code: 'INVALID_STATE' },
  'in-use': { status: 409, title: 'In use', code: 'INVALID_STATE' },
  'already-exists': { status: 409, title: 'Already exists', code: 'RESOURCE_ALREADY_EXISTS' },
  'revision-conflict': { status: 409, title: 'Changed meanwhile', code: 'RESOURCE_CONFLICT' },
  'managed-by-manifest': { status: 409, title: 'Managed by the manifest', code: 'INVALID_STATE' },
  'incompatible-signature': { status: 409, title: 'Incompatible signature', code: 'INVALID_STATE' },
  'body-too-large': { status: 413, title: 'Body too large', code: 'INVALID_PARAMETER_VALUE' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type', code: 'BAD_REQUEST' },
  throttled: { status: 429, title: 'Too many requests', code: 'REQUEST_LIMIT_EXCEEDED' },
  'quota-exceeded': { status: 429, title: 'Quota exceeded', code: 'REQUEST_LIMIT_EXCEEDED' },
  internal: { status: 500, title: 'Internal error', code: 'INTERNAL_ERROR' },
  'model-error': { status: 502, title: 'The model failed', code: 'BAD_REQUEST' },
  unavailable: { status: 503, title: 'Unavailable', code: 'TEMPORARILY_UNAVAILABLE' },
  overloaded: { status: 503, title: 'Overloaded', code: 'TEMPORARILY_UNAVAILABLE' },
  'model-timeout': { status: 504, title: 'The model was late', code: 'DEADLINE_EXCEEDED' },
} as const satisfies Record<ErrorKind | 'internal', ProblemType>;

/** Error kinds, and `internal` for our own faults. */
export type ProblemKind = keyof typeof problemTypes;

interface Details {
  readonly faults?: readonly Fault[];
  readonly retryAfterS?: number | undefined;
  readonly allow?: readonly string[] | undefined;
}

/** The answer to a request that failed, as `application/problem+json`. */
export const problem = (
  kind: ProblemKind,
  detail: string,
  requestId: string,
  { faults = [], retryAfterS, allow }: Details = {},
): HttpResponse => {
  const { status, title, code } = problemTypes[kind];
  const retries = status === 429 || status === 503;
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'x-request-id': requestId,
      ...(status === 401 && { 'www-authenticate': 'Bearer realm="tidegate"' }),
      ...(retries && { 'retry-after': String(Math.max(1, Math.ceil(retryAfterS ?? 1))) }),
      ...(allow && { allow: allow.join(', ') }),
    },
    body: {
      type: `urn:tidegate:${kind}`,
      title,
      status,
      detail,
      request_id: requestId,
      ...(faults.length > 0 && { errors: faults.slice(0, 20) }),
      error_code: code,
      message: detail,
    },
  };
};

/** Told to nobody but the log. */
export type ReportBug = (error: unknown, requestId: string) => void;

/** A domain error is the caller's to act on; anything else is a bug: reported once, told to nobody. */
export const toProblem = (error: unknown, requestId: string, report: ReportBug): HttpResponse => {
  if (isDomainError(error)) return problem(error.kind, error.message, requestId, error);
  report(error, requestId);
  return problem('internal', 'It is our fault; quote the request id.', requestId);
};
