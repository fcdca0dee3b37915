import type { OperatorRole } from '../core/access/access-types';
import type { AuditLog } from '../core/access/audit-log';
import type { AuthenticateOperator, SignedIn } from '../core/access/authenticate-operator';
import { DomainError } from '../core/shared/domain-error';
import { type HttpRequest, type HttpResponse, isStream } from './http';
import { type ReportBug, toProblem } from './problem';
import { matchRoute } from './route-table';
import type { Endpoints, Route } from './routes';

interface Needs {
  /** All of them, or those of one function; to it the others' routes are not there. */
  readonly endpoints: Partial<Endpoints>;
  readonly authenticateOperator: AuthenticateOperator;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly report: ReportBug;
}

/** A request to the control API as an edge gets it: its body not yet read. */
export interface ControlRequest {
  readonly method: string;
  /** As it was sent: percent-encoded, without the query. */
  readonly pathname: string;
  readonly query: HttpRequest['query'];
  /** Names in lower case. */
  readonly headers: HttpRequest['headers'];
  readonly requestId: string;
  readonly caller?: HttpRequest['caller'];
  /**
   * Called at most once, when the credential is in order. What it rejects with is answered: an edge
   * throws `body-too-large` here.
   */
  readonly readBody: () => Promise<Uint8Array>;
}

/** Answers a request; never rejects. */
export type ControlApi = (request: ControlRequest) => Promise<HttpResponse>;

const RANK = { viewer: 0, editor: 1, admin: 2 } as const satisfies Record<OperatorRole, number>;

/**
 * The control API of both homes: finds the route, then who asks and what they may, then runs the
 * endpoint, and writes the audit.
 */
export const controlApi = ({
  endpoints,
  authenticateOperator,
  audit,
  report,
}: Needs): ControlApi => {
  const answer = async (request: ControlRequest): Promise<HttpResponse> => {
    const { method, pathname, query, headers, requestId, caller, readBody } = request;
    const { name, route, path } = matchRoute(method, pathname);
    const endpoint = endpoints[name];
    if (!endpoint) throw new DomainError('not-found', 'this is answered elsewhere');
    let detail: string | undefined;
    const run = async (operator: HttpRequest['operator']) => {
      const body = await readBody();
      if (route.audited !== undefined) detail = memberOf(body, route.audited);
      return endpoint({ path, query, headers, body, requestId, operator, caller });
    };
    if (route.access === 'anyone') return run(null);

    const signedIn = await authenticateOperator(headers);
    const { operator } = signedIn;
    const tried = async () => {
      assertAllowed(route, signedIn, headers);
      return run(operator);
    };
    if (route.method === 'GET' && !route.data) return tried();

    const response = await tried().catch((error: unknown) => toProblem(error, requestId, report));
    const entry = {
      operator: operator.name,
      action: name,
      resource: pathname,
      ...(detail !== undefined && { detail }),
      status: response.status,
      request_id: requestId,
    };
    // A body is shown to nobody unless that is on record; a change has happened either way.
    if (route.data) await audit.append(entry).catch((error: unknown) => withhold(response, error));
    else await audit.append(entry).catch((error: unknown) => report(error, requestId));
    return response;
  };

  return async (request) => {
    const { requestId, pathname } = request;
    const response = await answer(request).catch((error: unknown) =>
      toProblem(error, requestId, report),
    );
    const headers = {
      ...(pathname.startsWith('/api/') && { 'cache-control': 'no-store' }),
      'x-request-id': requestId,
      ...response.headers,
    };
    return { ...response, headers };
  };
};

/** Ends what is not shown. */
const withhold = async ({ body }: HttpResponse, error: unknown): Promise<never> => {
  if (isStream(body)) await body[Symbol.asyncIterator]().return?.();
  throw error;
};

/** A text in a JSON body, for the audit; what is no such thing is for the endpoint to refuse. */
const memberOf = (body: Uint8Array, member: string): string | undefined => {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body))?.[member];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
};

/** @throws `forbidden` */
const assertAllowed = (
  { method, access, data }: Route,
  { operator, by }: SignedIn,
  headers: HttpRequest['headers'],
): void => {
  if (by === 'session' && method !== 'GET' && !isFromOurPages(headers)) {
    throw new DomainError(
      'forbidden',
      'a session may change things from its own pages only: send content-type: application/json',
    );
  }
  if (access !== 'anyone' && RANK[operator.role] < RANK[access]) {
    throw new DomainError('forbidden', `this takes the role ${access}`);
  }
  if (data && !operator.data) throw new DomainError('forbidden', 'this takes the grant data');
};

/**
 * A browser sends the cookie by itself, also from a page of somebody else on the same machine. It says
 * where a request comes from, or else sends no JSON across origins without asking first.
 */
const isFromOurPages = (headers: HttpRequest['headers']): boolean => {
  const site = headers['sec-fetch-site'];
  return site === undefined
    ? /^application\/json\b/i.test(headers['content-type'] ?? '')
    : site === 'same-origin';
};
