import { CliError, type Problem } from './cli-error';
import { isLocal } from './endpoint';

/** An answer of whatever status, read whole. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The platform was not reached, or broke off. */
export class Unreached extends CliError {
  readonly mayPass: boolean;
  constructor(message: string, mayPass: boolean, cause: unknown) {
    super(message, { cause });
    this.mayPass = mayPass;
  }
}

/** The platform refused, and said after how many seconds to come back. */
export class Refused extends CliError {
  readonly status: number;
  readonly retryAfterS: number | null;
  constructor(message: string, problem: Problem | undefined, answer: Answered, hint?: string) {
    super(message, { ...(problem && { problem }), hint });
    this.status = answer.status;
    const wait = answer.headers.get('retry-after');
    this.retryAfterS = wait !== null && /^\d{1,6}$/.test(wait) ? Number(wait) : null;
  }
}

/** What `fetch` rejects with. Read by its members: in tests it comes from another realm. */
interface Failing {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly cause?: Failing;
}

const PASSING = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

/** Why a server was not reached, in one line. */
export const unreached = (endpoint: string, error: unknown, timeoutMs: number): CliError => {
  const failing = (error ?? {}) as Failing;
  if (failing.name === 'TimeoutError') {
    return new Unreached(`${endpoint} did not answer within ${timeoutMs / 1000} s`, false, error);
  }
  const { code, message } = failing.cause ?? failing;
  if (code === 'ECONNREFUSED') {
    const way = isLocal(endpoint) ? 'start it with `npm start`' : 'is it the right address?';
    return new Unreached(`no Tidegate at ${endpoint} — ${way}`, false, error);
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new Unreached(`no Tidegate at ${endpoint}: its host is not known`, false, error);
  }
  const reason = String(code ?? message ?? 'unknown reason');
  if (/SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(reason)) {
    const way = 'give its authority in NODE_EXTRA_CA_CERTS';
    return new Unreached(`the certificate of ${endpoint} is not trusted: ${way}`, false, error);
  }
  const mayPass = PASSING.includes(reason);
  return new Unreached(`${endpoint} cannot be reached: ${reason}`, mayPass, error);
};

/** A server's answer that is none of success, in one line. */
export const refused = (endpoint: string, answer: Answered, credentialHint?: string): CliError => {
  const { status, headers, text } = answer;
  if (status >= 300 && status < 400) {
    const message = `${endpoint} answers with a redirect (${status}): give the address it leads to`;
    return new Refused(message, undefined, answer);
  }
  const problem = problemIn(text);
  if (!problem) {
    const kind = headers.get('content-type') ?? 'nothing';
    const message = `${endpoint} answered ${status} with ${kind}, not as Tidegate does: is it another server?`;
    return new Refused(message, undefined, answer);
  }
  const hint = status === 401 || status === 403 ? credentialHint : undefined;
  return new Refused(problem.detail, problem, answer, hint);
};

const problemIn = (text: string): Problem | null => {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || typeof value !== 'object') return null;
    const { type, detail, status, request_id, errors } = value as Partial<Problem>;
    if (typeof type !== 'string' || typeof detail !== 'string' || typeof status !== 'number') {
      return null;
    }
    return {
      ...(value as Problem),
      ...(request_id !== undefined && { request_id: String(request_id) }),
      ...(errors !== undefined && { errors: Array.isArray(errors) ? errors : [] }),
    };
  } catch {
    return null;
  }
};
