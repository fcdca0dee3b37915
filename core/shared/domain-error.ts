/** Every failure a caller can act on. `kind` survives bundling; `instanceof` does not. */
export type ErrorKind =
  | 'malformed-body'
  | 'invalid-input'
  | 'too-many-rows'
  | 'invalid-traffic'
  | 'bad-request'
  | 'missing-credentials'
  | 'forbidden'
  | 'service-not-found'
  | 'version-not-found'
  | 'not-found'
  | 'method-not-allowed'
  | 'not-running'
  | 'not-stopped'
  | 'in-use'
  | 'already-exists'
  | 'revision-conflict'
  | 'managed-by-manifest'
  | 'incompatible-signature'
  | 'body-too-large'
  | 'unsupported-media-type'
  | 'throttled'
  | 'quota-exceeded'
  | 'model-error'
  | 'model-timeout'
  | 'unavailable'
  | 'overloaded';

/** One of several things wrong with a request. It never repeats a value that was sent. */
export interface Fault {
  /** Row of a prediction request, from 0. */
  readonly row?: number;
  /** Column of a prediction request. */
  readonly column?: string;
  /** Place in any other request: `body.throttle.rate`. */
  readonly path?: string;
  readonly code: string;
  readonly message: string;
}

interface Extras {
  readonly faults?: readonly Fault[];
  /** Seconds after which trying again makes sense: `Retry-After`. */
  readonly retryAfterS?: number;
  /** Methods the resource knows: `Allow` of a 405. */
  readonly allow?: readonly string[];
  /** What went wrong underneath: for the logs, never for the caller. */
  readonly cause?: unknown;
}

/** A failure a caller can act on: its message says the way out and repeats no secret. */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly kind: ErrorKind;
  readonly faults: readonly Fault[];
  readonly retryAfterS: number | undefined;
  readonly allow: readonly string[] | undefined;

  constructor(kind: ErrorKind, message: string, extras: Extras = {}) {
    super(message, { cause: extras.cause });
    this.kind = kind;
    this.faults = extras.faults ?? [];
    this.retryAfterS = extras.retryAfterS;
    this.allow = extras.allow;
  }
}

/** Whether an error is one of ours, also when it comes from another bundle. */
export const isDomainError = (error: unknown): error is DomainError =>
  error instanceof Error && error.name === 'DomainError' && 'kind' in error;
